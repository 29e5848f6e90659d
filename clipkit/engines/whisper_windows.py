"""Cutting speech into the windows of at most 30 s that Whisper looks at."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clipkit.types.time import Span

WINDOW_S = 30.0
_SHORTEST_S = 5.0
"""What is shorter is not parted: nobody says more in it than fits into a text."""

_PAD_S = 0.1
"""So much sound around the speech goes along: onsets are soft."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the source with its real silences, so that times in it only lack its start."""

    span: Span
    """Starts and ends at a pause; speech without one for longer than a window is cut through."""

    speech: tuple[Span, ...]
    """What is spoken in it; ascending, without overlap."""


def packed(
    speech: Iterable[Span], aim_s: float = WINDOW_S, longest_s: float = WINDOW_S
) -> Iterator[Window]:
    """Yield windows that hold all speech, each as soon as it is known how far it goes.

    The last may go a little beyond the end of the sound.

    Args:
        speech: Ascending, without overlap.
        aim_s: Spans share a window up to this length.
        longest_s: What a span alone may take; a longer one is cut through.
    """
    held: list[Span] = []
    start_s = end_s = 0.0
    for before_s, span, after_s in _between(_short_enough(speech, longest_s - 2 * _PAD_S)):
        # Between two spans that lie close the border is in the middle, off the onset of either.
        begins_s = max(span.start_s - _PAD_S, (before_s + span.start_s) / 2)
        ends_s = min(span.end_s + _PAD_S, (span.end_s + after_s) / 2)
        if held and ends_s - start_s > aim_s:
            yield Window(Span(start_s, end_s), tuple(held))
            held = []
        if not held:
            start_s = begins_s
        held.append(span)
        end_s = ends_s
    if held:
        yield Window(Span(start_s, end_s), tuple(held))


def _between(spans: Iterable[Span]) -> Iterator[tuple[float, Span, float]]:
    """Yield spans with where the one before ends and the next begins."""
    waiting: tuple[float, Span] | None = None
    for span in spans:
        if waiting is None:
            waiting = (-span.start_s, span)
            continue
        before_s, last = waiting
        yield before_s, last, span.start_s
        waiting = (last.end_s, span)
    if waiting is not None:
        yield *waiting, math.inf


def _short_enough(speech: Iterable[Span], longest_s: float) -> Iterator[Span]:
    for span in speech:
        start_s = span.start_s
        while span.end_s - start_s > longest_s:
            yield Span(start_s, start_s + longest_s)
            start_s += longest_s
        if span.end_s > start_s:
            yield Span(start_s, span.end_s)


def halved(window: Window) -> tuple[Window, ...]:
    """Return the parts of a window on both sides of a pause, or none if it is short as it is.

    The pause is the longest that lies within the middle half; without one, the middle is the
    border. A part without speech is left out.
    """
    span = window.span
    if span.duration_s < _SHORTEST_S:
        return ()
    middle = Span(span.start_s + span.duration_s / 4, span.end_s - span.duration_s / 4)
    pauses = [Span(one.end_s, two.start_s) for one, two in pairwise(window.speech)]
    within = [pause for pause in pauses if middle.contains(_middle_s(pause))]
    border_s = _middle_s(max(within, key=lambda pause: pause.duration_s, default=span))
    parts = (Span(span.start_s, border_s), Span(border_s, span.end_s))
    spoken = [
        tuple(one.clamped(part) for one in window.speech if one.overlaps(part)) for part in parts
    ]
    return tuple(Window(part, some) for part, some in zip(parts, spoken, strict=True) if some)


def _middle_s(span: Span) -> float:
    return (span.start_s + span.end_s) / 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows that are decoded together."""

    windows: tuple[Window, ...]
    length_s: float
    """What all are filled up to with silence."""


def batched(
    windows: Iterable[Window], size: Callable[[], int], lengths_s: Sequence[float]
) -> Iterator[Batch]:
    """Yield windows in batches, each of windows that are filled up to the same length.

    Args:
        windows: In order.
        size: Returns how many windows the next batch has; it may change on the way.
        lengths_s: Ascending; each window is filled up to the first that it fits into.
    """
    gathered: dict[float, list[Window]] = {length_s: [] for length_s in lengths_s}
    for window in windows:
        length_s = lengths_s[
            min(bisect_left(lengths_s, window.span.duration_s), len(lengths_s) - 1)
        ]
        gathered[length_s].append(window)
        if len(gathered[length_s]) >= size():
            yield Batch(tuple(gathered[length_s]), length_s)
            gathered[length_s] = []
    for length_s, rest in gathered.items():
        if rest:
            yield Batch(tuple(rest), length_s)


def spread(windows: Sequence[Window], count: int) -> list[Window]:
    """Return so many windows, or all, as far from one another as can be."""
    places = np.linspace(0, len(windows) - 1, min(count, len(windows)))
    return [windows[round(place)] for place in places]
