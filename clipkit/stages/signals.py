"""What speaks for a moment: one function, one signal, each in [0, 1] and for all moments at once.

Sums over runs of sentences come from prefix sums, so the cost grows with the number of moments and
not with their length.
"""

import numpy as np
import numpy.typing as npt

from clipkit.types.clips import Moments
from clipkit.types.curves import squashed
from clipkit.types.delivery import Activity, Delivery, Reaction
from clipkit.types.outline import Outline

Floats = npt.NDArray[np.float64]

_CLEAR_CHANGE = 0.7
"""Of six borders in talk one changes the topic more than this."""

_LEAP_S = 100.0
"""How far apart the clearest change of topic puts what comes before and after."""

_REACTIONS = Reaction.LAUGHTER | Reaction.APPLAUSE | Reaction.CHEERING


class Runs:
    """Runs of sentences, with sums over them.

    A pinned span in silence is a run of none: the sums are 0, and so is what its ends would say.

    Args:
        moments: The runs.
        outline: The sentences.
    """

    def __init__(self, moments: Moments, outline: Outline) -> None:
        self.first, self.stop = moments.first, moments.stop
        self.sentences = np.maximum(self.stop - self.first, 1)
        self.is_said = moments.stop > moments.first
        self.length_s = np.maximum(moments.duration_s, 1e-9)
        self._words = outline.words
        self._word_count = np.maximum(self.total(outline.words), 1.0)

    def total(self, per_sentence: Floats) -> Floats:
        """Return the sum of a value of the sentences over each run."""
        sums = np.concatenate([[0.0], np.cumsum(per_sentence)])
        result: Floats = sums[self.stop] - sums[self.first]
        return result

    def by_words(self, per_sentence: Floats) -> Floats:
        """Return the mean of a value of the sentences over each run's words."""
        # A transcript may go on after the source; the outline ends with it.
        return self.total(per_sentence[: len(self._words)] * self._words) / self._word_count

    def at_ends(self, per_border: Floats) -> Floats:
        """Return the mean of a value of the borders over both ends of each run."""
        ends = (per_border[self.first] + per_border[self.stop]) / 2.0
        result: Floats = np.where(self.is_said, ends, 0.0)
        return result


def topic_times(moments: Moments, outline: Outline) -> Floats:
    """Return where moments begin and end on a clock that leaps where the topic changes.

    Returns:
        Shape (moments, 2), seconds: what lies between two moments is the time and the leaps at the
        borders from the end of one to the start of the other.
    """
    clear = np.clip((outline.topic_change - _CLEAR_CHANGE) / (1.0 - _CLEAR_CHANGE), 0.0, 1.0)
    leaps_s = np.concatenate([[0.0], np.cumsum(_LEAP_S * clear)])
    starts_s = moments.start_s + leaps_s[moments.first + 1]
    return np.stack([starts_s, moments.end_s + leaps_s[moments.stop]], axis=1)


def borders(runs: Runs, outline: Outline) -> Floats:
    """Return how much the topic changes at both ends of each run."""
    return runs.at_ends(outline.topic_change)


def coherence(runs: Runs, outline: Outline) -> Floats:
    """Return how little the topic changes within each run; a lone sentence has .5."""
    change = np.concatenate([outline.topic_change[:-1], [0.0]])
    sums = np.concatenate([[0.0], np.cumsum(change)])
    inside = np.maximum(runs.stop - runs.first - 1, 0)
    mean = (sums[runs.stop] - sums[runs.first + 1]) / np.maximum(inside, 1)
    result: Floats = np.where(inside > 0, 1.0 - mean, 0.5)
    return result


def pauses(runs: Runs, outline: Outline) -> Floats:
    """Return how clear both ends of each run are: a pause of a second, or another speaker, is 1."""
    clear = np.maximum(np.minimum(outline.pause_s, 1.0), 0.7 * outline.turn)
    return runs.at_ends(clear)


def opening(runs: Runs, outline: Outline) -> Floats:
    """Return whether each run begins with a sentence that needs nothing before it."""
    result: Floats = np.where(runs.is_said, outline.stands_alone[runs.first], 0.0)
    return result


