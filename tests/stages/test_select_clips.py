"""The best set of moments is taken, what is pinned is always in it, and none overlaps another."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.stages.select_clips import SelectClips
from clipkit.types.clips import ScoredMoments
from clipkit.types.query import Query
from tests.stages.choosing import (
    FREE,
    HELD,
    SELECT,
    asked,
    reasons_of,
    scored_moments,
    select,
    several,
)


def _chosen(
    scored: ScoredMoments, top: int = 5, target_s: float | None = HELD, **options: float
) -> list[tuple[float, float]]:
    stage = replace(SELECT, **options)  # type: ignore[arg-type]
    query = Query(top=top, target_duration_s=target_s)
    spans = [scored.moments.span(index) for index in select(scored, query, stage).chosen]
    return [(span.start_s, span.end_s) for span in spans]


def _worth(
    scored: ScoredMoments, chosen: Sequence[int], select: SelectClips, target_s: float | None
) -> float:
    """Return what moments are worth together: their scores, less what nearness costs."""
    worth = float(scored.scores[list(chosen)].sum())
    ordered = sorted(chosen, key=scored.moments.span)
    for before, after in pairwise(ordered):
        gap_s = scored.moments.start_s[after] - scored.moments.end_s[before]
        share = select.diversity * math.exp(-gap_s / select.apart_s)
        if target_s is None and scored.criterion[before] == scored.criterion[after]:
            share = min(1.0, share + math.exp(-gap_s / 30.0))
        worth -= share * float(scored.scores[[before, after]].mean())
    return worth


@given(several(), st.integers(3, 8))
def test_the_choice_is_sound(scored: ScoredMoments, top: int) -> None:
    selection = select(scored, Query(top=top))
    chosen, pinned = list(selection.chosen), set(scored.moments.pinned)
    spans = [scored.moments.span(index) for index in chosen]
    assert len(set(chosen)) == len(spans) <= top
    assert pinned <= set(chosen)
    assert not any(one.overlaps(other) for one, other in combinations(spans, 2))
    for index in set(chosen) - pinned:
        assert scored.scores[index] >= 0.08
        assert scored.avoided[index] < 0
    keys = [(-scored.scores[index], scored.moments.start_s[index]) for index in chosen]
    assert keys == sorted(keys)
    assert bool(spans) == (selection.reason is None)


@given(several())
def test_what_was_not_taken_says_why(scored: ScoredMoments) -> None:
    selection = select(scored, Query(top=3))
    rejected = [index for index, _ in selection.rejected]
    assert not set(rejected) & set(selection.chosen)
    assert len(set(rejected)) == len(rejected) <= 5
    assert all(reason for _, reason in selection.rejected)
    scores = scored.scores[rejected]
    assert list(scores) == sorted(scores, reverse=True)


@given(
    several(most=9, special=False),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.1, 0.6]),
    st.sampled_from([HELD, FREE]),
)
def test_no_other_choice_is_worth_more(
    scored: ScoredMoments, top: int, diversity: float, target_s: float | None
) -> None:
    stage = replace(SELECT, diversity=diversity)
    chosen = select(scored, asked(top=top, target_duration_s=target_s), stage).chosen
    if scored.scores.max() < stage.min_score:
        assert not chosen
        return
    good = [index for index in range(len(scored.scores)) if scored.scores[index] >= 0.08]
    best = max(
        _worth(scored, some, stage, target_s)
        for count in range(1, top + 1)
        for some in combinations(good, count)
        if not any(
            scored.moments.span(one).overlaps(scored.moments.span(other))
            for one, other in combinations(some, 2)
        )
    )
    assert _worth(scored, chosen, stage, target_s) == pytest.approx(best)


@given(several(special=False), st.sampled_from([HELD, FREE]))
def test_a_higher_top_is_never_worth_less(scored: ScoredMoments, target_s: float | None) -> None:
    queries = [asked(top=top, target_duration_s=target_s) for top in range(1, 9)]
    worths = [_worth(scored, select(scored, query).chosen, SELECT, target_s) for query in queries]
    assert all(more >= fewer - 1e-9 for fewer, more in pairwise(worths))


def test_two_good_moments_are_taken_where_the_best_leaves_room_for_neither() -> None:
    scored = scored_moments((0.0, 10.0, 0.8), (5.0, 15.0, 0.9), (10.0, 20.0, 0.8))
    assert _chosen(scored, top=1) == [(5.0, 15.0)]
    assert _chosen(scored, top=2) == [(0.0, 10.0), (10.0, 20.0)]


def test_ties_go_to_the_earlier_then_the_shorter() -> None:
    scored = scored_moments((20.0, 30.0, 0.8), (0.0, 12.0, 0.8), (0.0, 10.0, 0.8), (5.0, 15.0, 0.8))
    assert _chosen(scored) == [(0.0, 10.0), (20.0, 30.0)]


def test_ties_come_in_the_order_of_time() -> None:
    scored = scored_moments(*((20.0 * place, 20.0 * place + 10.0, 0.8) for place in range(4)))
    assert [start_s for start_s, _ in _chosen(scored)] == [0.0, 20.0, 40.0, 60.0]


def test_the_best_comes_first_not_the_earliest() -> None:
    scored = scored_moments((0.0, 10.0, 0.5), (20.0, 30.0, 0.9), (40.0, 50.0, 0.7))
    assert _chosen(scored) == [(20.0, 30.0), (40.0, 50.0), (0.0, 10.0)]


def test_moments_that_touch_may_both_be_taken() -> None:
    assert len(_chosen(scored_moments((0.0, 10.0, 0.9), (10.0, 20.0, 0.8)))) == 2


def test_of_moments_alike_those_far_apart_are_taken() -> None:
    scored = scored_moments((0.0, 10.0, 0.8), (10.0, 20.0, 0.8), (400.0, 410.0, 0.75))
    assert _chosen(scored, top=2) == [(0.0, 10.0), (400.0, 410.0)]
    assert _chosen(scored, top=2, diversity=0.0) == [(0.0, 10.0), (10.0, 20.0)]


# What is told at a stretch.


def test_what_is_told_at_a_stretch_is_one_clip_and_not_its_pieces() -> None:
    pieces = [(0.0, 20.0, 0.35), (20.0, 40.0, 0.35), (40.5, 60.0, 0.35)]
    scored = scored_moments(*pieces, (0.0, 60.0, 0.45))
    assert _chosen(scored, target_s=FREE, diversity=0.5) == [(0.0, 60.0)]
    assert len(_chosen(scored, target_s=HELD, diversity=0.5)) == 3


def test_two_ends_of_an_answer_with_an_aside_between_are_one_clip() -> None:
    scored = scored_moments((0.0, 20.0, 0.35), (35.0, 60.0, 0.36), (0.0, 60.0, 0.5))
    assert _chosen(scored, target_s=FREE) == [(0.0, 60.0)]


def test_answers_a_minute_apart_are_two_clips() -> None:
    scored = scored_moments((0.0, 20.0, 0.6), (80.0, 100.0, 0.6))
    assert len(_chosen(scored, target_s=FREE)) == 2


@pytest.mark.parametrize(("other", "count"), [(0, 1), (1, 2)])
def test_answers_to_two_questions_may_touch(other: int, count: int) -> None:
    scored = scored_moments((0.0, 20.0, 0.6), (20.0, 40.0, 0.6), answering={0.0: 0, 20.0: other})
    assert len(select(scored, asked()).chosen) == count


def test_beside_a_good_answer_a_weaker_one_is_taken() -> None:
    weak = [(100.0, 110.0, 0.1), (200.0, 210.0, 0.07)]
    assert _chosen(scored_moments((0.0, 10.0, 0.9), *weak)) == [(0.0, 10.0), (100.0, 110.0)]
    assert _chosen(scored_moments((0.0, 10.0, 0.2), *weak)) == []


def test_what_is_avoided_does_not_make_others_good() -> None:
    scored = scored_moments((0.0, 10.0, 0.9), (50.0, 60.0, 0.2), avoided=[0.0])
    selection = select(scored, Query())
    assert selection.chosen == ()
    assert selection.reason == "the best of 2 moments scores 0.20, below 0.25"


def test_a_pin_is_taken_whatever_its_score_and_whatever_it_answers() -> None:
    scored = scored_moments(
        (0.0, 10.0, 0.01), (50.0, 60.0, 0.0), pinned=[0.0, 50.0], avoided=[50.0]
    )
    assert _chosen(scored, top=2) == [(0.0, 10.0), (50.0, 60.0)]


def test_pins_count_among_the_clips() -> None:
    scored = scored_moments((0.0, 10.0, 0.1), (50.0, 60.0, 0.9), (90.0, 99.0, 0.8), pinned=[0.0])
    assert _chosen(scored, top=1) == [(0.0, 10.0)]
    assert _chosen(scored, top=2) == [(50.0, 60.0), (0.0, 10.0)]


def test_a_better_moment_does_not_overlap_a_pin() -> None:
    scored = scored_moments((0.0, 10.0, 0.1), (8.0, 18.0, 0.9), (14.0, 24.0, 0.5), pinned=[0.0])
    selection = select(scored, Query())
    assert _chosen(scored) == [(14.0, 24.0), (0.0, 10.0)]
    assert reasons_of(selection, scored) == {8.0: "it overlaps the clip at 14.0 s"}


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
@pytest.mark.parametrize("name", ["min_score", "min_clip_score", "diversity"])
def test_a_share_that_is_none_is_refused(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=f"{name} lies between 0 and 1"):
        SelectClips(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("apart_s", [0.0, -1.0, math.nan])
def test_a_distance_that_is_none_is_refused(apart_s: float) -> None:
    with pytest.raises(OptionError, match="apart_s"):
        SelectClips(apart_s=apart_s)
