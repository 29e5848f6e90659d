"""The text and the speaker of one event of ASS, as files and FFmpeg's decoders write it.

Source: Sub Station Alpha v4.00+ Script Format, and what libass makes of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD_JOINER = "\u2060"
"""Behind a backslash it keeps it from being one of ASS's own; it takes no room on the screen."""

_SPECIAL = re.compile(rf"\\{_WORD_JOINER}|\\[{{}}]|\\[Nnh]|\{{[^}}]*\}}")
_SHOWN = {r"\{": "{", r"\}": "}", f"\\{_WORD_JOINER}": "\\"}
"""What else follows a backslash is a break or a hard space."""

_TAG = re.compile(r"\\(?P<name>k[fo]?|K|p)(?P<value>\d+(?:\.\d+)?)")
"""Of a syllable, with its length in hundredths of a second, and of a drawing, with its scale."""


_NOBODY = frozenset({"", "NTP"})
"""What stands in the field of the name where none was given; Sub Station Alpha wrote the second."""


@dataclass(frozen=True, slots=True)
class Run:
    """Text between two karaoke tags."""

    text: str
    """As it is shown, with its spaces; may be empty."""

    sung_s: float | None
    """For how many seconds it is sung; None before the first karaoke tag."""


def runs(text: str) -> list[Run]:
    """Part the text of an event where karaoke tags part it.

    Tags and comments in braces are left out, and so is what is drawn rather than written; breaks
    and hard spaces become spaces.

    Returns:
        At least one run.
    """
    found = [Run("", None)]
    is_drawing = False
    for piece, block in _pieces(text):
        if not is_drawing:
            found[-1] = Run(found[-1].text + piece, found[-1].sung_s)
        for tag in _TAG.finditer(block):
            value = float(tag["value"])
            if tag["name"] == "p":
                is_drawing = value > 0.0
            else:
                found.append(Run("", value / 100.0))
    return found


def plain_text(text: str) -> str:
    """Return what an event shows, with one space between words."""
    return " ".join("".join(run.text for run in runs(text)).split())


def speaker_of(name: str) -> str | None:
    """Return who speaks an event, by its field ``Name``; None where it names nobody."""
    label = name.strip()
    return None if label in _NOBODY else label


def escaped(text: str) -> str:
    """Return a text of one line spelt so that an event shows it as it is."""
    held = text.replace("\\", f"\\{_WORD_JOINER}")
    return held.replace("{", r"\{").replace("}", r"\}")


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is shown and the blocks of tags, each with an empty other."""
    reached = 0
    for special in _SPECIAL.finditer(text):
        sign = special[0]
        yield text[reached : special.start()], ""
        yield ("", sign) if sign.startswith("{") else (_SHOWN.get(sign, " "), "")
        reached = special.end()
    yield text[reached:], ""
