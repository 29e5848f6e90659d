"""The best set is the one that trying all sets finds."""

import math
import tracemalloc
from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.stages.best_set import BestSet, Stretches, undominated
from clipkit.types.clips import Moments
from tests.stages.talks import moments_of

Stretch = tuple[float, ...]
"""Start, end, worth and, where it is not 0, kind."""

# Eighths and sixteenths are exact as floats, so that ties are ties.
_worths = st.integers(1, 16).map(lambda sixteenths: sixteenths / 16)
_stretches = st.tuples(st.integers(0, 60), st.integers(1, 12), _worths, st.integers(0, 1)).map(
    lambda drawn: (drawn[0] / 2, (drawn[0] + drawn[1]) / 2, drawn[2], drawn[3])
)
_several = st.lists(_stretches, max_size=9)
_losses = st.sampled_from(
    [
        BestSet(0.0, 1.0),
        BestSet(0.1, 4.0),
        BestSet(1.0, 2.0),
        BestSet(0.5, 64),
        BestSet(0.0, 1.0, told_s=3.0),
        BestSet(0.1, 8.0, told_s=1.0),
    ]
)


_CHANGE_S, _LEAP_S = 30.0, 6.0
"""When the topic changes, and how far the clock of topics leaps then."""


def _topic_gap_s(end_s: float, start_s: float) -> float:
    return start_s - end_s + (_LEAP_S if end_s <= _CHANGE_S <= start_s else 0.0)


def _worth(best_set: BestSet, stretches: Sequence[Stretch]) -> float:
    """Return what stretches are worth together; minus infinity where two overlap."""
    total, ordered = 0.0, sorted(stretches)
    told_s = best_set.told_s or 0.0
    for place, (start_s, _, worth, *kind) in enumerate(ordered):
        total += worth
        if place:
            _, end_s, worth_before, *kind_before = ordered[place - 1]
            gap_s = start_s - end_s
            if gap_s < 0.0:
                return -math.inf
            # From eight times the distance on, the loss is taken for none.
            if gap_s < 8.0 * max(best_set.apart_s, told_s):
                share = best_set.nearness * math.exp(-gap_s / best_set.apart_s)
                if told_s and kind == kind_before:
                    share = min(1.0, share + math.exp(-_topic_gap_s(end_s, start_s) / told_s))
                total -= share * (worth + worth_before) / 2
    return total


def _best_of_all(best_set: BestSet, stretches: Sequence[Stretch], size: int) -> float:
    return max(
        (
            _worth(best_set, some)
            for count in range(1, size + 1)
            for some in combinations(stretches, count)
        ),
        default=0.0,
    )


def _found(best_set: BestSet, stretches: Sequence[Stretch], size: int) -> list[Stretch]:
    start_s, end_s, worth = np.array([item[:3] for item in stretches]).reshape(-1, 3).T
    kind = np.array([item[3] if len(item) > 3 else 0 for item in stretches], np.int64)
    starts_s = start_s + _LEAP_S * (start_s >= _CHANGE_S)
    times_s = np.stack([starts_s, end_s + _LEAP_S * (end_s > _CHANGE_S)], axis=1)
    found = best_set.of(Stretches(start_s, end_s, worth, kind, times_s), size)
    return [stretches[index] for index in found]


@given(_several, _losses, st.integers(1, 4))
def test_no_set_is_worth_more(stretches: list[Stretch], best_set: BestSet, size: int) -> None:
    found = _found(best_set, stretches, size)
    assert len(found) <= size
    assert _worth(best_set, found) == pytest.approx(_best_of_all(best_set, stretches, size))


@given(_several, _losses, st.integers(1, 4))
def test_the_set_comes_in_the_order_of_time_without_overlap(
    stretches: list[Stretch], best_set: BestSet, size: int
) -> None:
    found = _found(best_set, stretches, size)
    assert bool(found) == bool(stretches)
    assert all(before[1] <= after[0] for before, after in pairwise(found))


@given(st.permutations(range(7)), st.lists(_stretches, min_size=7, max_size=7, unique=True))
def test_the_order_of_the_arguments_does_not_matter(
    order: list[int], stretches: list[Stretch]
) -> None:
    # Without two of one start and end, nothing but the times decides between sets worth the same.
    stretches = list({stretch[:2]: stretch for stretch in stretches}.values())
    shuffled = [stretches[place] for place in order if place < len(stretches)]
    best_set = BestSet(0.1, 4.0)
    assert _found(best_set, shuffled, 3) == _found(best_set, stretches, 3)


