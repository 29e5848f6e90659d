"""Cutting speech into the 30 s windows that Whisper looks at."""

import math
from collections.abc import Iterable

from clipkit.types.time import Span

WINDOW_S = 30.0
_PAD_S = 0.1
"""So much sound around the speech goes along: onsets are soft."""


def packed(speech: Iterable[Span], duration_s: float) -> list[Span]:
    """Return windows of at most 30 s that hold all speech, each starting and ending at a pause.

    A window keeps its real silences, so a time in it is a time in the source less its start. Speech
    without a pause for longer than a window is cut through.
    """
    spans = list(_short_enough(speech))
    windows: list[Span] = []
    for number, span in enumerate(spans):
        # Between two spans that lie close the border is in the middle, off the onset of either.
        before_s = spans[number - 1].end_s if number else -span.start_s
        after_s = spans[number + 1].start_s if number + 1 < len(spans) else math.inf
        start_s = max(span.start_s - _PAD_S, (before_s + span.start_s) / 2)
        end_s = min(span.end_s + _PAD_S, (span.end_s + after_s) / 2, max(duration_s, span.end_s))
        if windows and end_s - windows[-1].start_s <= WINDOW_S:
            windows[-1] = Span(windows[-1].start_s, end_s)
        elif end_s > start_s:
            windows.append(Span(start_s, min(end_s, start_s + WINDOW_S)))
    return windows


def _short_enough(speech: Iterable[Span]) -> Iterable[Span]:
    longest_s = WINDOW_S - 2 * _PAD_S
    for span in speech:
        start_s = span.start_s
        while span.end_s - start_s > longest_s:
            yield Span(start_s, start_s + longest_s)
            start_s += longest_s
        yield Span(start_s, span.end_s)
