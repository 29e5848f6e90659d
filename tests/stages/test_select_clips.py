"""The best set of moments is taken, what is pinned is always in it, and none overlaps another."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.stages.select_clips import SelectClips
from clipkit.types.clips import ScoredMoments, Selection
from clipkit.types.query import Query
from tests.stages.talks import moments_of

SELECT = SelectClips(min_score=0.25, min_clip_score=0.08, diversity=0.1, apart_s=60.0)
"""Whatever the defaults are; those are measured, not tested."""

HELD, FREE = 10.0, None
"""Target lengths: where one is given, pieces of one answer lose nothing."""

Drawn = tuple[float, float, float]
"""Start, end and score."""


def _scored(
    *drawn: Drawn,
    pinned: Sequence[float] = (),
    avoided: Sequence[float] = (),
    answering: Mapping[float, int] = MappingProxyType({}),
) -> ScoredMoments:
    """Return moments with given starts, ends and scores; some pinned or avoided, by their start.

    A moment is taken for a run of the seconds in it. Those that answer a criterion say which.
    """
    ordered = sorted(drawn)
    count = len(ordered)
    scores = np.array([score for *_, score in ordered])
    return ScoredMoments(
        moments=moments_of(
            *((math.floor(start), math.ceil(end), start, end) for start, end, _ in ordered),
            pinned=[place for place in range(count) if ordered[place][0] in pinned],
        ),
        signals=("only",),
        weights=np.ones(1),
        values=scores.reshape(count, 1),
        scores=scores,
        criterion=np.array([answering.get(start, -1) for start, *_ in ordered], np.int64),
        avoided=np.array([0 if start in avoided else -1 for start, *_ in ordered], np.int64),
        topic_time_s=np.array([drawn[:2] for drawn in ordered]).reshape(count, 2),
    )


def _chosen(
    scored: ScoredMoments, top: int = 5, target_s: float | None = HELD, **options: float
) -> list[tuple[float, float]]:
    select = replace(SELECT, **options)  # type: ignore[arg-type]
    query = Query(top=top, target_duration_s=target_s)
    spans = [scored.moments.span(index) for index in select(scored, query).chosen]
    return [(span.start_s, span.end_s) for span in spans]


def _asked(**options: Any) -> Query:
    """Return a question with two criteria."""
    return Query(criteria=("dogs", "cats"), **options)


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


@st.composite
def _several(draw: st.DrawFn, most: int = 30, special: bool = True) -> ScoredMoments:
    """Draw moments; some answer what is to be avoided, and some that don't overlap are pinned."""
    moment = st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(0, 10)).map(
        lambda drawn: (float(drawn[0]), float(drawn[0] + drawn[1]), drawn[2] / 10)
    )
    drawn = draw(st.lists(moment, min_size=1, max_size=most, unique_by=lambda item: item[:2]))
    starts = sorted({start_s for start_s, *_ in drawn})
    if not special:
        answering = draw(st.dictionaries(st.sampled_from(starts), st.integers(0, 1)))
        return _scored(*drawn, answering=answering)
    avoided = draw(st.lists(st.sampled_from(starts), max_size=3))
    scored = _scored(*drawn, avoided=avoided)
    pinned: list[int] = []
    for index in draw(st.lists(st.integers(0, len(drawn) - 1), max_size=3)):
        spans = [scored.moments.span(other) for other in pinned]
        if not any(scored.moments.span(index).overlaps(span) for span in spans):
            pinned.append(index)
    moments = scored.moments
    runs = zip(moments.first, moments.stop, moments.start_s, moments.end_s, strict=True)
    return replace(scored, moments=moments_of(*runs, pinned=sorted(pinned)))


@given(_several(), st.integers(3, 8))
def test_the_choice_is_sound(scored: ScoredMoments, top: int) -> None:
    selection = SELECT(scored, Query(top=top))
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


@given(_several())
def test_what_was_not_taken_says_why(scored: ScoredMoments) -> None:
    selection = SELECT(scored, Query(top=3))
    rejected = [index for index, _ in selection.rejected]
    assert not set(rejected) & set(selection.chosen)
    assert len(set(rejected)) == len(rejected) <= 5
    assert all(reason for _, reason in selection.rejected)
    scores = scored.scores[rejected]
    assert list(scores) == sorted(scores, reverse=True)


