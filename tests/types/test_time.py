"""Spans of time: their algebra, checked against instants on a grid."""

import math
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.types.time import Span, merged

GRID_S = [tick / 2 for tick in range(41)]
"""Instants at the middle and the ends of every unit that the spans below can have."""

spans = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda ends: Span(*sorted(ends)))
times = st.floats(-1e6, 1e6)
real_spans = st.tuples(times, times).map(lambda ends: Span(*sorted(ends)))


def _instants(*covering: Span) -> set[float]:
    """The oracle: which instants of the grid any of the spans holds."""
    return {time_s for time_s in GRID_S if any(s.start_s <= time_s < s.end_s for s in covering)}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_not_finite_is_refused(bad: float) -> None:
    for ends in ((bad, 1.0), (0.0, bad)):
        with pytest.raises(OptionError, match="finite"):
            Span(*ends)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(OptionError, match=r"2\.0 to 1\.0"):
        Span(2.0, 1.0)


def test_a_span_may_be_empty_and_may_start_at_zero() -> None:
    assert Span(0.0, 0.0).duration_s == 0.0
    assert not Span(0.0, 0.0).contains(0.0)


def test_a_span_holds_its_start_and_not_its_end() -> None:
    span = Span(0.0, 2.0)
    assert span.contains(0.0)
    assert not span.contains(2.0)


def test_spans_that_touch_do_not_overlap() -> None:
    assert not Span(0.0, 1.0).overlaps(Span(1.0, 2.0))
    assert Span(0.0, 1.1).overlaps(Span(1.0, 2.0))


@given(spans, spans)
def test_overlap_means_shared_instants(one: Span, other: Span) -> None:
    shared = _instants(one) & _instants(other)
    if one.duration_s > 0.0 and other.duration_s > 0.0:
        assert one.overlaps(other) == bool(shared)
    assert one.overlaps(other) == other.overlaps(one)
    assert one.intersection_s(other) == len(shared) / 2
    assert one.intersection_s(other) == other.intersection_s(one)


@given(spans, spans)
def test_the_clamped_span_is_what_lies_within_the_bounds(span: Span, bounds: Span) -> None:
    clamped = span.clamped(bounds)
    assert _instants(clamped) == _instants(span) & _instants(bounds)
    assert bounds.start_s <= clamped.start_s <= clamped.end_s <= bounds.end_s


@given(real_spans, real_spans)
def test_clamping_never_leaves_the_bounds_whatever_the_floats(span: Span, bounds: Span) -> None:
    clamped = span.clamped(bounds)
    assert bounds.start_s <= clamped.start_s <= clamped.end_s <= bounds.end_s
    assert clamped.clamped(bounds) == clamped


@given(st.lists(spans))
def test_merging_keeps_exactly_the_instants(some: list[Span]) -> None:
    assert _instants(*merged(some)) == _instants(*some)


@given(st.lists(spans), st.integers(0, 5))
def test_merged_spans_are_sorted_and_further_apart_than_the_gap(
    some: list[Span], gap_s: int
) -> None:
    result = merged(some, gap_s)
    assert all(after.start_s - before.end_s > gap_s for before, after in pairwise(result))
    assert merged(result, gap_s) == result


@given(st.lists(spans), st.integers(0, 5), st.randoms(use_true_random=False))
def test_merging_depends_on_no_order(some: list[Span], gap_s: int, random: Random) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)
    assert merged(shuffled, gap_s) == merged(some, gap_s)


@given(st.lists(spans, min_size=1), st.integers(0, 5))
def test_merging_joins_what_lies_within_the_gap_and_nothing_else(
    some: list[Span], gap_s: int
) -> None:
    result = merged(some, gap_s)
    for span in some:
        assert sum(whole.start_s <= span.start_s and span.end_s <= whole.end_s for whole in result)
    edges = {edge for span in some for edge in (span.start_s, span.end_s)}
    assert all({whole.start_s, whole.end_s} <= edges for whole in result)
    for whole in result:
        covered = _instants(*some)
        holes = [time_s for time_s in sorted(_instants(whole)) if time_s not in covered]
        assert len(holes) <= 2 * gap_s * len(some)


def test_a_gap_joins_across_it() -> None:
    near = [Span(0.0, 1.0), Span(1.4, 2.0), Span(2.6, 3.0)]
    assert merged(near, 0.5) == (Span(0.0, 2.0), Span(2.6, 3.0))
    assert merged(near) == tuple(near)
    assert merged([]) == ()


def test_a_long_span_swallows_the_short_ones_within_it() -> None:
    assert merged([Span(0.0, 10.0), Span(1.0, 2.0), Span(9.0, 11.0)]) == (Span(0.0, 11.0),)
