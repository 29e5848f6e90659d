"""Baselines on a toy meeting of three topics."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.quality.baselines import (
    BASELINES,
    CHANCE_DRAWS,
    Baseline,
    Windowed,
    chance,
    smoothed,
    standardised,
)
from benchmarks.quality.measures import rates
from benchmarks.quality.samples import WordRange
from benchmarks.quality.windows import best, windows
from clipkit.testing import HashEmbedder
from tests.benchmarks.corpora_made import TOPICS, toy_meeting


def firsts(words: int) -> list[tuple[int, int]]:
    return [(window.first, window.stop) for window in windows(words)]


def test_windows_lie_every_fifty_words_and_reach_the_end() -> None:
    assert firsts(300) == [(0, 150), (50, 200), (100, 250), (150, 300)]
    assert firsts(260) == [(0, 150), (50, 200), (100, 250), (110, 260)]
    assert firsts(150) == [(0, 150)]
    assert firsts(20) == [(0, 20)]


def test_the_best_windows_share_no_word_and_ties_go_to_the_earlier() -> None:
    candidates = windows(450)  # they start at 0, 50, ... 300
    assert best(candidates, np.array([0, 0, 0, 1, 0, 0, 0.5])) == (3, 6, 0)
    assert best(candidates, np.zeros(7)) == (0, 3, 6)
    assert best(windows(5000), np.resize([0.0, 1.0], 98)) == (1, 5, 9, 13, 17)
    assert best(candidates, np.zeros(7), top=2) == (0, 3)
    assert best(candidates, np.array([0, 3, 2, 2, 1, 0, 0])) == (1, 4)


def test_smoothing_is_a_mean_with_the_neighbours_there_are() -> None:
    assert smoothed(np.array([0.0, 3.0, 6.0, 0.0])).tolist() == [1.5, 3.0, 3.0, 3.0]
    assert smoothed(np.array([2.0])).tolist() == [2.0]


def test_standardised_scores_have_mean_0_and_deviation_1() -> None:
    assert standardised(np.array([1.0, 3.0])).tolist() == [-1.0, 1.0]
    assert standardised(np.array([0.1, 0.1, 0.1])).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.name)
def test_every_baseline_finds_the_topics_of_a_toy_meeting(baseline: Baseline) -> None:
    answers = list(baseline.answers(Windowed(toy_meeting(), HashEmbedder())))
    assert len(answers) == 3
    assert all(answer.hits[0] for answer in answers)
    for answer in answers:
        ranges = sorted(found.words for found in answer.found)
        assert all(one.stop <= other.first for one, other in pairwise(ranges))


def test_chance_hits_as_often_as_windows_are_gold() -> None:
    windowed = Windowed(toy_meeting(), HashEmbedder())
    answers = list(chance(windowed))
    assert len(answers) == 3 * CHANCE_DRAWS
    assert {answer.found[0].words for answer in answers} == set(windowed.windows)
    expected = [
        np.mean([2 * sum(window.shared(piece) for piece in question.gold) >= len(window)
                 for window in windowed.windows])
        for question in windowed.sample.questions
    ]  # fmt: skip
    found = rates("chance", {"toy": answers})
    assert found.hit_1.value == pytest.approx(float(np.mean(expected)), abs=0.06)
    assert found.hit_3.value > found.hit_1.value
    again = list(chance(Windowed(toy_meeting(), HashEmbedder())))
    assert again == answers


def test_stop_words_are_dropped_where_they_should_be() -> None:
    windowed = Windowed(toy_meeting(), HashEmbedder())
    # "What do cats do near the stove?": only the first topic has its words of meaning, the
    # second shares "the" with it.
    last = len(TOPICS["cats"].split()) * 20
    taxes = [place for place, window in enumerate(windowed.windows) if window.first >= last][:2]
    assert np.all(windowed.bm25[0][taxes] > 0.0)
    assert np.all(windowed.bm25_without_stop_words[0][taxes] == 0.0)


def test_gold_windows_hit_wherever_a_window_can() -> None:
    (gold,) = (baseline for baseline in BASELINES if baseline.name == "gold windows")
    windowed = Windowed(toy_meeting(), HashEmbedder())
    for answer in gold.answers(windowed):
        assert answer.found[0].score == 1.0
        assert answer.found[0].words in windowed.windows
        assert answer.hits[0] is True
        assert WordRange(0, 0) not in answer.gold