@given(
    _several(most=9, special=False),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.1, 0.6]),
    st.sampled_from([HELD, FREE]),
)
def test_no_other_choice_is_worth_more(
    scored: ScoredMoments, top: int, diversity: float, target_s: float | None
) -> None:
    select = replace(SELECT, diversity=diversity)
    chosen = select(scored, _asked(top=top, target_duration_s=target_s)).chosen
    if scored.scores.max() < select.min_score:
        assert not chosen
        return
    good = [index for index in range(len(scored.scores)) if scored.scores[index] >= 0.08]
    best = max(
        _worth(scored, some, select, target_s)
        for count in range(1, top + 1)
        for some in combinations(good, count)
        if not any(
            scored.moments.span(one).overlaps(scored.moments.span(other))
            for one, other in combinations(some, 2)
        )
    )
    assert _worth(scored, chosen, select, target_s) == pytest.approx(best)


@given(_several(special=False), st.sampled_from([HELD, FREE]))
def test_a_higher_top_is_never_worth_less(scored: ScoredMoments, target_s: float | None) -> None:
    queries = [_asked(top=top, target_duration_s=target_s) for top in range(1, 9)]
    worths = [_worth(scored, SELECT(scored, query).chosen, SELECT, target_s) for query in queries]
    assert all(more >= fewer - 1e-9 for fewer, more in pairwise(worths))


def test_two_good_moments_are_taken_where_the_best_leaves_room_for_neither() -> None:
    scored = _scored((0.0, 10.0, 0.8), (5.0, 15.0, 0.9), (10.0, 20.0, 0.8))
    assert _chosen(scored, top=1) == [(5.0, 15.0)]
    assert _chosen(scored, top=2) == [(0.0, 10.0), (10.0, 20.0)]


def test_ties_go_to_the_earlier_then_the_shorter() -> None:
    scored = _scored((20.0, 30.0, 0.8), (0.0, 12.0, 0.8), (0.0, 10.0, 0.8), (5.0, 15.0, 0.8))
    assert _chosen(scored) == [(0.0, 10.0), (20.0, 30.0)]


def test_ties_come_in_the_order_of_time() -> None:
    scored = _scored(*((20.0 * place, 20.0 * place + 10.0, 0.8) for place in range(4)))
    assert [start_s for start_s, _ in _chosen(scored)] == [0.0, 20.0, 40.0, 60.0]


def test_the_best_comes_first_not_the_earliest() -> None:
    scored = _scored((0.0, 10.0, 0.5), (20.0, 30.0, 0.9), (40.0, 50.0, 0.7))
    assert _chosen(scored) == [(20.0, 30.0), (40.0, 50.0), (0.0, 10.0)]


def test_moments_that_touch_may_both_be_taken() -> None:
    assert len(_chosen(_scored((0.0, 10.0, 0.9), (10.0, 20.0, 0.8)))) == 2


def test_of_moments_alike_those_far_apart_are_taken() -> None:
    scored = _scored((0.0, 10.0, 0.8), (10.0, 20.0, 0.8), (400.0, 410.0, 0.75))
    assert _chosen(scored, top=2) == [(0.0, 10.0), (400.0, 410.0)]
    assert _chosen(scored, top=2, diversity=0.0) == [(0.0, 10.0), (10.0, 20.0)]


# What is told at a stretch.


def test_what_is_told_at_a_stretch_is_one_clip_and_not_its_pieces() -> None:
    pieces = [(0.0, 20.0, 0.35), (20.0, 40.0, 0.35), (40.5, 60.0, 0.35)]
    scored = _scored(*pieces, (0.0, 60.0, 0.45))
    assert _chosen(scored, target_s=FREE, diversity=0.5) == [(0.0, 60.0)]
    assert len(_chosen(scored, target_s=HELD, diversity=0.5)) == 3


def test_two_ends_of_an_answer_with_an_aside_between_are_one_clip() -> None:
    scored = _scored((0.0, 20.0, 0.35), (35.0, 60.0, 0.36), (0.0, 60.0, 0.5))
    assert _chosen(scored, target_s=FREE) == [(0.0, 60.0)]


def test_answers_a_minute_apart_are_two_clips() -> None:
    scored = _scored((0.0, 20.0, 0.6), (80.0, 100.0, 0.6))
    assert len(_chosen(scored, target_s=FREE)) == 2


@pytest.mark.parametrize(("other", "count"), [(0, 1), (1, 2)])
def test_answers_to_two_questions_may_touch(other: int, count: int) -> None:
    scored = _scored((0.0, 20.0, 0.6), (20.0, 40.0, 0.6), answering={0.0: 0, 20.0: other})
    assert len(SELECT(scored, _asked()).chosen) == count