@given(_several, _losses)
def test_a_larger_set_is_never_worth_less(stretches: list[Stretch], best_set: BestSet) -> None:
    worths = [_worth(best_set, _found(best_set, stretches, size)) for size in range(1, 6)]
    assert all(more >= fewer - 1e-12 for fewer, more in pairwise(worths))


@pytest.mark.parametrize("size", [0, -1])
def test_no_room_is_no_set(size: int) -> None:
    assert _found(BestSet(0.1, 60.0), [(0.0, 1.0, 1.0)], size) == []


def test_no_stretches_are_no_set() -> None:
    assert _found(BestSet(0.1, 60.0), [], 3) == []


def test_two_good_ones_are_taken_where_the_best_would_leave_room_for_neither() -> None:
    stretches = [(0.0, 10.0, 0.8), (5.0, 15.0, 0.9), (10.0, 20.0, 0.8)]
    assert _found(BestSet(0.1, 60.0), stretches, 2) == [stretches[0], stretches[2]]


def test_nearness_sends_the_second_further_away() -> None:
    stretches = [(0.0, 10.0, 0.9), (10.0, 20.0, 0.75), (100.0, 110.0, 0.7)]
    assert _found(BestSet(0.0, 60.0), stretches, 2) == stretches[:2]
    assert _found(BestSet(0.1, 60.0), stretches, 2) == [stretches[0], stretches[2]]


def test_what_costs_more_than_it_brings_is_left_out() -> None:
    assert _found(BestSet(1.0, 60.0), [(0.0, 9.0, 0.9), (9.0, 20.0, 0.4)], 2) == [(0.0, 9.0, 0.9)]


def test_far_apart_the_loss_is_none() -> None:
    stretches = [(0.0, 1.0, 0.5), (9.0, 10.0, 2.0**-40)]
    assert _found(BestSet(1.0, 1.0), stretches, 2) == stretches
    assert _found(BestSet(1.0, 1.25), stretches, 2) == stretches[:1]


def test_of_sets_worth_the_same_the_one_that_ends_first_is_taken() -> None:
    stretches = [(4.0, 8.0, 0.5), (0.0, 6.0, 0.5), (3.0, 6.0, 0.5)]
    assert _found(BestSet(0.1, 60.0), stretches, 1) == [(0.0, 6.0, 0.5)]


def test_a_stretch_of_no_length_is_taken_once() -> None:
    stretches = [(0.0, 1.0, 0.1), (50.0, 50.0, 0.9)]
    assert _found(BestSet(0.1, 60.0), stretches, 3) == stretches


def test_pieces_of_one_thing_that_touch_are_worth_no_more_than_the_better() -> None:
    pieces = [(0.0, 10.0, 0.5), (10.0, 20.0, 0.6), (20.0, 30.0, 0.5)]
    best_set = BestSet(0.0, 60.0, told_s=60.0)
    assert _found(BestSet(0.0, 60.0), pieces, 3) == pieces
    assert _found(best_set, pieces[:2], 2) == pieces[1:2]
    assert _found(best_set, pieces, 3) == pieces[1:2]
    assert _found(best_set, [*pieces, (0.0, 30.0, 0.7)], 3) == [(0.0, 30.0, 0.7)]


@pytest.mark.parametrize(
    ("best_set", "size", "stretches"),
    [
        pytest.param(
            BestSet(0.5, 60.0, told_s=1.0),
            4,
            [(0.0, 1.0, 0.9, 1), (1.0, 2.0, 0.8, 1), (6.0, 8.0, 0.2, 1), (11.0, 15.0, 0.8, 0)],
            id="an earlier end with a higher total loses more, being worth more itself",
        ),
        pytest.param(
            BestSet(0.5, 4.0, told_s=1.0),
            4,
            [
                (1.0, 4.0, 0.4, 0),
                (1.0, 4.0, 0.6, 1),
                (5.0, 10.0, 0.7, 0),
                (6.0, 10.0, 0.8, 1),
                (7.0, 12.0, 0.2, 0),
                (8.0, 9.0, 0.4, 0),
                (10.0, 11.0, 0.5, 1),
            ],
            id="an earlier end that would lose less has a lower total",
        ),
        pytest.param(
            BestSet(0.0, 4.0, told_s=30.0),
            2,
            [(1.0, 2.0, 0.3, 0), (1.0, 3.0, 0.2, 1), (4.0, 8.0, 0.2, 0)],
            id="an earlier end is of the kind of what follows",
        ),
    ],
)
def test_not_what_ends_first_and_has_most_so_far_comes_before_each(
    best_set: BestSet, size: int, stretches: list[Stretch]
) -> None:
    worth = _worth(best_set, _found(best_set, stretches, size))
    assert worth == pytest.approx(_best_of_all(best_set, stretches, size), abs=1e-3)


