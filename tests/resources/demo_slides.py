"""Drawing of the demo video's slides: layouts, palettes and the two talking figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from tests.resources.demo_script import SHOW_TITLE, Layout, Speaker

WIDTH, HEIGHT = 854, 480
LEVELS = 6  # mouth and level-bar positions, 0 (silent) to LEVELS
_SCALE = 3  # slides are drawn larger and reduced, for smooth edges

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Palette:
    """Colours of one scene: background, side panel, text and accent."""

    back: str
    panel: str
    ink: str
    accent: str


PALETTES: dict[str, Palette] = {
    "navy": Palette("#14213d", "#1f3158", "#ffffff", "#fca311"),
    "lavender": Palette("#e4dcf7", "#b9a5e8", "#2b1d52", "#6a3fc9"),
    "indigo": Palette("#241a54", "#3d2f86", "#ffffff", "#ffcf56"),
    "sky": Palette("#cfe8fb", "#8cc4ee", "#0e2f4f", "#d1495b"),
    "violet": Palette("#3d1a5b", "#54287a", "#ffffff", "#f6c453"),
    "butter": Palette("#fdeeb5", "#f7cf52", "#4a2c0a", "#c1440e"),
    "brick": Palette("#7a2318", "#a23b2a", "#ffffff", "#ffd166"),
    "peach": Palette("#ffd9c2", "#ffe9dc", "#5a2410", "#d9480f"),
    "plum": Palette("#4a1942", "#6d2b61", "#ffffff", "#ff9e6d"),
    "apricot": Palette("#ffe3b8", "#ffc069", "#4f2a08", "#c2410c"),
    "wine": Palette("#581c2e", "#7d2b43", "#ffffff", "#ffc36b"),
    "mint": Palette("#d3f3e3", "#8fdcb7", "#0c3b2e", "#0b7a5a"),
    "forest": Palette("#0f3d2e", "#1d5c46", "#ffffff", "#ffd23f"),
    "orange": Palette("#e07b28", "#f0943f", "#2b1503", "#3d1b00"),
    "lemon": Palette("#f6f0a8", "#e3d64a", "#36350c", "#a4452c"),
    "teal": Palette("#0b4650", "#11606d", "#ffffff", "#ffb703"),
    "sand": Palette("#f2e3cc", "#dfbf92", "#47301a", "#a65a1f"),
    "moss": Palette("#37471b", "#53682b", "#ffffff", "#ffe066"),
    "rose": Palette("#fadbe4", "#f2a7be", "#571c32", "#b3204f"),
    "cocoa": Palette("#43291c", "#5d3a28", "#ffffff", "#8fd694"),
    "ice": Palette("#d9eef7", "#a9d6ea", "#12324a", "#0077b6"),
}


@dataclass(frozen=True)
class SlideView:
    """All that one rendered frame depends on, apart from the running progress bar."""

    layout: Layout
    palette: str
    heading: str
    kicker: str
    note: str
    speaker: Speaker
    level: int
    blink: bool


@dataclass(frozen=True)
class _Look:
    skin: str
    hair: str
    shirt: str
    disc: str
    long_hair: bool


_LOOKS: dict[Speaker, _Look] = {
    "host": _Look("#e8b48f", "#4a2f20", "#2f6690", "#f7c59f", False),
    "guest": _Look("#c98a62", "#24151a", "#c8443a", "#9fd3c7", True),
}


@cache
def _font(size: int) -> Font:
    return ImageFont.load_default(size * _SCALE)


def _blend(one: str, two: str, share: float) -> str:
    """Mix two #rrggbb colours; share 0 gives the first, 1 the second."""
    pairs = [(int(one[i : i + 2], 16), int(two[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class _Canvas:
    """A drawing surface in slide coordinates on a larger bitmap."""

    def __init__(self, colour: str, width: float = WIDTH, height: float = HEIGHT) -> None:
        self.image = Image.new("RGB", (round(width * _SCALE), round(height * _SCALE)), colour)
        self.draw = ImageDraw.Draw(self.image)

    @staticmethod
    def _box(box: Box) -> Box:
        left, top, right, bottom = (value * _SCALE for value in box)
        return left, top, right - 1, bottom - 1

    def rect(self, box: Box, colour: str, radius: float = 0) -> None:
        self.draw.rounded_rectangle(self._box(box), radius * _SCALE, fill=colour)

    def disc(self, x: float, y: float, rx: float, ry: float, colour: str) -> None:
        self.draw.ellipse(self._box((x - rx, y - ry, x + rx, y + ry)), fill=colour)

    def arc(self, box: Box, start: int, end: int, colour: str, width: float) -> None:
        self.draw.arc(self._box(box), start, end, fill=colour, width=round(width * _SCALE))

    def pie(self, box: Box, start: int, end: int, colour: str) -> None:
        self.draw.pieslice(self._box(box), start, end, fill=colour)

    def paste(self, image: Image.Image, at: Point, mask: Image.Image) -> None:
        self.image.paste(image, (round(at[0] * _SCALE), round(at[1] * _SCALE)), mask)

    def width_of(self, text: str, size: int) -> float:
        return self.draw.textlength(text, font=_font(size)) / _SCALE

    def text(
        self,
        at: Point,
        text: str,
        size: int,
        colour: str,
        *,
        anchor: str = "ls",
        bold: bool = False,
    ) -> None:
        self.draw.text(
            (at[0] * _SCALE, at[1] * _SCALE),
            text,
            fill=colour,
            font=_font(size),
            anchor=anchor,
            stroke_width=max(1, size * _SCALE // 36) if bold else 0,
            stroke_fill=colour,
        )

    def wrap(self, text: str, size: int, width: float) -> list[str]:
        """Break text into as few lines as fit in width, of about the same length."""
        lines = best = self._fill(text, size, width)
        while len(lines) == len(best) and width > 80:
            best, width = lines, width - 10
            lines = self._fill(text, size, width)
        return best

    def _fill(self, text: str, size: int, width: float) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            if lines and self.width_of(f"{lines[-1]} {word}", size) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def finish(self) -> Image.Image:
        return self.image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _figure(r: float, look: _Look, level: int, blink: bool) -> tuple[Image.Image, Image.Image]:
    """A head-and-shoulders figure that fills a disc of radius r, and the disc as a mask."""
    patch = _Canvas(look.disc, 2 * r, 2 * r)
    _bust(patch, r, look)
    _face(patch, r, look, level, blink)
    mask = Image.new("L", patch.image.size, 0)
    ImageDraw.Draw(mask).ellipse((0, 0, mask.width - 1, mask.height - 1), fill=255)
    return patch.image, mask


def _bust(patch: _Canvas, r: float, look: _Look) -> None:
    """Hair behind the head, shoulders, neck and head."""
    shade = _blend(look.skin, "#000000", 0.15)
    if look.long_hair:
        patch.disc(r, 0.88 * r, 0.56 * r, 0.62 * r, look.hair)
        patch.rect((0.44 * r, 0.86 * r, 1.56 * r, 1.56 * r), look.hair, 0.22 * r)
    patch.rect((0.30 * r, 1.50 * r, 1.70 * r, 2.6 * r), look.shirt, 0.42 * r)
    patch.rect((0.83 * r, 1.20 * r, 1.17 * r, 1.58 * r), shade, 0.10 * r)
    patch.pie((0.76 * r, 1.34 * r, 1.24 * r, 1.74 * r), 0, 180, shade)
    patch.disc(r, 0.92 * r, 0.42 * r, 0.50 * r, look.skin)
    if look.long_hair:
        patch.pie((0.56 * r, 0.36 * r, 1.44 * r, 1.24 * r), 180, 360, look.hair)
        patch.disc(1.12 * r, 0.80 * r, 0.28 * r, 0.11 * r, look.skin)
    else:
        patch.pie((0.56 * r, 0.36 * r, 1.44 * r, 1.18 * r), 180, 360, look.hair)
        patch.disc(r, 0.79 * r, 0.36 * r, 0.13 * r, look.skin)


def _face(patch: _Canvas, r: float, look: _Look, level: int, blink: bool) -> None:
    """Headphones, eyes, brows, nose and the moving mouth."""
    dark = "#2a1a1a"
    patch.arc((0.50 * r, 0.30 * r, 1.50 * r, 1.40 * r), 180, 360, "#30343f", 0.07 * r)
    for side in (-1, 1):
        ear = r + side * 0.48 * r
        patch.rect((ear - 0.10 * r, 0.76 * r, ear + 0.10 * r, 1.10 * r), "#30343f", 0.08 * r)
        eye = r + side * 0.17 * r
        if blink:
            patch.rect((eye - 0.065 * r, 0.93 * r, eye + 0.065 * r, 0.96 * r), dark)
        else:
            patch.disc(eye, 0.93 * r, 0.050 * r, 0.062 * r, dark)
            patch.disc(eye + 0.016 * r, 0.91 * r, 0.016 * r, 0.016 * r, "#ffffff")
        lift = 0.012 * r * level / LEVELS
        patch.arc(
            (eye - 0.10 * r, 0.79 * r - lift, eye + 0.10 * r, 0.93 * r - lift),
            205,
            335,
            look.hair,
            0.03 * r,
        )
    patch.arc(
        (0.95 * r, 0.97 * r, 1.05 * r, 1.07 * r),
        20,
        160,
        _blend(look.skin, "#000000", 0.3),
        0.022 * r,
    )
    if level == 0:
        patch.arc((0.86 * r, 1.04 * r, 1.14 * r, 1.22 * r), 25, 155, "#8a3b33", 0.032 * r)
        return
    high = (0.025 + 0.075 * level / LEVELS) * r
    wide = (0.13 - 0.02 * level / LEVELS) * r
    patch.disc(r, 1.20 * r, wide + 0.02 * r, high + 0.02 * r, "#a8483e")
    patch.disc(r, 1.20 * r, wide, high, "#5a1a1a")
    if level > 2:
        patch.rect(
            (r - 0.6 * wide, 1.20 * r - 0.85 * high, r + 0.6 * wide, 1.20 * r - 0.35 * high),
            "#ffffff",
            0.02 * r,
        )


def _person(canvas: _Canvas, view: SlideView, who: Speaker, at: Point, r: float) -> None:
    """A figure with its ring and name tag; the one who speaks is bright and animated."""
    x, y = at
    colours = PALETTES[view.palette]
    active = who == view.speaker
    level = view.level if active else 0
    if active:
        ring = r + 7 + 2.5 * ((level + 1) // 2)
        canvas.disc(x, y, ring, ring, colours.accent)
    canvas.disc(x, y, r + 4, r + 4, "#ffffff")
    figure, mask = _figure(r, _LOOKS[who], level, view.blink and active)
    canvas.paste(figure, (x - r, y - r), mask)
    label = who.capitalize()
    half = canvas.width_of(label, 20) / 2 + 18
    tag = colours.accent if active else _blend(colours.panel, colours.ink, 0.25)
    canvas.rect((x - half, y + r - 12, x + half, y + r + 22), tag, 17)
    canvas.text((x, y + r + 5), label, 20, _contrast(tag), anchor="mm", bold=True)


def _contrast(colour: str) -> str:
    """Black or white, whichever reads better on the colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#161616" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"


def _bars(canvas: _Canvas, x: float, y: float, level: int, colour: str) -> None:
    """A level meter of nine bars around the centre (x, y)."""
    for number in range(9):
        shape = 1 - abs(number - 4) / 6 + (0.18 if number % 2 else -0.10)
        half = 3 + 3.2 * level * max(0.2, shape)
        left = x + (number - 4) * 14 - 4
        canvas.rect((left, y - half, left + 8, y + half), colour, 4)


def _words(canvas: _Canvas, view: SlideView, x: float, width: float) -> None:
    """Topic number, heading, rule, note and level bars in a column."""
    colours = PALETTES[view.palette]
    canvas.text((x, 104), view.kicker, 18, colours.accent, bold=True)
    y = 156.0
    for line in canvas.wrap(view.heading, 44, width):
        canvas.text((x, y), line, 44, colours.ink, bold=True)
        y += 52
    canvas.rect((x, y - 26, x + 84, y - 20), colours.accent, 3)
    y += 24
    for line in canvas.wrap(view.note, 25, width):
        canvas.text((x, y), line, 25, colours.ink)
        y += 34
    _bars(canvas, x + 60, 392, view.level, colours.accent)


def _draw_title(canvas: _Canvas, view: SlideView) -> None:
    colours = PALETTES[view.palette]
    canvas.rect((0, 330, WIDTH, HEIGHT), colours.panel)
    canvas.text((WIDTH / 2, 104), SHOW_TITLE, 66, colours.ink, anchor="mm", bold=True)
    canvas.rect((WIDTH / 2 - 50, 152, WIDTH / 2 + 50, 158), colours.accent, 3)
    canvas.text((WIDTH / 2, 190), view.note, 26, colours.ink, anchor="mm")
    _person(canvas, view, "host", (297, 325), 88)
    _person(canvas, view, "guest", (557, 325), 88)


def _draw_single(canvas: _Canvas, view: SlideView) -> None:
    colours = PALETTES[view.palette]
    if view.layout == "host":
        canvas.rect((0, 0, 350, HEIGHT), colours.panel)
        _person(canvas, view, "host", (175, 228), 128)
        _words(canvas, view, 396, 420)
    else:
        canvas.rect((WIDTH - 350, 0, WIDTH, HEIGHT), colours.panel)
        _person(canvas, view, "guest", (WIDTH - 175, 228), 128)
        _words(canvas, view, 46, 420)


def _draw_both(canvas: _Canvas, view: SlideView) -> None:
    colours = PALETTES[view.palette]
    canvas.rect((0, 300, WIDTH, HEIGHT), colours.panel)
    canvas.text((WIDTH / 2, 50), view.kicker, 18, colours.accent, anchor="mm", bold=True)
    canvas.text((WIDTH / 2, 92), view.heading, 40, colours.ink, anchor="mm", bold=True)
    canvas.text((WIDTH / 2, 138), view.note, 25, colours.ink, anchor="mm")
    _person(canvas, view, "host", (212, 296), 108)
    _person(canvas, view, "guest", (WIDTH - 212, 296), 108)
    _bars(canvas, WIDTH / 2, 262, view.level, colours.accent)


def _draw_card(canvas: _Canvas, view: SlideView) -> None:
    colours = PALETTES[view.palette]
    canvas.rect((36, 36, WIDTH - 36, 318), colours.panel, 26)
    canvas.text((76, 84), f"{view.kicker}   {view.heading}", 18, colours.accent, bold=True)
    lines = canvas.wrap(view.note, 42, WIDTH - 180)
    y = 186 - 27 * (len(lines) - 1)
    for line in lines:
        canvas.text((76, y), line, 42, colours.ink, anchor="lm", bold=True)
        y += 54
    _person(canvas, view, view.speaker, (134, 352), 78)
    _bars(canvas, 300, 384, view.level, colours.accent)


def render(view: SlideView) -> Image.Image:
    """Draw one slide."""
    canvas = _Canvas(PALETTES[view.palette].back)
    if view.layout == "title":
        _draw_title(canvas, view)
    elif view.layout == "both":
        _draw_both(canvas, view)
    elif view.layout == "card":
        _draw_card(canvas, view)
    else:
        _draw_single(canvas, view)
    return canvas.finish()
