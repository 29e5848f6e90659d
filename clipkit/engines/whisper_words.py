"""From the tokens of a window to words with times."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from clipkit.engines.whisper_model import Alignment
from clipkit.types.speech import Word
from clipkit.types.time import Span

_FRAME_S = 0.02
"""What one encoder position stands for."""

_FAR_S = 1.0
"""Alignment errs by less: a word further from all speech than this was not said there."""

_UNSURE = 0.5
"""Far words that are surer than this are taken for speech that the voice detector missed."""

Spelt = Sequence[tuple[str, int]]
"""Words, each with how many tokens it takes; a word may be empty."""


def timed(spelt: Spelt, alignment: Alignment, window: Span) -> list[Word]:
    """Return words, each from where the alignment enters its first token.

    Args:
        spelt: The words.
        alignment: Of all their tokens.
        window: What they were said in; its start is the alignment's zero.
    """
    starts_s = token_starts_s(alignment.path, sum(count for _, count in spelt))
    words: list[Word] = []
    last = 0
    for text, count in spelt:
        first, last = last, last + count
        if not text:
            continue
        start_s = window.start_s + float(starts_s[first])
        end_s = window.start_s + float(starts_s[last])
        span = Span(round(start_s, 3), round(max(start_s, end_s), 3)).clamped(window)
        heard = alignment.probabilities[first:last]
        confidence = round(float(np.mean(heard)), 3) if heard else None
        words.append(Word(text, span, confidence))
    return words


def token_starts_s(path: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    """Return when each token begins, and last where the text ends: shape (count + 1,).

    Args:
        path: Shape (steps, 2): token and encoder position, a monotonic path through both.
        count: Number of text tokens.
    """
    enters = np.r_[True, np.diff(path[:, 0]) > 0]
    starts_s = path[enters, 1] * _FRAME_S
    ends_s = path[-1, 1] * _FRAME_S
    padded = np.r_[starts_s, np.full(max(0, count + 1 - len(starts_s)), ends_s)]
    return np.maximum.accumulate(padded[: count + 1])


def shared_out(spelt: Spelt, speech: Sequence[Span]) -> list[Word]:
    """Return words that share the time of some speech, the longer ones more of it.

    Args:
        spelt: The words.
        speech: Ascending, without overlap.
    """
    texts = [text for text, _ in spelt if text]
    if not texts or not speech:
        return []
    shares = np.cumsum([0, *map(len, texts)])
    spoken_s = np.cumsum([0.0, *(span.duration_s for span in speech)])
    borders_s = shares / shares[-1] * spoken_s[-1]
    starts_s = [_at(time_s, speech, spoken_s, "right") for time_s in borders_s[:-1]]
    ends_s = [_at(time_s, speech, spoken_s, "left") for time_s in borders_s[1:]]
    return [
        Word(text, Span(round(start_s, 3), round(max(start_s, end_s), 3)))
        for text, start_s, end_s in zip(texts, starts_s, ends_s, strict=True)
    ]


def _at(
    time_s: float, speech: Sequence[Span], spoken_s: npt.NDArray[np.float64], side: str
) -> float:
    """Return where in the source so much of the speech has passed; at a border, on one side."""
    place = int(np.searchsorted(spoken_s, time_s, "right" if side == "right" else "left")) - 1
    place = min(max(place, 0), len(speech) - 1)
    return speech[place].start_s + min(time_s - float(spoken_s[place]), speech[place].duration_s)


def believed(
    words: Sequence[Word], speech: Sequence[Span]
) -> tuple[list[Word], list[tuple[Word, ...]]]:
    """Part words from runs that lie where nobody was found to speak, and that are not sure.

    Args:
        words: Of a window.
        speech: Of the same window.

    Returns:
        The words that are kept, and the runs that are not.
    """

    def is_far(word: Word) -> bool:
        around = Span(max(0.0, word.span.start_s - _FAR_S), word.span.end_s + _FAR_S)
        return not any(around.overlaps(span) for span in speech)

    kept: list[Word] = []
    left_out: list[tuple[Word, ...]] = []
    for far, run in groupby(words, is_far):
        some = tuple(run)
        known = [word.confidence for word in some if word.confidence is not None]
        if far and known and sum(known) / len(known) < _UNSURE:
            left_out.append(some)
        else:
            kept += some
    return kept, left_out
