"""What is not taken says why, and so does a question without any clip."""

from dataclasses import replace

from hypothesis import given

from clipkit.stages.select_clips import SelectClips
from clipkit.types.clips import ScoredMoments
from clipkit.types.query import Query
from tests.stages.choosing import (
    SELECT,
    asked,
    criteria_of,
    reasons_of,
    scored_moments,
    select,
    several,
)


def test_what_is_rejected_says_why() -> None:
    drawn = [(0.0, 10.0, 0.9), (6.0, 16.0, 0.8), (20.0, 30.0, 0.7), (40.0, 50.0, 0.05)]
    scored = scored_moments(*drawn, (60.0, 70.0, 0.6), avoided=[60.0])
    assert reasons_of(select(scored, Query(top=1)), scored) == {
        6.0: "it overlaps the clip at 0.0 s",
        20.0: "the clips taken are worth more together",
        60.0: "it answers what is to be avoided",
        40.0: "its score is below 0.08",
    }


def test_where_nothing_is_good_enough_each_says_so() -> None:
    scored = scored_moments((0.0, 10.0, 0.2), (20.0, 30.0, 0.01))
    assert reasons_of(select(scored, Query()), scored) == {
        0.0: "its score is below 0.25, as is every other",
        20.0: "its score is below 0.08",
    }


def test_what_is_avoided_may_score_higher_than_the_limit_that_others_miss() -> None:
    scored = scored_moments((0.0, 10.0, 0.2), (20.0, 30.0, 0.9), avoided=[20.0])
    assert reasons_of(select(scored, Query()), scored) == {
        20.0: "it answers what is to be avoided",
        0.0: "its score is below 0.25, as is every other that answers nothing to be avoided",
    }


def test_where_pins_take_every_place_the_best_says_so() -> None:
    scored = scored_moments((0.0, 10.0, 0.1), (20.0, 30.0, 0.9), pinned=[0.0])
    selection = select(scored, Query(top=1))
    assert reasons_of(selection, scored) == {20.0: "what is pinned takes every place"}


def test_variants_of_what_is_taken_or_told_tell_nothing() -> None:
    """What shares half of the shorter of the two is a variant."""
    of_a_clip = [(5.0, 15.0, 0.8), (0.0, 30.0, 0.7), (2.0, 4.0, 0.6)]
    of_a_rejected = [(45.0, 55.0, 0.4), (40.0, 70.0, 0.3), (42.0, 44.0, 0.2)]
    others = [(40.0, 50.0, 0.5), (51.0, 61.0, 0.1)]
    scored = scored_moments((0.0, 10.0, 0.9), *of_a_clip, *of_a_rejected, *others)
    selection = select(scored, Query(top=1))
    assert list(reasons_of(selection, scored)) == [40.0, 51.0]


@given(several())
def test_no_rejected_moment_is_a_variant(scored: ScoredMoments) -> None:
    selection = select(scored, Query(top=3))
    told = [*selection.chosen, *(index for index, _ in selection.rejected)]
    for index, _ in selection.rejected:
        span = scored.moments.span(index)
        for other in told[: told.index(index)]:
            against = scored.moments.span(other)
            shared_s = min(span.end_s, against.end_s) - max(span.start_s, against.start_s)
            assert shared_s < 0.5 * min(span.duration_s, against.duration_s)


def test_a_criterion_without_a_clip_comes_first_with_its_reason() -> None:
    scored = scored_moments(
        (0.0, 10.0, 0.9),
        (200.0, 210.0, 0.8),
        (400.0, 410.0, 0.05),
        (600.0, 610.0, 0.01),
        answering={0.0: 0, 200.0: 0, 400.0: 1, 600.0: 1},
    )
    assert list(reasons_of(select(scored, asked(top=1)), scored).items()) == [
        (400.0, "the best for “cats”: its score is below 0.08"),
        (200.0, "the clips taken are worth more together"),
        (600.0, "its score is below 0.08"),
    ]
    scored.scores[2] = 0.7
    reasons = list(reasons_of(select(scored, asked(top=1)), scored).items())
    assert reasons[0] == (400.0, "the best for “cats”: the clips taken are worth more together")
    assert next(iter(reasons_of(select(scored, asked(top=2)), scored))) == 400.0
    assert 400.0 not in reasons_of(select(scored, asked(top=3)), scored)


def test_a_criterion_whose_best_overlaps_a_clip_is_told_all_the_same() -> None:
    scored = scored_moments((0.0, 10.0, 0.9), (1.0, 11.0, 0.8), answering={0.0: 0, 1.0: 1})
    stage = replace(SELECT, rejected=0)
    assert reasons_of(select(scored, asked(), stage), scored) == {
        1.0: "the best for “cats”: it overlaps the clip at 0.0 s"
    }


def test_where_nothing_is_good_enough_each_criterion_says_so() -> None:
    scored = scored_moments((0.0, 10.0, 0.2), (20.0, 30.0, 0.1), answering={0.0: 0, 20.0: 1})
    assert list(reasons_of(select(scored, asked()), scored).values()) == [
        "the best for “dogs”: its score is below 0.25, as is every other",
        "the best for “cats”: its score is below 0.25, as is every other",
    ]


def test_no_more_are_rejected_than_asked_for() -> None:
    scored = scored_moments(*((20.0 * place, 20.0 * place + 10.0, 0.5) for place in range(30)))
    assert len(select(scored, Query(top=2), replace(SELECT, rejected=3)).rejected) == 3
    assert select(scored, Query(top=2), replace(SELECT, rejected=0)).rejected == ()


def test_zero_clips_have_a_reason_with_the_best_score() -> None:
    selection = select(scored_moments((0.0, 10.0, 0.2), (20.0, 30.0, 0.1)), Query())
    assert selection.chosen == ()
    assert selection.reason == "the best of 2 moments scores 0.20, below 0.25"
    assert len(selection.rejected) == 2


def test_where_all_is_to_be_avoided_the_reason_says_so() -> None:
    scored = scored_moments((0.0, 10.0, 0.9), (20.0, 30.0, 0.8), avoided=[0.0, 20.0])
    selection = select(scored, Query())
    assert selection.chosen == ()
    assert selection.reason == "all 2 moments answer what is to be avoided"


def test_no_moments_pass_their_reason_on() -> None:
    selection = select(scored_moments(), Query())
    assert (selection.chosen, selection.rejected) == ((), ())
    assert selection.reason == "nothing is said"


def test_a_reason_names_the_limit_that_was_missed() -> None:
    selection = select(
        scored_moments((0.0, 9.0, 0.4)), Query(), SelectClips(min_score=0.2, min_clip_score=0.5)
    )
    assert selection.chosen == ()
    assert selection.reason == "the only moment scores 0.40, below 0.5"


def test_what_kept_a_criterion_from_being_answered_is_said_where_nothing_answers_it() -> None:
    scored = scored_moments((0.0, 9.0, 0.05), (20.0, 29.0, 0.7), answering={0.0: 0, 20.0: 1})
    criteria = criteria_of(asked(), "it reads as German")
    (rejected,) = SELECT(scored, asked(), criteria).rejected
    assert rejected == (0, "the best for “dogs”: its score is below 0.08; it reads as German")
    none = SELECT(scored_moments((0.0, 9.0, 0.1), answering={0.0: 0}), asked(), criteria)
    assert none.reason == (
        "the only moment scores 0.10, below 0.25; it reads as German; it reads as German"
    )
