"""Edges of clips, by cases worked by hand."""

import pytest

from benchmarks.quality.boundaries import (
    Boundary,
    Judge,
    boundaries,
    distance_s,
    is_border,
    is_inside_word,
    is_length,
    pauses_between,
)
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.benchmarks.clips_made import clip_of, words_of

SAID = "We met Dr. Lee. He was kind. Then we left"


def edges(text: str, first: int, stop: int) -> tuple[bool, bool]:
    words = words_of(text)
    found = Judge(words).boundary(clip_of(words[first:stop]), None)
    return found.starts_sentence, found.ends_sentence


def test_marks_make_sentences() -> None:
    assert edges(SAID, 4, 7) == (True, True)
    assert edges(SAID, 0, 4) == (True, True)  # from the first word on
    assert edges(SAID, 7, 10) == (True, True)  # to the last word, without a mark
    assert edges(SAID, 1, 6) == (False, False)
    assert edges(SAID, 3, 7) == (False, True)  # "Dr." ends nothing
    assert edges('He said "Stop!" and ran. Yes. No.', 3, 5) == (True, True)


def test_pauses_make_sentences_where_there_are_no_marks() -> None:
    words = words_of("so we met then he left us", pauses={3: 0.3, 5: 0.1})
    found = Judge(words).boundary(clip_of(words[3:5]), None)
    assert (found.starts_sentence, found.ends_sentence) == (True, False)
    assert Judge(words).boundary(clip_of(words[1:3]), None).ends_sentence


def test_a_long_pause_or_a_new_voice_makes_a_sentence_in_spite_of_marks() -> None:
    before, after = words_of("one two", pauses={1: 0.3})
    assert not is_border(before, after, marked=True)
    late = words_of("one two", pauses={1: 1.0})[1]
    assert is_border(before, late, marked=True)
    other = Word("two", after.span, speaker="B")
    assert is_border(before, other, marked=True)


def test_a_border_is_missed_only_if_one_lies_near() -> None:
    # A word lasts .4 s: borders up to 2.2 s, and at the end, 31 s.
    words = words_of("Here. We. Go. " + "on and " * 36)
    judge = Judge(words)
    assert judge.boundary(clip_of(words[10:60]), None).missed_borders == 2
    # From 13.8 s to 19.8 s: both ends lie over 10 s off.
    far = judge.boundary(clip_of(words[32:47]), None)
    assert (far.starts_sentence, far.ends_sentence, far.missed_borders) == (False, False, 0)
    assert judge.boundary(clip_of(words[3:60]), None).missed_borders == 1
    assert judge.boundary(clip_of(words), None).missed_borders == 0


def test_cuts_inside_words_are_counted() -> None:
    words = words_of("one two three")  # 1 to 1.4, to 1.8, to 2.2
    assert Judge(words).boundary(clip_of(words), None).cuts == 0
    assert Judge(words).boundary(clip_of(words, Span(1.2, 2.1)), None).cuts == 2
    assert Judge(words).boundary(clip_of(words, Span(0.8, 2.1)), None).cuts == 1
    assert not is_inside_word(1.001, words), "a millisecond is rounding"
    assert is_inside_word(1.01, words)


@pytest.mark.parametrize(
    ("length_s", "fits"), [(60.0, True), (48.0, True), (72.0, True), (47.9, False), (72.1, False)]
)
def test_a_fifth_of_the_target_is_allowed(length_s: float, fits: bool) -> None:
    assert is_length(Span(10.0, 10.0 + length_s), 60.0) is fits


def test_a_clip_of_another_length_should_say_so() -> None:
    words = words_of("one two three")
    silent = Judge(words).boundary(clip_of(words), 60.0)
    assert (silent.in_length, silent.says_length) == (False, False)
    reason = "no sentence border allows 60 s, so it lasts 1.2 s"
    assert Judge(words).boundary(clip_of(words, reason=reason), 60.0).says_length is True
    assert Judge(words).boundary(clip_of(words), 1.2).says_length is None
    assert Judge(words).boundary(clip_of(words), None).in_length is None


def test_distance_to_pauses() -> None:
    words = words_of("one two three four", pauses={2: 0.5})  # 1 to 1.8, silence to 2.3, to 3.1
    pauses = pauses_between(words)
    assert pauses[:2] == (Span(0.0, 1.0), Span(1.8, 2.3))
    assert pauses[2].start_s == 3.1
    assert distance_s(2.0, pauses) == 0.0
    assert distance_s(1.5, pauses) == pytest.approx(0.3)
    assert distance_s(2.5, pauses) == pytest.approx(0.2)
    found = Judge(words).boundary(clip_of(words[2:], Span(2.5, 3.2)), None)
    assert found.pause_distances_s == pytest.approx((0.2, 0.0))


def test_a_transcript_whose_words_all_touch_has_no_pauses() -> None:
    words = words_of("one two three", pauses={1: 0.1})
    assert pauses_between(words) == ()
    assert Judge(words).boundary(clip_of(words), None).pause_distances_s == ()


def test_words_that_start_at_once_are_told_apart() -> None:
    at_once = Span(1.0, 1.0)
    words = (Word("One.", at_once), Word("Two", at_once), Word("three.", at_once))
    found = Judge(words).boundary(clip_of(words[1:]), None)
    assert (found.starts_sentence, found.ends_sentence) == (True, True)
    assert not Judge(words).boundary(clip_of(words[2:]), None).starts_sentence


def test_the_sum_counts_each_figure_over_what_it_can_be_told_of() -> None:
    judged = [
        Boundary(True, True, 0, 0, True, None, (0.0, 0.15)),
        Boundary(True, False, 1, 2, False, False, (0.4, 0.16)),
        Boundary(False, False, 2, 0, False, True, ()),
        Boundary(True, False, 0, 0, None, None, ()),
    ]
    found = boundaries("it", judged)
    assert (found.clips, found.starts_sentence, found.ends_sentence) == (4, 0.75, 0.25)
    assert (found.cuts_in_words, found.silent_misses) == (2, 1)
    assert found.missed_borders == 3
    assert found.in_length == pytest.approx(1 / 3)
    assert found.near_pause == 0.5
    assert found.median_pause_distance_s == pytest.approx(0.155)


def test_no_clips_have_no_shares() -> None:
    found = boundaries("it", [])
    assert (found.clips, found.starts_sentence, found.near_pause) == (0, None, None)
