"""The best set of moments is taken, what is pinned is always in it, and none overlaps another."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

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

Drawn = tuple[float, float, float]
"""Start, end and score."""


def _scored(
    *drawn: Drawn, pinned: Sequence[float] = (), avoided: Sequence[float] = ()
) -> ScoredMoments:
    """Return moments with given starts, ends and scores; some pinned or avoided, by their start.

    A moment is taken for a run of the seconds in it.
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
        criterion=np.full(count, -1),
        avoided=np.array([0 if start in avoided else -1 for start, *_ in ordered], np.int64),
    )


def _chosen(scored: ScoredMoments, top: int = 5, **options: float) -> list[tuple[float, float]]:
    select = replace(SELECT, **options)  # type: ignore[arg-type]
    spans = [scored.moments.span(index) for index in select(scored, Query(top=top)).chosen]
    return [(span.start_s, span.end_s) for span in spans]


def _worth(scored: ScoredMoments, chosen: Sequence[int], select: SelectClips) -> float:
    """Return what moments are worth together: their scores, less what nearness costs."""
    spans = sorted(scored.moments.span(index) for index in chosen)
    gaps_s = [after.start_s - before.end_s for before, after in pairwise(spans)]
    losses = [select.diversity * math.exp(-gap_s / select.apart_s) for gap_s in gaps_s]
    return float(scored.scores[list(chosen)].sum()) - sum(losses)


@st.composite
def _several(draw: st.DrawFn, most: int = 30, special: bool = True) -> ScoredMoments:
    """Draw moments; some answer what is to be avoided, and some that don't overlap are pinned."""
    moment = st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(0, 10)).map(
        lambda drawn: (float(drawn[0]), float(drawn[0] + drawn[1]), drawn[2] / 10)
    )
    drawn = draw(st.lists(moment, min_size=1, max_size=most, unique_by=lambda item: item[:2]))
    starts = sorted({start_s for start_s, *_ in drawn})
    if not special:
        return _scored(*drawn)
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


@given(_several(most=9, special=False), st.integers(1, 4), st.sampled_from([0.0, 0.1, 0.6]))
def test_no_other_choice_is_worth_more(scored: ScoredMoments, top: int, diversity: float) -> None:
    select = replace(SELECT, diversity=diversity)
    chosen = select(scored, Query(top=top)).chosen
    if scored.scores.max() < select.min_score:
        assert not chosen
        return
    good = [index for index in range(len(scored.scores)) if scored.scores[index] >= 0.08]
    best = max(
        _worth(scored, some, select)
        for count in range(1, top + 1)
        for some in combinations(good, count)
        if not any(
            scored.moments.span(one).overlaps(scored.moments.span(other))
            for one, other in combinations(some, 2)
        )
    )
    assert _worth(scored, chosen, select) == pytest.approx(best)


@given(_several(special=False))
def test_a_higher_top_is_never_worth_less(scored: ScoredMoments) -> None:
    select = SELECT
    worths = [_worth(scored, select(scored, Query(top=top)).chosen, select) for top in range(1, 9)]
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
    scored = _scored((0.0, 10.0, 0.1), (5.0, 15.0, 0.9), (10.0, 20.0, 0.5), pinned=[0.0])
    selection = SELECT(scored, Query())
    assert _chosen(scored) == [(10.0, 20.0), (0.0, 10.0)]
    assert _reasons(selection, scored) == {5.0: "it overlaps the clip at 10.0 s"}


def _reasons(selection: Selection, scored: ScoredMoments) -> dict[float, str]:
    return {scored.moments.span(index).start_s: reason for index, reason in selection.rejected}


def test_what_is_rejected_says_why() -> None:
    drawn = [(0.0, 10.0, 0.9), (5.0, 15.0, 0.8), (20.0, 30.0, 0.7), (40.0, 50.0, 0.05)]
    scored = _scored(*drawn, (60.0, 70.0, 0.6), avoided=[60.0])
    assert _reasons(SELECT(scored, Query(top=1)), scored) == {
        5.0: "it overlaps the clip at 0.0 s",
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


def test_of_many_variants_of_a_moment_one_is_reported() -> None:
    variants = [(20.0 + step, 30.0 + step, 0.5 - step / 100) for step in range(8)]
    scored = _scored((0.0, 10.0, 0.9), *variants)
    selection = SELECT(scored, Query(top=1))
    assert list(_reasons(selection, scored)) == [20.0]


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
