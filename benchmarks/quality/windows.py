"""Fixed windows: what the baselines choose from."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.quality.samples import WordRange

WINDOW_WORDS = 150
"""A minute."""

STEP_WORDS = 50

Floats = npt.NDArray[np.float64]


def windows(words: int) -> tuple[WordRange, ...]:
    """Return windows of 150 words every 50 words; the last ends with the transcript.

    Args:
        words: How many the transcript has.
    """
    last = max(words - WINDOW_WORDS, 0)
    firsts = [*range(0, last, STEP_WORDS), last]
    return tuple(WordRange(first, min(first + WINDOW_WORDS, words)) for first in firsts)


def best(candidates: Sequence[WordRange], scores: Floats, top: int = 5) -> tuple[int, ...]:
    """Return the indices of the best candidates that share no word, best first.

    Ties go to the earlier candidate.

    Args:
        candidates: What to choose from.
        scores: Shape (candidates,); higher is better.
        top: At most so many.
    """
    chosen: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(not candidates[index].shared(candidates[other]) for other in chosen):
            chosen.append(int(index))
            if len(chosen) == top:
                break
    return tuple(chosen)
