"""The best set of stretches of time that don't overlap, found exactly by dynamic programming."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from clipkit.types.clips import Moments

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_NEGLIGIBLE = 1e-3
"""Two that lose a smaller share lose nothing."""

_TRIED = (0.0, 0.5, 1.0)
"""Where among those that a stretch may follow the ones lie that are tried first."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Stretches of time to choose from."""

    start_s: Floats
    """Shape (n,)."""

    end_s: Floats
    """Shape (n,), not before ``start_s``."""

    worth: Floats
    """Shape (n,), above 0."""

    kind: Places
    """Shape (n,): stretches of one number may be pieces of one thing."""

    topic_time_s: Floats
    """Shape (n, 2): start and end on a clock that leaps where the topic changes."""

    def __len__(self) -> int:
        return len(self.worth)

    def at(self, places: Places) -> "Stretches":
        """Return some of them, in the order given."""
        return Stretches(
            self.start_s[places],
            self.end_s[places],
            self.worth[places],
            self.kind[places],
            self.topic_time_s[places],
        )


class Follow(Protocol):
    """Gives for totals what each stretch can follow at best, and which that is."""

    def __call__(self, total: Floats, *, is_last: bool) -> tuple[Floats, Places]:
        """Return both, shape (n,)."""


@dataclass(frozen=True, slots=True)
class BestSet:
    """Finds the set worth most: the sum of its worths, less a loss for each two neighbours.

    The loss is counted between a stretch and the one before it in the set, as a share of what the
    two are worth on average: ``nearness * exp(-gap_s / apart_s)``. Where ``told_s`` is given, two
    of one kind also lose the share ``exp(-gap_s / told_s)`` with the gap in topic time, but no more
    than all: what is told at a stretch is one, so pieces of it that touch are worth no more
    together than the better of them.
    """

    nearness: float
    """Share that two lose that touch, at most 1."""

    apart_s: float
    """Gap at which the loss has fallen to 1/e."""

    told_s: float | None = None
    """Gap at which what two pieces of one thing lose has fallen to 1/e; None: they lose nothing."""

    def of(self, stretches: Stretches, size: int) -> list[int]:
        """Return the indices of the best set in the order of time.

        Of sets worth the same, the one found first in the order of ends, then of starts.

        Args:
            stretches: What to choose from.
            size: At most so many.
        """
        if not len(stretches) or size < 1:
            return []
        order = np.lexsort([stretches.start_s, stretches.end_s])
        ordered = stretches.at(order)
        totals, befores = _totals(ordered.worth, self._following(ordered), size)
        length = int(np.argmax([total.max() for total in totals]))
        found: list[int] = order[_traced(totals, befores, length)].tolist()
        return found

    def _loss(self, ordered: Stretches, earlier: Places, later: Places) -> Floats:
        """Return what pairs of stretches lose."""
        share = np.exp(
            (ordered.end_s / self.apart_s)[earlier] - (ordered.start_s / self.apart_s)[later]
        )
        share *= self.nearness
        if self.told_s is not None:
            starts, ends = (ordered.topic_time_s / self.told_s).T
            told = ends[earlier] - starts[later]
            # Most pairs are too far apart to be pieces of one thing.
            near = np.flatnonzero(told > math.log(_NEGLIGIBLE))
            near = near[ordered.kind[earlier[near]] == ordered.kind[later[near]]]
            share[near] = np.minimum(1.0, share[near] + np.exp(told[near]))
        # Of their mean: were it of the lesser, a poor piece between two good ones would save them.
        half = ordered.worth / 2.0
        result: Floats = share * (half[earlier] + half[later])
        return result

    def _following(self, ordered: Stretches) -> "Follow":
        """Return what gives for totals what each stretch can follow at best, and which that is.

        Where it can follow none, that is minus infinity and -1. Of the last stretches of a set only
        the best counts: those that cannot be it may be said to reach less than they do.
        """
        start_s, end_s = ordered.start_s, ordered.end_s
        free = _free(ordered)
        far_s = self.apart_s * math.log(max(self.nearness, _NEGLIGIBLE) / _NEGLIGIBLE)
        if self.told_s is not None:
            far_s = max(far_s, self.told_s * math.log(1.0 / _NEGLIGIBLE))
        # So many end so far before each that following them costs nothing.
        far = np.minimum(np.searchsorted(end_s, start_s - far_s, side="right"), free)

        def follow(total: Floats, *, is_last: bool) -> tuple[Floats, Places]:
            highest, where = _running_best(total)
            reached = np.where(far > 0, highest[far - 1], -np.inf)
            before = np.where(far > 0, where[far - 1], -1)
            near = self._worth_following(ordered, total)
            starts, stops = np.searchsorted(near, far), np.searchsorted(near, free)
            starts, least = self._first_hopeful(ordered, total, near, starts, stops)
            if is_last:
                most = np.where(free > 0, highest[free - 1], -np.inf) + ordered.worth
                enough = (np.maximum(least, reached) + ordered.worth).max()
                starts = np.where(most < enough, stops, starts)
            later, earlier = _pairs(near, starts, stops)
            if len(later):
                values = total[earlier] - self._loss(ordered, earlier, later)
                firsts = np.flatnonzero(np.diff(later, prepend=-1))
                best = np.maximum.reduceat(values, firsts)
                is_best = np.flatnonzero(
                    values == np.repeat(best, np.diff(firsts, append=len(later)))
                )
                nearest = earlier[is_best[np.diff(later[is_best], prepend=-1) > 0]]
                is_better = best > reached[later[firsts]]
                places = later[firsts][is_better]
                reached[places] = best[is_better]
                before[places] = nearest[is_better]
            before[np.isneginf(reached)] = -1
            return reached, before

        return follow

    def _worth_following(self, ordered: Stretches, total: Floats) -> Places:
        """Return which stretches something may follow at best, ascending.

        Not one after another of its kind whose total is no lower, and neither once half of its own
        worth is taken off: that other is further from whatever follows, so it loses a smaller share
        of the two worths' mean, and there is no share at which it would be worth less.
        """
        kinds = ordered.kind if self.told_s is not None else np.zeros(len(ordered), np.int64)
        keep = np.isfinite(total)
        for kind in np.unique(kinds):
            places = np.flatnonzero(kinds == kind)
            rivals = np.stack([total[places], total[places] - ordered.worth[places] / 2.0])
            for rival in rivals:
                _, where = _running_best(rival)
                is_lower = rivals[:, where[:-1]] >= rivals[:, 1:]
                keep[places[1:][is_lower.all(axis=0)]] = False
        result: Places = np.flatnonzero(keep)
        return result

    def _first_hopeful(
        self, ordered: Stretches, total: Floats, near: Places, starts: Places, stops: Places
    ) -> tuple[Places, Floats]:
        """Return the first that each stretch may follow at best, and what it reaches at the least.

        To follow a few of them tells that. Those before the first whose total is as high fall short
        of it, since they can only lose.

        Args:
            ordered: All stretches.
            total: Of each.
            near: Which of them something may follow, ascending.
            starts: The first in ``near`` that is near enough to each stretch to lose.
            stops: The first in ``near`` that does not end before it.
        """
        some = np.flatnonzero(starts < stops)
        least = np.full(len(starts), -np.inf)
        for share in _TRIED:
            places = starts[some] + (share * (stops - 1 - starts)[some]).astype(np.int64)
            values = total[near[places]] - self._loss(ordered, near[places], some)
            least[some] = np.maximum(least[some], values)
        highest = np.maximum.accumulate(total[near])
        return np.maximum(starts, np.searchsorted(highest, least)), least


