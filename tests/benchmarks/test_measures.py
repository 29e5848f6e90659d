"""Hits, rates and intervals, by cases worked by hand."""

import pytest

from benchmarks.quality.measures import (
    Answer,
    Found,
    bootstrapped,
    hit_at,
    is_hit,
    precision_at,
    rates,
)
from benchmarks.quality.samples import WordRange

GOLD = (WordRange(100, 200),)


def answer(*firsts: int, gold: tuple[WordRange, ...] = GOLD) -> Answer:
    """Return clips of ten words, the first the best."""
    found = (
        Found(WordRange(first, first + 10), 1.0 - place / 10) for place, first in enumerate(firsts)
    )
    return Answer(gold, tuple(found))


RIGHT, WRONG = 150, 0


@pytest.mark.parametrize(
    ("first", "stop", "hit"),
    [
        (90, 110, True),  # 10 of 20 words: exactly half
        (89, 110, False),  # 10 of 21
        (90, 111, True),  # 11 of 21
        (190, 210, True),  # exactly half, at the other end
        (50, 250, True),  # 100 of 200: gold within the clip
        (49, 250, False),
        (120, 130, True),
        (200, 220, False),  # touches only
    ],
)
def test_a_clip_hits_with_half_of_its_words(first: int, stop: int, hit: bool) -> None:
    assert is_hit(WordRange(first, stop), GOLD) is hit


def test_gold_in_two_pieces_counts_together() -> None:
    pieces = (WordRange(0, 6), WordRange(14, 18))
    assert is_hit(WordRange(0, 20), pieces)  # 6 + 4 of 20
    assert not is_hit(WordRange(0, 21), pieces)  # 10 of 21
    assert not is_hit(WordRange(0, 20), pieces[:1])


def test_nothing_hits_where_there_is_no_gold() -> None:
    assert not is_hit(WordRange(0, 20), ())
    assert answer(RIGHT, gold=()).hits == (False,)


def test_a_clip_without_words_is_no_hit() -> None:
    assert not is_hit(WordRange(120, 120), GOLD)


def test_hit_at_looks_at_the_first_clips_only() -> None:
    fourth = answer(WRONG, 20, 40, RIGHT)
    assert [hit_at(fourth, count) for count in (1, 3, 4, 5)] == [0.0, 0.0, 1.0, 1.0]


def test_precision_is_a_share_of_as_many_clips_as_there_are() -> None:
    assert precision_at(answer(RIGHT, WRONG, 160, 170), 3) == pytest.approx(2 / 3)
    assert precision_at(answer(RIGHT, WRONG), 3) == 0.5
    assert precision_at(answer(RIGHT), 3) == 1.0


def test_no_clips_are_a_miss() -> None:
    assert hit_at(answer(), 5) == 0.0
    assert precision_at(answer(), 3) == 0.0


def test_rates_are_means_over_questions_not_meetings() -> None:
    one = [answer(RIGHT), answer(WRONG, RIGHT), answer(WRONG, 20, 40, RIGHT)]
    found = rates("it", {"a": one, "b": [answer()], "c": []})
    assert (found.method, found.questions) == ("it", 4)
    assert found.hit_1.value == 0.25
    assert found.hit_3.value == 0.5
    assert found.hit_5.value == 0.75
    assert found.precision_3.value == pytest.approx((1 + 0.5 + 0 + 0) / 4)


def test_the_interval_comes_from_drawing_meetings() -> None:
    # Two meetings, all hits and none: a draw has both hits (1/4), one (1/2) or none (1/4).
    wide = bootstrapped([[1.0] * 50, [0.0] * 50])
    assert (wide.value, wide.low, wide.high) == (0.5, 0.0, 1.0)
    # The same answers, mixed alike in both meetings: drawing meetings changes nothing.
    narrow = bootstrapped([[1.0, 0.0] * 25, [1.0, 0.0] * 25])
    assert (narrow.value, narrow.low, narrow.high) == (0.5, 0.5, 0.5)


def test_the_interval_is_that_of_the_normal_law_for_many_meetings() -> None:
    # 400 meetings of one question, half of them hit: 1.96 * sqrt(.25 / 400) = .049.
    found = bootstrapped([[float(place % 2)] for place in range(400)])
    assert found.low == pytest.approx(0.5 - 0.049, abs=0.008)
    assert found.high == pytest.approx(0.5 + 0.049, abs=0.008)
    assert found == bootstrapped([[float(place % 2)] for place in range(400)])