def test_beside_a_good_answer_a_weaker_one_is_taken() -> None:
    weak = [(100.0, 110.0, 0.1), (200.0, 210.0, 0.07)]
    assert _chosen(_scored((0.0, 10.0, 0.9), *weak)) == [(0.0, 10.0), (100.0, 110.0)]
    assert _chosen(_scored((0.0, 10.0, 0.2), *weak)) == []


def test_what_is_avoided_does_not_make_others_good() -> None:
    scored = _scored((0.0, 10.0, 0.9), (50.0, 60.0, 0.2), avoided=[0.0])
    selection = SELECT(scored, Query())
    assert selection.chosen == ()
    assert selection.reason == "the best of 2 moments scores 0.20, below 0.25"


def test_a_pin_is_taken_whatever_its_score_and_whatever_it_answers() -> None:
    scored = _scored((0.0, 10.0, 0.01), (50.0, 60.0, 0.0), pinned=[0.0, 50.0], avoided=[50.0])
    assert _chosen(scored, top=2) == [(0.0, 10.0), (50.0, 60.0)]


def test_pins_count_among_the_clips() -> None:
    scored = _scored((0.0, 10.0, 0.1), (50.0, 60.0, 0.9), (90.0, 99.0, 0.8), pinned=[0.0])
    assert _chosen(scored, top=1) == [(0.0, 10.0)]
    assert _chosen(scored, top=2) == [(50.0, 60.0), (0.0, 10.0)]


def test_a_better_moment_does_not_overlap_a_pin() -> None:
    scored = _scored((0.0, 10.0, 0.1), (8.0, 18.0, 0.9), (14.0, 24.0, 0.5), pinned=[0.0])
    selection = SELECT(scored, Query())
    assert _chosen(scored) == [(14.0, 24.0), (0.0, 10.0)]
    assert _reasons(selection, scored) == {8.0: "it overlaps the clip at 14.0 s"}


# What is not taken.


def _reasons(selection: Selection, scored: ScoredMoments) -> dict[float, str]:
    return {scored.moments.span(index).start_s: reason for index, reason in selection.rejected}


def test_what_is_rejected_says_why() -> None:
    drawn = [(0.0, 10.0, 0.9), (6.0, 16.0, 0.8), (20.0, 30.0, 0.7), (40.0, 50.0, 0.05)]
    scored = _scored(*drawn, (60.0, 70.0, 0.6), avoided=[60.0])
    assert _reasons(SELECT(scored, Query(top=1)), scored) == {
        6.0: "it overlaps the clip at 0.0 s",
        20.0: "the clips taken are worth more together",
        60.0: "it answers what is to be avoided",
        40.0: "its score is below 0.08",
    }


def test_where_nothing_is_good_enough_each_says_so() -> None:
    scored = _scored((0.0, 10.0, 0.2), (20.0, 30.0, 0.01))
    assert _reasons(SELECT(scored, Query()), scored) == {
        0.0: "its score is below 0.25, as is every other",
        20.0: "its score is below 0.08",
    }


def test_what_is_avoided_may_score_higher_than_the_limit_that_others_miss() -> None:
    scored = _scored((0.0, 10.0, 0.2), (20.0, 30.0, 0.9), avoided=[20.0])
    assert _reasons(SELECT(scored, Query()), scored) == {
        20.0: "it answers what is to be avoided",
        0.0: "its score is below 0.25, as is every other that answers nothing to be avoided",
    }


def test_where_pins_take_every_place_the_best_says_so() -> None:
    scored = _scored((0.0, 10.0, 0.1), (20.0, 30.0, 0.9), pinned=[0.0])
    selection = SELECT(scored, Query(top=1))
    assert _reasons(selection, scored) == {20.0: "what is pinned takes every place"}


def test_variants_of_what_is_taken_or_told_tell_nothing() -> None:
    """What shares half of the shorter of the two is a variant."""
    of_a_clip = [(5.0, 15.0, 0.8), (0.0, 30.0, 0.7), (2.0, 4.0, 0.6)]
    of_a_rejected = [(45.0, 55.0, 0.4), (40.0, 70.0, 0.3), (42.0, 44.0, 0.2)]
    others = [(40.0, 50.0, 0.5), (51.0, 61.0, 0.1)]
    scored = _scored((0.0, 10.0, 0.9), *of_a_clip, *of_a_rejected, *others)
    selection = SELECT(scored, Query(top=1))
    assert list(_reasons(selection, scored)) == [40.0, 51.0]


