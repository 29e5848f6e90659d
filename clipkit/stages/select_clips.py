"""Scored moments to a choice."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.errors import OptionError
from clipkit.stages.best_set import BestSet, undominated
from clipkit.types.clips import Moments, ScoredMoments, Selection
from clipkit.types.query import Query

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_MOST = 3000
"""Candidates that are searched for the best set; two hours of talk have a third of that."""


@dataclass(frozen=True, kw_only=True)
class SelectClips:
    """Takes the set of moments that is worth most together, without overlap.

    The worth of a set is the sum of its scores, less a little for each two neighbours that lie
    close together: five clips of one minute's surroundings are worth less than five of a whole
    talk. The best set is found exactly, so it may hold two good moments where taking the best one
    first would have left room for neither.
    """

    min_score: float = 0.15
    """If nothing reaches this, nothing in the source answers the question. On folds of QMSum's
    train split this keeps 97 % of the hits and declines 88 % of questions about other things."""

    min_clip_score: float = 0.05
    """Beside a good answer, others may be weaker; below this a moment is no answer."""

    diversity: float = 0.2
    """What two clips lose that touch; less the further they are apart. On the same folds .2 finds
    3 % more questions an answer among five clips than none, at 3 % less precision."""

    apart_s: float = 60.0
    """At this distance the loss has fallen to a third."""

    rejected: int = 5
    """How many of the best moments that were not taken are reported."""

    def __post_init__(self) -> None:
        for name in ("min_score", "min_clip_score", "diversity"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise OptionError(f"{name} lies between 0 and 1", f"it is {value}")
        if not self.apart_s > 0.0:
            raise OptionError("apart_s is a positive number of seconds", f"it is {self.apart_s}")

    def __call__(self, scored: ScoredMoments, query: Query) -> Selection:
        """Return which moments are taken, and the best of the others with the reason."""
        moments = scored.moments
        if not len(moments):
            return Selection((), (), moments.reason)
        pinned = np.zeros(len(moments), bool)
        pinned[list(moments.pinned)] = True
        is_answer = (scored.avoided < 0) & (scored.scores >= self.min_clip_score)
        best = float(np.max(scored.scores, where=scored.avoided < 0, initial=0.0))
        if best < self.min_score:
            is_answer[:] = False
        free = is_answer & ~pinned
        for index in moments.pinned:
            free &= ~_overlapping(moments, index)
        candidates = np.flatnonzero(free)
        candidates = candidates[undominated(moments, scored.scores, candidates)]
        candidates = _few(moments, scored.scores, candidates)
        best_set = BestSet(self.diversity, self.apart_s)
        taken = best_set.of(
            moments.start_s[candidates],
            moments.end_s[candidates],
            scored.scores[candidates],
            query.top - len(moments.pinned),
        )
        chosen = sorted(
            [*moments.pinned, *candidates[taken].tolist()],
            key=lambda index: (-scored.scores[index], moments.start_s[index]),
        )
        rejected = self._rejected(scored, chosen, best)
        reason = None if chosen else self._why_none(scored, best)
        return Selection(tuple(chosen), tuple(rejected), reason)

    def _why_none(self, scored: ScoredMoments, best: float) -> str:
        count = len(scored.moments)
        if (scored.avoided >= 0).all():
            return f"all {count} moments answer what is to be avoided"
        limit = max(self.min_score, self.min_clip_score)
        moments = "only moment" if count == 1 else f"best of {count} moments"
        return f"the {moments} scores {best:.2f}, below {limit:g}"

    def _rejected(
        self, scored: ScoredMoments, chosen: list[int], best: float
    ) -> list[tuple[int, str]]:
        """Return the best moments not taken, each for a stretch of its own."""
        moments = scored.moments
        left = np.ones(len(moments), bool)
        left[chosen] = False
        rivals = {index: _overlapping(moments, index) for index in chosen}
        found: list[tuple[int, str]] = []
        while left.any() and len(found) < self.rejected:
            index = int(np.argmax(np.where(left, scored.scores, -1.0)))
            rival = next((other for other in chosen if rivals[other][index]), None)
            found.append((index, self._why_not(scored, index, rival, best)))
            # Of many overlapping variants of one moment, the best says it all.
            left &= ~_overlapping(moments, index)
        return found

    def _why_not(self, scored: ScoredMoments, index: int, rival: int | None, best: float) -> str:
        if scored.avoided[index] >= 0:
            return "it answers what is to be avoided"
        if scored.scores[index] < self.min_clip_score:
            return f"its score is below {self.min_clip_score:g}"
        if best < self.min_score:
            return f"its score is below {self.min_score:g}, as is every other"
        if rival is not None:
            return f"it overlaps the clip at {scored.moments.start_s[rival]:.1f} s"
        return "the clips taken are worth more together"


def _few(moments: Moments, worth: Floats, candidates: Places) -> Places:
    """Return candidates, if there are far too many the best of each start, then the best of all.

    So many that hold no better one come of talk that says the same over and over.
    """
    if len(candidates) <= _MOST:
        return candidates
    order = candidates[np.lexsort([candidates, -worth[candidates]])]
    _, first = np.unique(moments.first[order], return_index=True)
    return np.sort(order[np.sort(first)[:_MOST]])


def _overlapping(moments: Moments, index: int) -> npt.NDArray[np.bool_]:
    """Return which moments share time with one, itself among them."""
    result: npt.NDArray[np.bool_] = (moments.start_s < moments.end_s[index]) & (
        moments.end_s > moments.start_s[index]
    )
    return result