def _pairs(near: Places, starts: Places, stops: Places) -> tuple[Places, Places]:
    """Return each stretch with each that it may follow.

    Args:
        near: Which may come first, ascending.
        starts: The first in ``near`` that may come before each stretch.
        stops: The first behind that which may not.

    Returns:
        The later of each pair, ascending, and the earlier.
    """
    sizes = stops - starts
    later = np.repeat(np.arange(len(sizes)), sizes)
    offsets = np.cumsum(sizes) - sizes
    return later, near[np.arange(len(later)) - (offsets - starts)[later]]


def _free(ordered: Stretches) -> Places:
    """Return for each stretch how many end before it; one of no length does not do so itself."""
    ended = np.searchsorted(ordered.end_s, ordered.start_s, side="right")
    result: Places = np.minimum(ended, np.arange(len(ordered)))
    return result


def _totals(worth: Floats, follow: Follow, size: int) -> tuple[list[Floats], list[Places]]:
    """Return for sets of one, of two and so on what the best is worth that ends with each stretch.

    Args:
        worth: Of each stretch.
        follow: Gives for totals what each stretch can follow at best, and which that is.
        size: Of the largest set.

    Returns:
        The totals, minus infinity where there is no such set, and the one before each in its set.
    """
    totals, befores = [worth], [np.full(len(worth), -1, np.int64)]
    most = min(size, len(worth))
    while len(totals) < most and np.isfinite(totals[-1]).any():
        reached, before = follow(totals[-1], is_last=len(totals) + 1 == most)
        totals.append(reached + worth)
        befores.append(before)
    return totals, befores


def _traced(totals: list[Floats], befores: list[Places], length: int) -> Places:
    """Return the places of the best set of a length, counted from 0, in the order of time."""
    last = int(np.argmax(totals[length]))
    found: list[int] = []
    while last >= 0:
        found.append(last)
        last, length = int(befores[length][last]), length - 1
    return np.array(found[::-1], np.int64)


def _running_best(values: Floats) -> tuple[Floats, Places]:
    """Return the highest of the values up to each place, and where it first stands."""
    highest = np.maximum.accumulate(values)
    is_new = np.concatenate([[True], highest[1:] > highest[:-1]])
    where = np.maximum.accumulate(np.where(is_new, np.arange(len(values)), 0))
    return highest, where


def undominated(moments: Moments, worth: Floats, candidates: Places) -> npt.NDArray[np.bool_]:
    """Return which candidates hold no other within them that is worth as much.

    One that does is in no best set: the other could take its place. Most go, so that what remains
    is soon searched.

    Args:
        moments: All moments; runs of neighbours, by their first and last.
        worth: Worth of each moment: shape (moments,).
        candidates: Indices of those that count.
    """
    if not len(candidates):
        return np.zeros(0, bool)
    first = moments.first[candidates]
    length = moments.stop[candidates] - first
    keep = np.zeros(len(candidates), bool)
    # best[i]: the most that a candidate is worth that lies within i to i + size.
    best = np.full(int(first.max()) + int(length.max()) + 2, -np.inf)
    order = np.argsort(length, kind="stable")
    sizes, starts = np.unique(length[order], return_index=True)
    of_size = dict(zip(sizes.tolist(), np.split(order, starts[1:]), strict=True))
    for size in range(1, int(length.max()) + 1):
        # What lies within i to i + size lies within one shorter, from i or from i + 1.
        best[:-1] = np.maximum(best[:-1], best[1:])
        places = of_size.get(size)
        if places is None:
            continue
        own = worth[candidates[places]]
        keep[places] = own > best[first[places]]
        best[first[places]] = np.maximum(best[first[places]], own)
    return keep
