"""The best set of stretches of time that don't overlap, found exactly by dynamic programming."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.types.clips import Moments

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_ROUNDING = 1e-9
"""Sums of the same worths differ by less."""

_NEGLIGIBLE = 1e-3
"""Two that lose a smaller share lose nothing."""


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
        if self.told_s is None:  # where pieces of one thing lose, sets without losses tell nothing
            order = order[self._hopeful(stretches.at(order), size)]
        ordered = stretches.at(order)
        totals, befores = _totals(ordered.worth, self._neighbours(ordered).best, size)
        length = int(np.argmax([total.max() for total in totals]))
        found: list[int] = order[_traced(totals, befores, length)].tolist()
        return found

    def _hopeful(self, ordered: Stretches, size: int) -> npt.NDArray[np.bool_]:
        """Return which stretches may be in a best set.

        Without losses, sets are found much faster. What the best of them are worth with their
        losses is a worth that can be had; what a stretch and the best set of one less are worth
        without losses is the most that a set with it can have.
        """
        free = _free(ordered)

        def follow(total: Floats) -> tuple[Floats, Places]:
            highest, where = _running_best(total)
            return (
                np.where(free > 0, highest[free - 1], -np.inf),
                np.where(free > 0, where[free - 1], -1),
            )

        totals, befores = _totals(ordered.worth, follow, size)
        had = max(
            self._worth(ordered, _traced(totals, befores, length))
            for length in range(len(totals))
            if np.isfinite(totals[length]).any()
        )
        others = max([0.0, *(float(total.max()) for total in totals[: size - 1])])
        result: npt.NDArray[np.bool_] = ordered.worth + others >= had - _ROUNDING
        return result

    def _worth(self, ordered: Stretches, places: Places) -> float:
        """Return what a set is worth, given in the order of time."""
        loss = self._loss(ordered, places[:-1], places[1:])
        return float(ordered.worth[places].sum() - loss.sum())

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

    def _neighbours(self, ordered: Stretches) -> "_Neighbours":
        start_s, end_s = ordered.start_s, ordered.end_s
        free = _free(ordered)
        far_s = self.apart_s * math.log(max(self.nearness, _NEGLIGIBLE) / _NEGLIGIBLE)
        if self.told_s is not None:
            far_s = max(far_s, self.told_s * math.log(1.0 / _NEGLIGIBLE))
        far = np.searchsorted(end_s, start_s - far_s, side="right")
        far = np.minimum(far, free)
        sizes = free - far
        # Every pair of a stretch and one that ends shortly before it, by the later of the two.
        later = np.repeat(np.arange(len(sizes)), sizes)
        offsets = np.cumsum(sizes) - sizes
        earlier = np.arange(len(later)) - offsets[later] + far[later]
        loss = self._loss(ordered, earlier, later)
        places = np.flatnonzero(sizes)
        which = np.repeat(np.arange(len(places)), sizes[places])
        return _Neighbours(far, earlier, loss, places, offsets[places], which)


@dataclass(frozen=True, slots=True, eq=False)
class _Neighbours:
    """Which stretches can come before which: those far off cost nothing, those near a loss."""

    far: Places
    """Shape (n,): so many, of all in the order of their ends, end far before each."""

    earlier: Places
    """Shape (pairs,): the earlier of two near ones; all of one later stand together."""

    loss: Floats
    """Shape (pairs,)."""

    places: Places
    """Shape (later,), ascending: which are the later of some pair."""

    starts: Places
    """Shape (later,): the first pair of each."""

    which: Places
    """Shape (pairs,), ascending: the place in ``places`` of the later of the two."""

    def best(self, total: Floats) -> tuple[Floats, Places]:
        """Return for each stretch the best total it can follow, and which that is.

        Where it can follow none, that is minus infinity and -1.
        """
        reached = np.full(len(total), -np.inf)
        before = np.full(len(total), -1, np.int64)
        has_far = self.far > 0
        highest, where = _running_best(total)
        reached[has_far] = highest[self.far[has_far] - 1]
        before[has_far] = where[self.far[has_far] - 1]
        if len(self.places):
            values = total[self.earlier] - self.loss
            best = np.maximum.reduceat(values, self.starts)
            is_best = np.flatnonzero(values == best[self.which])
            nearest = self.earlier[is_best[np.diff(self.which[is_best], prepend=-1) > 0]]
            is_better = best > reached[self.places]
            reached[self.places[is_better]] = best[is_better]
            before[self.places[is_better]] = nearest[is_better]
        before[np.isneginf(reached)] = -1
        return reached, before


def _free(ordered: Stretches) -> Places:
    """Return for each stretch how many end before it; one of no length does not do so itself."""
    ended = np.searchsorted(ordered.end_s, ordered.start_s, side="right")
    result: Places = np.minimum(ended, np.arange(len(ordered)))
    return result


def _totals(
    worth: Floats, follow: Callable[[Floats], tuple[Floats, Places]], size: int
) -> tuple[list[Floats], list[Places]]:
    """Return for sets of one, of two and so on what the best is worth that ends with each stretch.

    Args:
        worth: Of each stretch.
        follow: Gives for totals what each stretch can follow at best, and which that is.
        size: Of the largest set.

    Returns:
        The totals, minus infinity where there is no such set, and the one before each in its set.
    """
    totals, befores = [worth], [np.full(len(worth), -1, np.int64)]
    while len(totals) < min(size, len(worth)) and np.isfinite(totals[-1]).any():
        reached, before = follow(totals[-1])
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