@given(_several())
def test_no_rejected_moment_is_a_variant(scored: ScoredMoments) -> None:
    selection = SELECT(scored, Query(top=3))
    told = [*selection.chosen, *(index for index, _ in selection.rejected)]
    for index, _ in selection.rejected:
        span = scored.moments.span(index)
        for other in told[: told.index(index)]:
            against = scored.moments.span(other)
            shared_s = min(span.end_s, against.end_s) - max(span.start_s, against.start_s)
            assert shared_s < 0.5 * min(span.duration_s, against.duration_s)


def test_a_criterion_without_a_clip_comes_first_with_its_reason() -> None:
    scored = _scored(
        (0.0, 10.0, 0.9),
        (200.0, 210.0, 0.8),
        (400.0, 410.0, 0.05),
        (600.0, 610.0, 0.01),
        answering={0.0: 0, 200.0: 0, 400.0: 1, 600.0: 1},
    )
    assert list(_reasons(SELECT(scored, _asked(top=1)), scored).items()) == [
        (400.0, "the best for “cats”: its score is below 0.08"),
        (200.0, "the clips taken are worth more together"),
        (600.0, "its score is below 0.08"),
    ]
    scored.scores[2] = 0.7
    reasons = list(_reasons(SELECT(scored, _asked(top=1)), scored).items())
    assert reasons[0] == (400.0, "the best for “cats”: the clips taken are worth more together")
    assert next(iter(_reasons(SELECT(scored, _asked(top=2)), scored))) == 400.0
    assert 400.0 not in _reasons(SELECT(scored, _asked(top=3)), scored)


def test_a_criterion_whose_best_overlaps_a_clip_is_told_all_the_same() -> None:
    scored = _scored((0.0, 10.0, 0.9), (1.0, 11.0, 0.8), answering={0.0: 0, 1.0: 1})
    select = replace(SELECT, rejected=0)
    assert _reasons(select(scored, _asked()), scored) == {
        1.0: "the best for “cats”: it overlaps the clip at 0.0 s"
    }


def test_where_nothing_is_good_enough_each_criterion_says_so() -> None:
    scored = _scored((0.0, 10.0, 0.2), (20.0, 30.0, 0.1), answering={0.0: 0, 20.0: 1})
    assert list(_reasons(SELECT(scored, _asked()), scored).values()) == [
        "the best for “dogs”: its score is below 0.25, as is every other",
        "the best for “cats”: its score is below 0.25, as is every other",
    ]


def test_no_more_are_rejected_than_asked_for() -> None:
    scored = _scored(*((20.0 * place, 20.0 * place + 10.0, 0.5) for place in range(30)))
    assert len(replace(SELECT, rejected=3)(scored, Query(top=2)).rejected) == 3
    assert replace(SELECT, rejected=0)(scored, Query(top=2)).rejected == ()


def test_zero_clips_have_a_reason_with_the_best_score() -> None:
    selection = SELECT(_scored((0.0, 10.0, 0.2), (20.0, 30.0, 0.1)), Query())
    assert selection.chosen == ()
    assert selection.reason == "the best of 2 moments scores 0.20, below 0.25"
    assert len(selection.rejected) == 2


def test_where_all_is_to_be_avoided_the_reason_says_so() -> None:
    scored = _scored((0.0, 10.0, 0.9), (20.0, 30.0, 0.8), avoided=[0.0, 20.0])
    selection = SELECT(scored, Query())
    assert selection.chosen == ()
    assert selection.reason == "all 2 moments answer what is to be avoided"


def test_no_moments_pass_their_reason_on() -> None:
    selection = SELECT(_scored(), Query())
    assert (selection.chosen, selection.rejected) == ((), ())
    assert selection.reason == "nothing is said"


def test_a_reason_names_the_limit_that_was_missed() -> None:
    selection = SelectClips(min_score=0.2, min_clip_score=0.5)(_scored((0.0, 9.0, 0.4)), Query())
    assert selection.chosen == ()
    assert selection.reason == "the only moment scores 0.40, below 0.5"


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
@pytest.mark.parametrize("name", ["min_score", "min_clip_score", "diversity"])
def test_a_share_that_is_none_is_refused(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=f"{name} lies between 0 and 1"):
        SelectClips(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("apart_s", [0.0, -1.0, math.nan])
def test_a_distance_that_is_none_is_refused(apart_s: float) -> None:
    with pytest.raises(OptionError, match="apart_s"):
        SelectClips(apart_s=apart_s)
