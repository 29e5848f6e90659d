"""What a user looks for, and where results go."""

import math
from dataclasses import dataclass
from pathlib import Path

from clipkit.errors import OptionError
from clipkit.types.time import Span

CRITERIA_MAX_CHARS = 1000
"""Beyond this the sentence embedder (256 word pieces) would cut the text without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for in a source.

    Raises:
        OptionError: A criterion is empty or too long, the target is no positive number of
            seconds, or ``top`` is not positive.
    """

    criteria: tuple[str, ...] = ()
    """Free texts ("funny moments"); a clip may answer any of them. Empty: general highlights."""

    target_duration_s: float | None = None
    """Wanted clip length, held within ± 20 %; None: chosen per clip, 15 to 60 s, or from a
    quarter to the whole of a source shorter than a minute."""

    top: int = 5
    """At most so many clips."""

    def __post_init__(self) -> None:
        # Values come from JSON and command lines too, so their types are not to be trusted.
        texts = self.criteria if isinstance(self.criteria, list | tuple) else (self.criteria,)
        criteria = tuple(_checked_criterion(text) for text in texts)
        object.__setattr__(self, "criteria", tuple(dict.fromkeys(criteria)))
        target_s = self.target_duration_s
        if target_s is not None and not _is_positive(target_s):
            raise OptionError(
                "target_duration is a positive number of seconds",
                f"it is {target_s!r}",
                "Leave it out to let each clip find its own length.",
            )
        if not isinstance(self.top, int) or self.top < 1:
            raise OptionError("top is a positive whole number of clips", f"it is {self.top!r}")

    def length_range_s(self, source_s: float) -> tuple[float, float]:
        """Return the shortest and the longest clip that this query allows in a source."""
        if self.target_duration_s is not None:
            return 0.8 * self.target_duration_s, 1.2 * self.target_duration_s
        return min(15.0, source_s / 4.0), min(60.0, source_s)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0.0


def _checked_criterion(text: object) -> str:
    if not isinstance(text, str):
        raise OptionError("criteria is one text or several", f"it is {text!r}")
    stripped = " ".join(text.split())
    if not stripped:
        raise OptionError(
            "criteria is a text that says what to look for",
            "it is empty",
            "Leave it out for general highlights.",
        )
    if len(stripped) > CRITERIA_MAX_CHARS:
        raise OptionError(
            f"criteria has at most {CRITERIA_MAX_CHARS} characters",
            f"it has {len(stripped)}",
            "Shorten it, or give several criteria.",
        )
    return stripped


@dataclass(frozen=True, slots=True)
class PreviewFolder:
    """Where preview files are written, as ``{clip_id}.mp4``."""

    path: Path


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """One stretch of the source, to be rendered in full quality."""

    span: Span
    """What to render."""

    path: Path
    """The MP4 file to write."""