def test_a_poor_piece_between_two_good_ones_saves_nothing() -> None:
    pieces = [(0.0, 10.0, 0.9), (10.0, 11.0, 0.1), (11.0, 21.0, 0.8)]
    assert _found(BestSet(0.0, 60.0, told_s=30.0), pieces, 3) == pieces[:1]


def test_pieces_of_one_thing_far_apart_are_two() -> None:
    pieces = [(0.0, 10.0, 0.5), (20.0, 30.0, 0.5)]
    assert _found(BestSet(0.0, 60.0, told_s=10.0), pieces, 2) == pieces


def test_pieces_between_which_the_topic_changes_may_touch() -> None:
    pieces = [(20.0, _CHANGE_S, 0.5), (_CHANGE_S, 40.0, 0.5)]
    assert _found(BestSet(0.0, 60.0, told_s=2.0), pieces, 2) == pieces
    moved = [(start_s - 1.0, end_s - 1.0, worth) for start_s, end_s, worth in pieces]
    assert len(_found(BestSet(0.0, 60.0, told_s=2.0), moved, 2)) == 1


def test_things_of_two_kinds_may_touch() -> None:
    things = [(0.0, 10.0, 0.5, 1), (10.0, 20.0, 0.6, 2)]
    assert _found(BestSet(0.0, 60.0, told_s=10.0), things, 2) == things


def _peak_bytes(count: int) -> int:
    start_s = np.arange(count, dtype=np.float64)
    worth = np.random.default_rng(0).random(count)
    tracemalloc.start()
    end_s, kind = start_s + 3.0, np.zeros(count, np.int64)
    times_s = np.stack([start_s, end_s], axis=1)
    BestSet(0.1, 1.0).of(Stretches(start_s, end_s, worth, kind, times_s), 5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_the_memory_grows_with_the_number_of_stretches_and_not_with_its_square() -> None:
    assert _peak_bytes(8000) < 6 * _peak_bytes(2000)


@st.composite
def _runs(draw: st.DrawFn) -> tuple[Moments, list[float]]:
    """Draw runs over sentences, whose voices may overlap, and the worth of each."""
    starts, ends, start_s = [], [], 0.0
    for _ in range(draw(st.integers(1, 6))):
        start_s += draw(st.integers(0, 12)) / 2
        starts.append(start_s)
        ends.append(start_s + draw(st.integers(1, 8)) / 2)
    pairs = [
        (first, stop) for first in range(len(starts)) for stop in range(first + 1, len(ends) + 1)
    ]
    drawn = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=10, unique=True))
    moments = moments_of(
        *((first, stop, starts[first], max(ends[first:stop])) for first, stop in sorted(drawn))
    )
    # Few different worths, so that many are the same.
    worths = st.sampled_from([0.25, 0.5, 0.75])
    return moments, draw(st.lists(worths, min_size=len(drawn), max_size=len(drawn)))


def _stretches_of(moments: Moments, worth: Sequence[float]) -> list[Stretch]:
    return [
        (moments.span(index).start_s, moments.span(index).end_s, worth[index])
        for index in range(len(moments))
    ]


@given(_runs(), _losses, st.integers(1, 4))
def test_what_is_undominated_holds_a_best_set(
    drawn: tuple[Moments, list[float]], best_set: BestSet, size: int
) -> None:
    moments, worth = drawn
    keep = undominated(moments, np.array(worth), np.arange(len(moments)))
    stretches = _stretches_of(moments, worth)
    kept = [stretch for stretch, is_kept in zip(stretches, keep, strict=True) if is_kept]
    expected = _best_of_all(best_set, stretches, size)
    assert _best_of_all(best_set, kept, size) == pytest.approx(expected)


@given(_runs(), st.data())
def test_dominated_is_what_holds_another_candidate_worth_as_much(
    drawn: tuple[Moments, list[float]], data: st.DataObject
) -> None:
    moments, worth = drawn
    places = st.lists(st.integers(0, len(moments) - 1), unique=True).map(sorted)
    candidates = data.draw(places)
    keep = undominated(moments, np.array(worth), np.array(candidates, np.int64))
    assert keep.dtype == bool
    expected = [
        not any(
            moments.first[index] <= moments.first[other]
            and moments.stop[other] <= moments.stop[index]
            and worth[other] >= worth[index]
            for other in candidates
            if other != index
        )
        for index in candidates
    ]
    assert keep.tolist() == expected


def test_without_candidates_none_is_undominated() -> None:
    moments = moments_of((0, 1, 0.0, 1.0))
    assert undominated(moments, np.ones(1), np.zeros(0, np.int64)).shape == (0,)
