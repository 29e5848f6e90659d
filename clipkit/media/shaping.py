"""Turning decoded pictures into what an encoder takes: upright, square pixels, right size."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.error
import av.filter

from clipkit.types.media import VideoStream

if TYPE_CHECKING:
    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame

CLOCK = Fraction(1, 90000)
"""Time base of everything that is written: MPEG's own, exact for all common frame rates."""

_TURNS = {0: (), 90: ("clock",), 180: ("clock", "clock"), 270: ("cclock",)}
"""Transposes that show a picture upright, by its clockwise rotation."""

_BT709, _UNSPECIFIED, _BT601, _BT2020 = 1, 2, 6, 9
"""Matrices and primaries. Source: ITU-T H.273."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of the pictures that are written."""

    width_px: int
    """Even."""

    height_px: int
    """Even."""


def fitted(video: VideoStream, height_px: int | None) -> Shape:
    """Return the shape of a stream as shown, shrunk so that its short side fits ``height_px``.

    A picture is never enlarged. Both sides come out even, as 4:2:0 chroma needs.
    """
    width, height = video.display_size_px
    short = min(width, height)
    scale = min(1.0, height_px / short) if height_px is not None else 1.0
    return Shape(_even(width * scale), _even(height * scale))


def _even(size: float) -> int:
    return max(2, 2 * round(size / 2))


class Shaper:
    """Turns, scales and converts pictures, and carries their time stamps through.

    From the first interlaced picture on, the two fields are woven into whole pictures; that looks
    one picture ahead, so what is taken may come out a call later.

    Args:
        video: The stream the pictures come from.
        shape: What comes out.
    """

    def __init__(self, video: VideoStream, shape: Shape) -> None:
        self._video = video
        self._shape = shape
        self._graph: av.filter.Graph | None = None
        self._setup: tuple[int, int, str, bool] | None = None
        self._interlaced = False
        self._waiting: deque[tuple[int, int]] = deque()

    def take(self, frame: "VideoFrame", pts: int, duration: int) -> Iterator["VideoFrame"]:
        """Yield a picture in its new shape, at a time and for a duration in ticks of ``CLOCK``."""
        self._interlaced = self._interlaced or frame.interlaced_frame
        setup = (frame.width, frame.height, frame.format.name, self._interlaced)
        if setup != self._setup:
            yield from self.finish()
            self._setup = setup
            self._graph = self._built(frame)
        assert self._graph is not None
        _guess_colours(frame, self._video)
        frame.pts, frame.time_base = pts, CLOCK
        self._waiting.append((pts, duration))
        self._graph.vpush(frame)
        yield from self._shaped(self._graph)

    def finish(self) -> Iterator["VideoFrame"]:
        """Yield what is still held back."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._shaped(self._graph)
            self._graph = None

    def _shaped(self, graph: av.filter.Graph) -> Iterator["VideoFrame"]:
        while True:
            try:
                shaped = graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            pts, duration = self._waiting.popleft()
            shaped.pts, shaped.time_base, shaped.duration = pts, CLOCK, duration
            # The encoder chooses its own picture types; the source's would force key frames.
            shaped.pict_type = 0
            yield shaped

    def _built(self, frame: "VideoFrame") -> av.filter.Graph:
        graph = av.filter.Graph()
        nodes: list[FilterContext] = [
            graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=CLOCK
            )
        ]
        if self._interlaced:
            nodes.append(graph.add("bwdif", "mode=send_frame:deint=interlaced"))
        nodes += [
            graph.add("transpose", f"dir={turn}") for turn in _TURNS[self._video.rotation_deg]
        ]
        size = f"w={self._shape.width_px}:h={self._shape.height_px}"
        colour = "flags=bicubic:out_range=tv:out_color_matrix=bt709"
        if self._video.is_hdr:
            colour += ":out_primaries=bt709:out_transfer=bt709:intent=perceptual"
        nodes += [
            graph.add("scale", f"{size}:{colour}"),
            graph.add("setsar", "1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph


def _guess_colours(frame: "VideoFrame", video: VideoStream) -> None:
    """Fill in the colour tags that a file left out, as players do.

    Without a matrix FFmpeg takes every picture for BT.601, which tints high-definition video.
    Source: mpv, ``video/csputils.c``, ``mp_csp_guess_colorspace``.
    """
    if frame.colorspace == _UNSPECIFIED and not frame.format.is_rgb:
        is_high_definition = frame.width >= 1280 or frame.height > 576
        guess = _BT709 if is_high_definition else _BT601
        frame.colorspace = _BT2020 if video.is_hdr else guess
    if frame.color_primaries == _UNSPECIFIED and video.is_hdr:
        frame.color_primaries = _BT2020
