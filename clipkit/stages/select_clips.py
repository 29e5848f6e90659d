"""Scored moments to a choice."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.errors import OptionError
from clipkit.stages.best_set import BestSet, Stretches, undominated
from clipkit.types.clips import Moments, ScoredMoments, Selection
from clipkit.types.query import Query
from clipkit.types.retrieval import Criteria

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_MOST = 3000
"""Candidates that are searched for the best set; two hours of talk have a third of that."""

_TOLD_S = 30.0
"""Pieces of one answer lose half of what they are worth where they touch, and a third of that
this far apart. Set by hand, on three interviews: with 10 and 20 s an answer of a minute still gave
its two ends with a gap between them."""

_VARIANT = 0.5
"""Of two moments that share so much of the shorter, one says it all."""


@dataclass(frozen=True, kw_only=True)
class SelectClips:
    """Takes the set of moments that is worth most together, without overlap.

    The worth of a set is the sum of its scores, less a share for each two neighbours that lie close
    together: five clips of one minute's surroundings are worth less than five of a whole
    talk. Where each clip finds its own length, what answers one question at a stretch is one clip:
    two pieces of it that touch are worth no more than the better one alone. Where the topic changes
    between them, they are no pieces of one.

    The best set is found exactly, so it may hold two good moments where taking the best one first
    would have left room for neither. Where more than 3,000 moments each hold no better one within
    them, as in talk that says the same for hours, it is the best set of the best moment of each
    start.
    """

    min_score: float = 0.15
    """If nothing reaches this, nothing in the source answers the question. On folds of QMSum's
    train split this keeps 98 % of the hits and declines 79 % of questions about other things."""

    min_clip_score: float = 0.05
    """Beside a good answer, others may be weaker; below this a moment is no answer."""

    diversity: float = 0.5
    """Share of their worth that two clips lose that touch; less the further they are apart. On the
    same folds .5 finds an answer among five clips for 3 % more of the questions than 0 does, and
    5 % fewer of the first three clips answer."""

    apart_s: float = 60.0
    """At this distance the loss has fallen to a third."""

    rejected: int = 5
    """How many of the best moments that were not taken are reported; the best of each criterion
    that got no clip comes first, however many those are."""

    def __post_init__(self) -> None:
        for name in ("min_score", "min_clip_score", "diversity"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise OptionError(f"{name} lies between 0 and 1", f"it is {value}")
        if not self.apart_s > 0.0:
            raise OptionError("apart_s is a positive number of seconds", f"it is {self.apart_s}")

    def __call__(self, scored: ScoredMoments, query: Query, criteria: Criteria) -> Selection:
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
        candidates = _few(moments, scored.scores, _worthwhile(scored, free, query))
        told_s = _TOLD_S if query.target_duration_s is None else None
        taken = BestSet(self.diversity, self.apart_s, told_s).of(
            Stretches(
                moments.start_s[candidates],
                moments.end_s[candidates],
                scored.scores[candidates],
                scored.criterion[candidates],
                scored.topic_time_s[candidates],
            ),
            query.top - len(moments.pinned),
        )
        chosen = sorted(
            [*moments.pinned, *candidates[taken].tolist()],
            key=lambda index: (-scored.scores[index], moments.start_s[index]),
        )
        rejected = self._rejected(scored, chosen, best, query, criteria)
        reason = None if chosen else self._why_none(scored, best, criteria)
        return Selection(tuple(chosen), tuple(rejected), reason)

    def _why_none(self, scored: ScoredMoments, best: float, criteria: Criteria) -> str:
        caveats = [one.caveat for one in criteria.wanted if one.caveat is not None]
        return "; ".join([self._lacking(scored, best), *caveats])

    def _lacking(self, scored: ScoredMoments, best: float) -> str:
        count = len(scored.moments)
        if (scored.avoided >= 0).all():
            return f"all {count} moments answer what is to be avoided"
        limit = max(self.min_score, self.min_clip_score)
        moments = "only moment" if count == 1 else f"best of {count} moments"
        return f"the {moments} scores {best:.2f}, below {limit:g}"

    def _rejected(
        self,
        scored: ScoredMoments,
        chosen: list[int],
        best: float,
        query: Query,
        criteria: Criteria,
    ) -> list[tuple[int, str]]:
        """Return what is reported of the moments not taken: index and reason."""
        moments = scored.moments
        left = np.ones(len(moments), bool)
        left[chosen] = False
        found: list[tuple[int, str]] = []
        answered = set(scored.criterion[chosen].tolist())
        for number, asked in enumerate(criteria.wanted):
            others = left & (scored.criterion == number)
            if number in answered or not others.any():
                continue
            index = _best(scored, others)
            why = self._why_not(scored, index, chosen, best, query)
            caveat = "" if asked.caveat is None else f"; {asked.caveat}"
            found.append((index, f"the best for “{asked.text}”: {why}{caveat}"))
        for index in (*chosen, *(index for index, _ in found)):
            left[_variants(moments, index)] = False
        while left.any() and len(found) < self.rejected:
            index = _best(scored, left)
            found.append((index, self._why_not(scored, index, chosen, best, query)))
            left[_variants(moments, index)] = False
        return found

    def _why_not(
        self, scored: ScoredMoments, index: int, chosen: list[int], best: float, query: Query
    ) -> str:
        if scored.avoided[index] >= 0:
            return "it answers what is to be avoided"
        if scored.scores[index] < self.min_clip_score:
            return f"its score is below {self.min_clip_score:g}"
        if best < self.min_score:
            others = " that answers nothing to be avoided" if (scored.avoided >= 0).any() else ""
            return f"its score is below {self.min_score:g}, as is every other{others}"
        if len(scored.moments.pinned) == query.top:
            return "what is pinned takes every place"
        is_rival = _overlapping(scored.moments, index)
        rival = next((other for other in chosen if is_rival[other]), None)
        if rival is not None:
            return f"it overlaps the clip at {scored.moments.start_s[rival]:.1f} s"
        return "the clips taken are worth more together"


def _worthwhile(scored: ScoredMoments, free: npt.NDArray[np.bool_], query: Query) -> Places:
    """Return those of the free moments that may be in a best set.

    Where pieces of one answer are told from those of another, what lies within a moment can take
    its place only if both answer the same.
    """
    candidates = np.flatnonzero(free)
    if query.target_duration_s is not None:
        return candidates[undominated(scored.moments, scored.scores, candidates)]
    criterion = scored.criterion[candidates]
    keep = np.zeros(len(candidates), bool)
    for number in np.unique(criterion):
        same = np.flatnonzero(criterion == number)
        keep[same] = undominated(scored.moments, scored.scores, candidates[same])
    return candidates[keep]


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


def _variants(moments: Moments, index: int) -> Places:
    """Return the moments that share half of their time with one or it with them, itself among them.

    They are looked for among those that begin neither behind it nor too early to reach it.
    """
    start_s, end_s = moments.start_s[index], moments.end_s[index]
    begin = np.searchsorted(moments.start_s, start_s - moments.duration_s.max())
    near = slice(begin, np.searchsorted(moments.start_s, end_s, side="right"))
    shared_s = np.minimum(moments.end_s[near], end_s) - np.maximum(moments.start_s[near], start_s)
    shorter_s = np.minimum(moments.duration_s[near], end_s - start_s)
    result: Places = begin + np.flatnonzero(shared_s >= _VARIANT * shorter_s)
    return result


def _best(scored: ScoredMoments, among: npt.NDArray[np.bool_]) -> int:
    """Return the moment of some with the highest score; of several the first."""
    return int(np.argmax(np.where(among, scored.scores, -1.0)))