def closing(runs: Runs, outline: Outline) -> Floats:
    """Return whether each run ends with a sentence that leaves nothing open."""
    last = np.maximum(runs.stop, 1) - 1
    result: Floats = np.where(runs.is_said, outline.rounds_off[last], 0.0)
    return result


def flow(runs: Runs, outline: Outline) -> Floats:
    """Return the share of each run during which somebody speaks."""
    spoken = runs.total(outline.end_s - outline.start_s)
    result: Floats = np.clip(spoken / runs.length_s, 0.0, 1.0)
    return result


def telling(runs: Runs, outline: Outline) -> Floats:
    """Return whether one voice has the floor: no change of speaker within a run is 1, each halves.

    Who tells a story or explains something is not interrupted; chat is.
    """
    changes = np.concatenate([[0.0], np.cumsum(outline.turn.astype(np.float64))])
    inside = changes[runs.stop] - changes[np.minimum(runs.first + 1, runs.stop)]
    result: Floats = np.where(runs.is_said, 0.5**inside, 0.0)
    return result


def fullness(runs: Runs, outline: Outline) -> Floats:
    """Return how long the sentences of each run are: as the source's mean is .5, twice that .67."""
    length = runs.total(outline.words) / runs.sentences
    result: Floats = length / (length + max(float(outline.words.mean()), 1e-9))
    return result


def centrality(runs: Runs, outline: Outline) -> Floats:
    """Return how close each run is to what the whole talk is about, against its sentences."""
    return squashed(2.0 * runs.by_words(_standing_out(outline.centrality)))


def has_turns(outline: Outline) -> bool:
    """Tell whether more than one speaker is known."""
    return bool(outline.turn[1:-1].any())


def substance(runs: Runs, outline: Outline) -> Floats:
    """Return how dense each run is with long words, numbers and names, against the source's best.

    By the second: a run of many words that says little has none of it.
    """
    rate = runs.total(outline.content) / runs.length_s
    result: Floats = np.clip(rate / max(float(rate.max(initial=0.0)), 0.2), 0.0, 1.0)
    return result


def delivery(runs: Runs, said: Delivery) -> Floats:
    """Return how lively each run is said: loudness, pitch and their movement against the source."""
    tracks = (said.loudness_lufs, said.loudness_range_lu, said.pitch_st, said.pitch_range_st)
    lively = np.mean([_standing_out(track.astype(np.float64)) for track in tracks], axis=0)
    return squashed(2.0 * runs.by_words(lively))


def reactions(runs: Runs, said: Delivery) -> Floats:
    """Return whether listeners laugh, clap or cheer in each run: once is .6, twice .84."""
    count = runs.total(said.followed_by(_REACTIONS).astype(np.float64))
    result: Floats = 1.0 - 0.4**count
    return result


def has_reactions(said: Delivery) -> bool:
    """Tell whether the source marks what listeners do anywhere."""
    return bool(said.followed_by(_REACTIONS).any())


def loudness(moments: Moments, activity: Activity) -> Floats:
    """Return how loud each stretch is against the source."""
    return squashed(_per_second(moments, activity.loudness_lufs))


def onsets(moments: Moments, activity: Activity) -> Floats:
    """Return how much happens in the sound of each stretch against the source."""
    return squashed(_per_second(moments, activity.onsets_db))


def cuts(moments: Moments, activity: Activity) -> Floats:
    """Return how fast the picture is cut in each stretch against the source."""
    return squashed(_per_second(moments, activity.cuts))


def _per_second(moments: Moments, track: npt.NDArray[np.generic]) -> Floats:
    """Return the mean over each stretch of a value of seconds, in standard deviations."""
    sums = np.concatenate([[0.0], np.cumsum(_standing_out(track.astype(np.float64)))])
    first = np.minimum(np.floor(moments.start_s).astype(np.int64), len(track) - 1)
    stop = np.clip(np.ceil(moments.end_s).astype(np.int64), first + 1, len(track))
    result: Floats = (sums[stop] - sums[first]) / (stop - first)
    return result


def _standing_out(values: Floats) -> Floats:
    """Return values in standard deviations from their mean; what is not known is usual."""
    is_known = np.isfinite(values)
    if not is_known.any():
        return np.zeros_like(values)
    known = values[is_known]
    spread = max(float(known.std()), 1e-6)
    result: Floats = np.where(is_known, (values - known.mean()) / spread, 0.0)
    return result
