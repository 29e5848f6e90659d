"""The talk as numbers: where its sentences lie and how good a place to cut each border is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What candidates are drawn from and judged by, whatever is asked.

    A border lies between two sentences; border n comes before sentence n, and the last one after
    all of them.
    """

    start_s: npt.NDArray[np.float64]
    """Shape (sentences,): where its first word begins."""

    end_s: npt.NDArray[np.float64]
    """Shape (sentences,): where its last word ends."""

    clip_start_s: npt.NDArray[np.float64]
    """Shape (sentences,): where a clip is cut that begins with the sentence."""

    clip_end_s: npt.NDArray[np.float64]
    """Shape (sentences,): where a clip is cut that ends with the sentence."""

    talk_start_s: npt.NDArray[np.float64]
    """Shape (sentences,): where its first word begins, or one of others that runs into it."""

    talk_end_s: npt.NDArray[np.float64]
    """Shape (sentences,): where its last word ends, or one of others begun before that."""

    words: npt.NDArray[np.float64]
    """Shape (sentences,): number of words."""

    content: npt.NDArray[np.float64]
    """Shape (sentences,): number of long words, numbers and names: what is dense with content."""

    centrality: npt.NDArray[np.float64]
    """Shape (sentences,), -1 to 1: cosine to the mean of all that is said."""

    stands_alone: npt.NDArray[np.float64]
    """Shape (sentences,), 0 to 1: whether it can be understood without the one before."""

    rounds_off: npt.NDArray[np.float64]
    """Shape (sentences,), 0 to 1: whether something is finished with it."""

    is_border: npt.NDArray[np.bool_]
    """Shape (sentences + 1,): whether a sentence ends there; one that is too long has parts."""

    pause_s: npt.NDArray[np.float64]
    """Shape (sentences + 1,): silence at each border."""

    turn: npt.NDArray[np.bool_]
    """Shape (sentences + 1,): whether the speaker changes."""

    topic_change: npt.NDArray[np.float64]
    """Shape (sentences + 1,), 0 to 1: how much the topic changes, against the other borders of
    the source; .5 is the usual, and both ends of the source are 1."""

    def __len__(self) -> int:
        return len(self.words)
