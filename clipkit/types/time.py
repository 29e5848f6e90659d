"""Spans of time and their algebra."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from clipkit.errors import OptionError


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time ``[start_s, end_s)`` in the source.

    Time zero is what a player shows as zero: the first presented picture or sound of the file.

    Raises:
        OptionError: A time is not finite, or the end lies before the start.
    """

    start_s: float
    """Seconds."""

    end_s: float
    """Seconds, not before ``start_s``."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s)):
            raise OptionError(
                "a span needs two finite times", f"they are {self.start_s} and {self.end_s}"
            )
        if self.end_s < self.start_s:
            raise OptionError(
                "a span ends at or after its start", f"it runs {self.start_s} to {self.end_s}"
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def overlaps(self, other: "Span") -> bool:
        """Tell whether the two share any time; spans that only touch do not."""
        return self.start_s < other.end_s and other.start_s < self.end_s

    def contains(self, time_s: float) -> bool:
        """Tell whether the instant lies in the span."""
        return self.start_s <= time_s < self.end_s

    def intersection_s(self, other: "Span") -> float:
        """Return how many seconds the two share."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def clamped(self, bounds: "Span") -> "Span":
        """Return the part of this span that lies within ``bounds``, empty at its edge if none."""
        start_s = min(max(self.start_s, bounds.start_s), bounds.end_s)
        return Span(start_s, min(max(self.end_s, start_s), bounds.end_s))


def merged(spans: Iterable[Span], gap_s: float = 0.0) -> tuple[Span, ...]:
    """Return the spans sorted, with those joined that overlap or lie at most ``gap_s`` apart."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start_s - result[-1].end_s <= gap_s:
            result[-1] = Span(result[-1].start_s, max(result[-1].end_s, span.end_s))
        else:
            result.append(span)
    return tuple(result)
