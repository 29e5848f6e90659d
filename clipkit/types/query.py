"""What a user looks for, and where results go."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from clipkit.errors import OptionError
from clipkit.types.time import Span

CRITERIA_MAX_CHARS = 1000
"""Beyond this the sentence embedder (256 word pieces) would cut the text without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Where in a source to look.

    Raises:
        OptionError: What is asked for contradicts itself.
    """

    within: Span | None = None
    """Clips lie within this; None: anywhere."""

    pinned: tuple[Span, ...] = ()
    """Each becomes a clip, widened to whole sentences, whatever its score."""

    excluded: tuple[Span, ...] = ()
    """No clip shares time with these."""

    def __post_init__(self) -> None:
        spans = (*self.pinned, *self.excluded, *([] if self.within is None else [self.within]))
        for span in spans:
            if span.duration_s <= 0.0 or span.start_s < 0.0:
                raise OptionError(
                    "a range of the source begins at 0 or later and ends after its start",
                    f"it runs {span.start_s:g} to {span.end_s:g} s",
                )
        object.__setattr__(self, "pinned", tuple(sorted(self.pinned)))
        object.__setattr__(self, "excluded", tuple(sorted(self.excluded)))
        for earlier, later in pairwise(self.pinned):
            if earlier.overlaps(later):
                raise OptionError(
                    "clips don't overlap",
                    f"the pinned spans {_text(earlier)} and {_text(later)} do",
                    "Pin one span that covers both.",
                )
        for pinned in self.pinned:
            against = [span for span in self.excluded if span.overlaps(pinned)]
            if against:
                raise OptionError(f"cannot pin {_text(pinned)}", f"{_text(against[0])} is excluded")
            if self.within is not None and pinned.clamped(self.within) != pinned:
                raise OptionError(
                    f"cannot pin {_text(pinned)}",
                    f"only {_text(self.within)} is searched",
                    "Widen the range, or leave out the pin.",
                )


def _text(span: Span) -> str:
    return f"{span.start_s:g} to {span.end_s:g} s"


Frame = tuple[float | None, tuple[float | None, float | None], Region]
"""Target length, limits of the length, and where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for in a source.

    Raises:
        OptionError: A text is empty, too long or without a letter or digit, a length is no
            positive number of seconds, the lengths contradict each other, or ``top`` is not
            positive.
    """

    criteria: tuple[str, ...] = ()
    """Free texts ("funny moments"); a clip may answer any of them. Empty: general highlights."""

    exclude: tuple[str, ...] = ()
    """Free texts that clips must not answer."""

    target_duration_s: float | None = None
    """Wanted clip length, held within ± 20 %; None: chosen per clip, 15 to 60 s, or from a
    quarter to the whole of a source shorter than a minute."""

    duration_limits_s: tuple[float | None, float | None] = (None, None)
    """The shortest and the longest clip allowed; None: as the target says."""

    top: int = 5
    """At most so many clips."""

    region: Region = Region()
    """Where to look."""

    def __post_init__(self) -> None:
        # Values come from JSON and command lines too, so their types are not to be trusted.
        for name in ("criteria", "exclude"):
            texts = getattr(self, name)
            texts = texts if isinstance(texts, list | tuple) else (texts,)
            checked = (_checked_text(text, name) for text in texts)
            object.__setattr__(self, name, tuple(dict.fromkeys(checked)))
        self._check_consistent()
        if not isinstance(self.top, int) or isinstance(self.top, bool) or self.top < 1:
            raise OptionError("top is a positive whole number of clips", f"it is {self.top!r}")
        if len(self.region.pinned) > self.top:
            raise OptionError(
                f"at most {self.top} clips are asked for",
                f"{len(self.region.pinned)} spans are pinned",
                "Raise top, or pin fewer.",
            )

    @classmethod
    def of(
        cls,
        criteria: "str | Sequence[str] | Query",
        *,
        exclude: str | Sequence[str] = (),
        target_duration: float | None = None,
        top: int = 5,
    ) -> "Query":
        """Return the query that the arguments of a call ask for.

        Raises:
            OptionError: A ``Query`` is given, and beside it what belongs into it.
        """
        if not isinstance(criteria, Query):
            wanted = tuple(criteria) if isinstance(criteria, list | tuple) else (criteria,)
            avoided = tuple(exclude) if isinstance(exclude, list | tuple) else (exclude,)
            return cls(criteria=wanted, exclude=avoided, target_duration_s=target_duration, top=top)
        if exclude or target_duration is not None or top != 5:
            raise OptionError(
                "a Query says all of the question",
                "exclude, target_duration or top was given beside it",
                "Put them into the Query.",
            )
        return criteria

    def _check_consistent(self) -> None:
        excluded = {text.casefold() for text in self.exclude}
        shared = next((text for text in self.criteria if text.casefold() in excluded), None)
        if shared is not None:
            raise OptionError("cannot look for and exclude the same", f"both name {shared!r}")
        names = ("target_duration", "min_duration", "max_duration")
        for name, value in zip(
            names, (self.target_duration_s, *self.duration_limits_s), strict=True
        ):
            if value is not None and not _is_positive(value):
                raise OptionError(
                    f"{name} is a positive number of seconds",
                    f"it is {value!r}",
                    "Leave it out to let each clip find its own length.",
                )
        shortest_s, longest_s = self.duration_limits_s
        if shortest_s is not None and longest_s is not None and shortest_s > longest_s:
            raise OptionError(
                "the shortest clip allowed is no longer than the longest",
                f"min_duration is {shortest_s:g} s and max_duration {longest_s:g} s",
            )
        target_s = self.target_duration_s
        if target_s is not None and (
            (shortest_s is not None and target_s < shortest_s)
            or (longest_s is not None and target_s > longest_s)
        ):
            raise OptionError(
                f"clips of {target_s:g} s are asked for",
                "that lies outside min_duration and max_duration",
                "Change one of them.",
            )

    @property
    def frame(self) -> "Frame":
        """What decides which stretches may be clips, whatever is looked for in them."""
        return self.target_duration_s, self.duration_limits_s, self.region

    def length_range_s(self, source_s: float) -> tuple[float, float]:
        """Return the shortest and the longest clip that this query allows in a source."""
        shortest_s, longest_s = self.duration_limits_s
        if self.target_duration_s is not None:
            return (
                max(0.8 * self.target_duration_s, shortest_s or 0.0),
                min(1.2 * self.target_duration_s, longest_s or math.inf),
            )
        if longest_s is None:
            longest_s = min(60.0, source_s) if shortest_s is None else max(60.0, 4.0 * shortest_s)
        if shortest_s is None:
            shortest_s = min(15.0, source_s / 4.0, longest_s / 4.0)
        return shortest_s, longest_s


def _is_positive(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value > 0.0


def _checked_text(text: object, name: str) -> str:
    if not isinstance(text, str):
        raise OptionError(f"{name} is one text or several", f"it is {text!r}")
    stripped = " ".join(text.split())
    if any("\ud800" <= sign <= "\udfff" for sign in stripped):
        raise OptionError(
            f"{name} is a text",
            f"{stripped!r} holds half a character",
            "Give it in UTF-8.",
        )
    if not stripped:
        raise OptionError(
            f"{name} is a text that says what to look for, or what to avoid",
            "it is empty",
            "Leave it out for general highlights.",
        )
    if not any(sign.isalnum() for sign in stripped):
        raise OptionError(
            f"{name} is a text that says what to look for, or what to avoid",
            f"{stripped!r} holds neither a letter nor a digit",
            "Say it in words, or leave it out for general highlights.",
        )
    if len(stripped) > CRITERIA_MAX_CHARS:
        raise OptionError(
            f"{name} has at most {CRITERIA_MAX_CHARS} characters",
            f"it has {len(stripped)}",
            "Shorten it, or give several texts.",
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
