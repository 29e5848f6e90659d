"""What is seen or heard, as one more signal of scored moments."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clipkit.types.clips import Moments, ScoredMoments
from clipkit.types.curves import squashed
from clipkit.types.matching import PictureMatches, SoundMatches

Floats = npt.NDArray[np.float64]

_STANDS_OUT = 1.5
"""So many standard deviations above the rest of the source, a match is as likely as not."""


@dataclass(frozen=True, kw_only=True)
class WeighPictures:
    """Adds how well the pictures of each moment show what was asked for."""

    share: float = 0.5
    """How far a sure match closes the gap to a score of 1; by judgement, as there is nothing here
    to calibrate it on."""

    def __call__(self, scored: ScoredMoments, matches: PictureMatches) -> ScoredMoments:
        """Return the moments with the signal ``pictures``."""
        if not len(matches.times_s) or not len(matches.similarities):
            return scored
        sure = _sure(matches.similarities, matches.probabilities)
        found = _mean_within(scored.moments, sure, matches.times_s, matches.times_s)
        return _with_signal(scored, "pictures", found, self.share)


@dataclass(frozen=True, kw_only=True)
class WeighSounds:
    """Adds how well the sound of each moment is what was asked for."""

    share: float = 0.5
    """As for ``WeighPictures``."""

    def __call__(self, scored: ScoredMoments, matches: SoundMatches) -> ScoredMoments:
        """Return the moments with the signal ``sounds``."""
        if not matches.spans or not len(matches.similarities):
            return scored
        starts_s = np.array([span.start_s for span in matches.spans])
        ends_s = np.array([span.end_s for span in matches.spans])
        found = _mean_within(scored.moments, _sure(matches.similarities, None), starts_s, ends_s)
        return _with_signal(scored, "sounds", found, self.share)


def _sure(
    similarities: npt.NDArray[np.float32], probabilities: npt.NDArray[np.float32] | None
) -> Floats:
    """Return how sure each match is, 0 to 1; what the model does not say, the source tells."""
    if probabilities is not None:
        return probabilities.astype(np.float64)
    rows = similarities.astype(np.float64)
    spread = np.maximum(rows.std(axis=1, keepdims=True), 1e-3)
    standing_out = (rows - rows.mean(axis=1, keepdims=True)) / spread
    return squashed(2.0 * (standing_out - _STANDS_OUT))


def _mean_within(moments: Moments, sure: Floats, starts_s: Floats, ends_s: Floats) -> Floats:
    """Return the mean over what lies within each moment: shape (criteria, moments)."""
    first = np.searchsorted(ends_s, moments.start_s, side="left")
    stop = np.maximum(np.searchsorted(starts_s, moments.end_s, side="left"), first)
    sums = np.concatenate([np.zeros((len(sure), 1)), np.cumsum(sure, axis=1)], axis=1)
    result: Floats = (sums[:, stop] - sums[:, first]) / np.maximum(stop - first, 1)
    return result


def _with_signal(scored: ScoredMoments, name: str, found: Floats, share: float) -> ScoredMoments:
    best = np.round(found.max(axis=0), 4)
    closed = 1.0 - (1.0 - scored.scores) * (1.0 - share * best)
    # Where nothing is said, what is seen decides which criterion is answered.
    criterion = np.where(scored.criterion < 0, np.argmax(found, axis=0), scored.criterion)
    return replace(
        scored,
        signals=(*scored.signals, name),
        weights=np.append(scored.weights * (1.0 - share), share),
        values=np.column_stack([scored.values, best]),
        scores=np.where(scored.avoided < 0, np.round(closed, 4), scored.scores),
        criterion=criterion,
    )
