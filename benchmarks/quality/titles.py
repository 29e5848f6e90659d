"""Whether titles can stand over a clip."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from clipkit.types.clips import Clip, Clips

TITLE_CHARS = 70

_DANGLING = frozenset(
    """
    a an the and or but nor so because that which who whose if when where while than as of to in on
    at by for from with without into onto about over under between through during before after is
    are was were be been am has have had will would can could should may might must my your his her
    its our their this these those
    """.split()
)
"""Words after which an English listener waits for more."""

_ELLIPSIS = re.compile(r"\w(?:…|\.\.\.)\s*$")
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")


@dataclass(frozen=True, slots=True)
class Title:
    """How one title is."""

    chars: int
    one_line: bool
    dangles: bool
    """Ends on a word that promises more."""

    breaks_off: bool
    """Ends on "…" right behind a letter that is not the end of one of the clip's words."""

    repeats: bool
    """A better clip of the job has the same one, capitals aside."""

    from_clip: float
    """Share of its words that are said in the clip; 0 without words."""


@dataclass(frozen=True, slots=True)
class Titles:
    """How the titles of a corpus are; a figure is None where there are no clips."""

    corpus: str
    titles: int
    longest_chars: int | None
    words_from_clip: float | None
    """Mean over titles of the share of words said in the clip."""

    too_long: int
    """Over 70 characters, or none."""

    several_lines: int
    dangling: int
    broken_off: int
    repeated: int


def judged(clips: Clips) -> tuple[Title, ...]:
    """Judge the titles of one job."""
    taken: set[str] = set()
    result = []
    for clip in clips:
        result.append(title(clip, taken))
        taken.add(clip.title.casefold().strip())
    return tuple(result)


def title(clip: Clip, taken: set[str]) -> Title:
    """Judge a title.

    Args:
        clip: The clip that has it.
        taken: Titles of better clips, casefolded and stripped.
    """
    text = clip.title
    said = _words(clip.transcript)
    words = _words(text)
    return Title(
        chars=len(text),
        one_line=len(text.splitlines()) <= 1,
        dangles=bool(words) and words[-1] in _DANGLING and not text.rstrip().endswith(("?", "!")),
        breaks_off=bool(_ELLIPSIS.search(text)) and words[-1] not in said,
        repeats=text.casefold().strip() in taken,
        from_clip=sum(word in said for word in words) / len(words) if words else 0.0,
    )


def titles(corpus: str, found: Sequence[Title]) -> Titles:
    """Sum up how titles are."""
    return Titles(
        corpus=corpus,
        titles=len(found),
        longest_chars=max((one.chars for one in found), default=None),
        words_from_clip=mean(one.from_clip for one in found) if found else None,
        too_long=sum(not 0 < one.chars <= TITLE_CHARS for one in found),
        several_lines=sum(not one.one_line for one in found),
        dangling=sum(one.dangles for one in found),
        broken_off=sum(one.breaks_off for one in found),
        repeated=sum(one.repeats for one in found),
    )


def _words(text: str) -> list[str]:
    return [word.casefold().replace("\u2019", "'") for word in _WORD.findall(text)]
