"""The best moments are taken, none over another, and more are only ever added."""

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.stages.select_clips import SelectClips
from clipkit.types.clips import Moment, ScoredMoments, Selection
from clipkit.types.query import Query
from clipkit.types.time import Span


def _scored(*spans_and_scores: tuple[float, float, float]) -> ScoredMoments:
    """Return moments with given starts, ends and scores."""
    ordered = sorted(spans_and_scores)
    moments = tuple(Moment(0, 0, Span(start, end)) for start, end, _ in ordered)
    return ScoredMoments(
        moments=moments,
        signals=("only",),
        weights=np.ones(1),
        values=np.array([[score] for *_, score in ordered]).reshape(len(ordered), 1),
        criterion=np.full(len(ordered), -1),
        sentence_match=np.zeros((0, 0)),
        reason=None if ordered else "no words were recognised",
    )


def _chosen(scored: ScoredMoments, top: int = 5) -> list[tuple[float, float]]:
    spans = [scored.moments[index].span for index in SelectClips()(scored, Query(top=top)).chosen]
    return [(span.start_s, span.end_s) for span in spans]


many = st.lists(
    st.tuples(
        st.integers(0, 40).map(float),
        st.integers(1, 12).map(float),
        st.integers(0, 10).map(lambda tenths: tenths / 10),
    ).map(lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2])),
    min_size=1,
    max_size=30,
    unique_by=lambda item: item[:2],
).map(lambda items: _scored(*items))


@given(many, st.integers(1, 8))
def test_the_choice_is_sound(scored: ScoredMoments, top: int) -> None:
    selection = SelectClips()(scored, Query(top=top))
    spans = [scored.moments[index].span for index in selection.chosen]
    scores = scored.scores[list(selection.chosen)]
    assert len(spans) <= top
    assert not any(one.overlaps(other) for one, other in combinations(spans, 2))
    assert (scores >= 0.25).all()
    assert list(scores) == sorted(scores, reverse=True)
    assert bool(spans) == (selection.reason is None)
    assert not {index for index, _ in selection.rejected} & set(selection.chosen)
    assert all(reason for _, reason in selection.rejected)


@given(many, st.integers(1, 8))
def test_nothing_better_was_left_out(scored: ScoredMoments, top: int) -> None:
    chosen = SelectClips()(scored, Query(top=top)).chosen
    taken = [scored.moments[index].span for index in chosen]
    for index, moment in enumerate(scored.moments):
        if index in chosen or scored.scores[index] < 0.25:
            continue
        rivals = [
            place
            for place in chosen
            if scored.moments[place].span.overlaps(moment.span)
            and scored.scores[place] >= scored.scores[index]
        ]
        is_full = len(taken) == top and scored.scores[index] <= min(scored.scores[list(chosen)])
        assert rivals or is_full


@given(many)
def test_a_higher_top_only_adds_clips(scored: ScoredMoments) -> None:
    choices = [SelectClips()(scored, Query(top=top)).chosen for top in range(1, 9)]
    for fewer, more in combinations(choices, 2):
        assert more[: len(fewer)] == fewer


@given(many, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_how_the_scores_came(
    scored: ScoredMoments, random: Random
) -> None:
    noisy = ScoredMoments(
        moments=scored.moments,
        signals=scored.signals,
        weights=scored.weights,
        values=scored.values + 1e-9 * np.array([[random.random()] for _ in scored.moments]),
        criterion=scored.criterion,
        sentence_match=scored.sentence_match,
    )
    assert SelectClips()(noisy, Query()).chosen == SelectClips()(scored, Query()).chosen


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


def _reasons(selection: Selection, scored: ScoredMoments) -> dict[float, str]:
    return {scored.moments[index].span.start_s: reason for index, reason in selection.rejected}


def test_what_is_rejected_says_why() -> None:
    scored = _scored((0.0, 10.0, 0.9), (5.0, 15.0, 0.8), (20.0, 30.0, 0.7), (40.0, 50.0, 0.1))
    reasons = _reasons(SelectClips()(scored, Query(top=1)), scored)
    assert reasons == {
        5.0: "it overlaps the better clip at 0.0 s",
        20.0: "it comes after the best 1",
        40.0: "its score is below 0.25",
    }


def test_of_many_variants_of_a_moment_one_is_reported() -> None:
    variants = [(20.0 + step, 30.0 + step, 0.5 - step / 100) for step in range(8)]
    scored = _scored((0.0, 10.0, 0.9), *variants)
    selection = SelectClips()(scored, Query(top=1))
    assert [scored.moments[index].span.start_s for index, _ in selection.rejected] == [20.0]


def test_no_more_are_rejected_than_asked_for() -> None:
    scored = _scored(*((20.0 * place, 20.0 * place + 10.0, 0.5) for place in range(30)))
    assert len(SelectClips(rejected=3)(scored, Query(top=2)).rejected) == 3
    assert SelectClips(rejected=0)(scored, Query(top=2)).rejected == ()


def test_zero_clips_have_a_reason_with_the_best_score() -> None:
    selection = SelectClips()(_scored((0.0, 10.0, 0.2), (20.0, 30.0, 0.1)), Query())
    assert selection.chosen == ()
    assert selection.reason == "the best of 2 moments scores 0.20, below 0.25"
    assert len(selection.rejected) == 2


def test_no_moments_keep_their_reason() -> None:
    assert SelectClips()(_scored(), Query()) == Selection((), (), "no words were recognised")


def test_a_score_at_the_limit_is_enough() -> None:
    assert _chosen(_scored((0.0, 10.0, 0.25))) == [(0.0, 10.0)]


@pytest.mark.parametrize("min_score", [-0.1, 1.1, float("nan")])
def test_a_limit_that_no_score_can_have_is_refused(min_score: float) -> None:
    with pytest.raises(OptionError, match="min_score"):
        SelectClips(min_score=min_score)
