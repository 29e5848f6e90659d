"""Calibration and declining, by cases worked by hand."""

import pytest

from benchmarks.quality.calibration import calibration
from benchmarks.quality.declining import declining, foreign_pairs
from benchmarks.quality.measures import Answer, Found
from benchmarks.quality.samples import Question, Sample, WordRange
from clipkit.errors import OptionError
from clipkit.types.speech import Transcript

GOLD = (WordRange(0, 10),)


def answer(*clips: tuple[float, bool]) -> Answer:
    """Return clips with these scores that hit or miss."""
    found = (Found(WordRange(0, 10) if hit else WordRange(20, 30), score) for score, hit in clips)
    return Answer(GOLD, tuple(found))


def test_scores_that_mean_what_they_say_have_no_error() -> None:
    half = [answer((0.5, True), (0.5, False)), answer((0.0, False)), answer((1.0, True))]
    found = calibration(half)
    assert found.clips == 4
    assert found.error == 0.0
    assert [part.clips for part in found.bins] == [1, 0, 0, 0, 0, 2, 0, 0, 0, 1]
    assert (found.bins[5].score, found.bins[5].hits) == (0.5, 0.5)
    assert (found.bins[3].score, found.bins[3].hits) == (None, None)


def test_a_bin_reaches_up_to_the_next() -> None:
    found = calibration([answer((0.59, True), (0.6, True), (0.999, False))])
    assert [part.clips for part in found.bins] == [0, 0, 0, 0, 0, 1, 1, 0, 0, 1]


def test_the_error_weighs_each_bin_by_its_clips() -> None:
    # [.9, 1]: three clips, mean .92, one hits: off by .92 - 1/3. [.2, .3): one, hits: off by .75.
    found = calibration([answer((0.92, True), (0.9, False), (0.94, False)), answer((0.25, True))])
    assert found.error == pytest.approx((3 * (0.92 - 1 / 3) + 1 * 0.75) / 4)


def test_calibration_of_no_clips_is_no_number() -> None:
    assert calibration([answer()]).error is None


def test_declining_counts_both_kinds_of_question() -> None:
    own = [answer((0.8, True), (0.6, True)), answer((0.4, False), (0.3, True)), answer()]
    foreign = [answer((0.5, False)), answer(), answer((0.2, False)), answer((0.7, False))]
    found = declining(own, foreign, thresholds=(0.0, 0.5, 0.75))
    assert (found.own_questions, found.foreign_questions) == (3, 4)
    assert found.hit_5 == pytest.approx(2 / 3)
    shipped, half, high = found.thresholds
    assert [part.declined for part in found.thresholds] == [0.25, 0.5, 1.0]
    # .5 stays at a threshold of .5; of the three hits (.8, .6, .3) two stay, then one.
    assert shipped.answered == pytest.approx(2 / 3)
    assert (half.answered, high.answered) == (1 / 3, 1 / 3)
    assert shipped.kept == 1.0
    assert half.kept == pytest.approx(2 / 3)
    assert high.kept == pytest.approx(1 / 3)


def test_nothing_can_be_kept_where_nothing_hits() -> None:
    assert declining([answer((0.8, False))], [answer()], (0.0,)).thresholds[0].kept is None


def sample(name: str, domain: str) -> Sample:
    """Return a sample with two questions and nothing said."""
    questions = (Question(f"{name} 1", GOLD), Question(f"{name} 2", GOLD))
    return Sample(name, domain, Transcript((), "en", "test"), questions)


def test_each_question_is_asked_of_another_domain_and_of_the_same_meeting_again() -> None:
    samples = [sample(f"{domain}{place}", domain) for domain in "abc" for place in range(4)]
    pairs = foreign_pairs(samples)
    assert len(pairs) == 24
    assert all(question.text and question.text[0] != other.domain for question, other in pairs)
    assert len({other.name for _, other in pairs}) > 6
    assert pairs == foreign_pairs(samples)


def test_declining_needs_two_domains() -> None:
    with pytest.raises(OptionError, match="all meetings are of a"):
        foreign_pairs([sample("a1", "a"), sample("a2", "a")])
