"""Words are grouped to sentences; none is lost, doubled or moved."""

from dataclasses import replace
from itertools import groupby, pairwise

import pytest
from hypothesis import given

from clipkit.stages.split_sentences import SplitSentences
from clipkit.types.speech import Sentences, Speech, Transcript, Word
from clipkit.types.time import Span
from tests.stages.talks import NO_SPEECH, sentences_of, spoken, talks


def _order(word: Word) -> tuple[float, float, str, str]:
    return word.span.start_s, word.span.end_s, word.text, word.speaker or ""


def _texts(sentences: Sentences) -> list[str]:
    return [sentence.text for sentence in sentences.items]


@given(talks(overlapping=True))
def test_every_word_is_in_one_sentence_once(words: tuple[Word, ...]) -> None:
    items = sentences_of(words).items
    assert sorted(map(_order, (word for item in items for word in item.words))) == sorted(
        map(_order, words)
    )
    assert all(item.words for item in items)


@given(talks(overlapping=True))
def test_sentences_and_their_words_are_in_the_order_of_their_starts(
    words: tuple[Word, ...],
) -> None:
    items = sentences_of(words).items
    for spans in (
        [item.span for item in items],
        *([word.span for word in item.words] for item in items),
    ):
        starts_s = [span.start_s for span in spans]
        assert starts_s == sorted(starts_s)


@given(talks(overlapping=True))
def test_pauses_are_what_nobody_fills_between_the_sentences(words: tuple[Word, ...]) -> None:
    items = sentences_of(words).items
    assert items[0].pause_before_s == items[0].span.start_s
    reached_s = 0.0
    for before, after in pairwise(items):
        reached_s = max(reached_s, before.span.end_s)
        gap_s = max(0.0, after.span.start_s - reached_s)
        assert after.pause_before_s == gap_s
        assert before.pause_after_s == (gap_s if before.span.end_s == reached_s else 0.0)


@given(talks(overlapping=True))
def test_no_sentence_is_unfinished_at_a_border(words: tuple[Word, ...]) -> None:
    items = sentences_of(words).items
    for number, item in enumerate(items[:-1]):
        reached_s = max(one.span.end_s for one in items[: number + 1])
        if reached_s > items[number + 1].span.start_s:
            assert item.goes_on


@given(talks(overlapping=True))
def test_no_pause_is_negative(words: tuple[Word, ...]) -> None:
    for item in sentences_of(words).items:
        assert item.pause_before_s >= 0.0
        assert item.pause_after_s >= 0.0


def test_punctuation_ends_a_sentence() -> None:
    words = spoken("We begin here. And then? Wow! It goes on", pause_s=0.0)
    assert _texts(sentences_of(words)) == ["We begin here.", "And then?", "Wow!", "It goes on"]


@pytest.mark.parametrize("end", ['."', "?”", "!)", "…", "。", "？", "！"])
def test_an_end_may_be_quoted_or_of_another_script(end: str) -> None:
    words = spoken(f"We begin{end} Then more.", pause_s=0.0)
    assert len(sentences_of(words).items) == 2


@pytest.mark.parametrize(
    "text",
    [
        "I saw Dr. Smith today.",
        "It costs 3.50 here.",
        "They sell fruit, e.g. apples, there.",
        "Makers (e.g. Ford, etc.) grow.",
        "Meet me at 5 p.m. on Friday.",
        "Well, yes; no: maybe.",
    ],
)
def test_a_point_within_a_sentence_does_not_end_it(text: str) -> None:
    assert _texts(sentences_of(spoken(text))) == [text]


def test_a_short_pause_within_punctuated_speech_ends_nothing() -> None:
    words = spoken("We begin", "here today. Then more.", pause_s=0.9)
    assert _texts(sentences_of(words)) == ["We begin here today.", "Then more."]


def test_a_long_pause_ends_a_sentence_whatever_the_punctuation() -> None:
    words = spoken("We begin", "Here today. Then more.", pause_s=1.3)
    assert _texts(sentences_of(words)) == ["We begin", "Here today.", "Then more."]


def test_in_small_letters_a_sentence_goes_on_over_any_pause() -> None:
    words = spoken("We begin", "here today. Then more.", pause_s=3.0)
    assert _texts(sentences_of(words)) == ["We begin here today.", "Then more."]


def test_without_punctuation_a_pause_ends_a_sentence() -> None:
    words = spoken("this has no marks", "so pauses tell", "where it ends", pause_s=0.35)
    assert _texts(sentences_of(words)) == ["this has no marks", "so pauses tell", "where it ends"]


def test_without_punctuation_a_shorter_pause_does_not() -> None:
    words = spoken("this has no marks", "so pauses tell", pause_s=0.2)
    assert len(sentences_of(words).items) == 1


def test_one_stray_point_does_not_make_speech_punctuated() -> None:
    halves = (" ".join(["word"] * 50), " ".join(["word"] * 50) + ".")
    words = spoken(*halves, word_s=0.1, pause_s=0.5)
    assert len(sentences_of(words).items) == 2


def test_another_speaker_begins_a_sentence() -> None:
    words = spoken("do you think so yes I do", pause_s=0.0)
    by = [replace(word, speaker="A" if number < 4 else "B") for number, word in enumerate(words)]
    assert _texts(sentences_of(by)) == ["do you think so", "yes I do"]


@given(talks())
def test_no_sentence_has_two_speakers_but_for_a_few_words_that_go_on_with_it(
    words: tuple[Word, ...],
) -> None:
    for item in sentences_of(words).items:
        for label, row in groupby(item.words, key=lambda word: word.speaker):
            assert label == item.speaker or len(list(row)) <= 3


def test_an_overlong_run_is_broken_at_its_widest_gap() -> None:
    words = [
        Word("a", Span(float(place), place + 0.95 - 0.1 * (place == 17))) for place in range(30)
    ]
    first, second = sentences_of(words).items
    assert (len(first.words), len(second.words)) == (18, 12)


@given(talks())
def test_no_run_of_words_is_longer_than_allowed_unless_it_is_one_word(
    words: tuple[Word, ...],
) -> None:
    stage = SplitSentences(longest_s=5.0)
    for item in stage(Transcript(words, None, "test"), NO_SPEECH).items:
        assert item.span.duration_s <= 5.0 or len(item.words) == 1


def test_a_long_run_without_any_gap_is_broken_in_halves() -> None:
    words = spoken(" ".join(["word"] * 4000), word_s=0.05)
    items = sentences_of(words).items
    assert all(item.span.duration_s <= 20.0 for item in items)
    assert len(items) == 16


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("a b c d so e f g h i j k", "so"),  # where a clause begins
        ("a b c d and so e f g h i j", "and"),  # once
        ("a b c d, e f g h i j k l", "e"),  # behind a comma
        ("a b c d e f g h i j so k", "g"),  # but not far from the middle
    ],
)
def test_gaps_as_wide_are_broken_between_clauses(text: str, second: str) -> None:
    words = spoken(text, word_s=0.5)
    parts = SplitSentences(longest_s=4.0)(Transcript(words, "en", "test"), NO_SPEECH).items
    assert [part.words[0].text for part in parts] == ["a", second]


def test_no_words_are_no_sentences() -> None:
    assert sentences_of(()).items == ()


def test_a_silence_that_the_words_hide_ends_a_sentence() -> None:
    """Its last word is stretched over the pause, as recognisers do."""
    words = (
        Word("first", Span(0.0, 0.5)),
        Word("sentence", Span(0.5, 2.0)),
        Word("second", Span(2.0, 2.5)),
    )
    transcript = Transcript(words, "en", "test")
    heard = Speech((Span(0.0, 1.0), Span(1.6, 2.5)), 2.5)
    assert _texts(SplitSentences()(transcript, heard)) == ["first sentence", "second"]
    throughout = Speech((Span(0.0, 2.5),), 2.5)
    assert _texts(SplitSentences()(transcript, throughout)) == ["first sentence second"]


def test_a_part_of_a_long_sentence_tells_that_it_goes_on() -> None:
    long = " ".join(["word"] * 50) + "."
    words = spoken("A short one.", long, "And another.", word_s=0.5, pause_s=0.1)
    items = SplitSentences()(Transcript(words, "en", "test"), Speech((), 60.0)).items
    assert len(items) > 3
    assert [item.goes_on for item in items] == [False, *[True] * (len(items) - 3), False, False]


def test_without_punctuation_a_widest_gap_is_a_border() -> None:
    words = spoken(" ".join(["word"] * 90), word_s=0.5)
    items = SplitSentences()(Transcript(words, "en", "test"), Speech((), 60.0)).items
    assert len(items) > 1
    assert not any(item.goes_on for item in items)


@pytest.mark.parametrize(("opener", "is_near"), [(16, True), (22, False), (26, False), (32, True)])
def test_a_break_without_a_gap_is_no_border_within_ten_seconds_of_a_pause(
    opener: int, is_near: bool
) -> None:
    texts = ["word"] * 48
    texts[opener] = "and"
    words = spoken("here it begins", " ".join(texts), word_s=0.5, pause_s=0.5)
    items = SplitSentences()(Transcript(words, "en", "test"), Speech((), 60.0)).items
    assert [len(item.words) for item in items] == [3, opener, 48 - opener]
    assert [item.goes_on for item in items] == [False, is_near, False]


def test_a_run_that_began_without_marks_ends_at_a_long_pause_in_small_letters_too() -> None:
    marked = [f"This is number {number}." for number in range(40)]
    unmarked = " ".join(["word"] * 150)
    words = spoken(unmarked, f"going on {unmarked}.", *marked, word_s=0.2, pause_s=0.1)
    place = 260
    later = [
        replace(word, span=Span(word.span.start_s + 1.5, word.span.end_s + 1.5))
        for word in words[place:]
    ]
    items = sentences_of((*words[:place], *later)).items
    assert words[place - 1] in [item.words[-1] for item in items if not item.goes_on]


def test_where_the_marks_are_missing_for_a_while_a_widest_gap_is_a_border() -> None:
    marked = [f"This is number {number}." for number in range(30)]
    words = spoken(*marked, " ".join(["word"] * 140) + ".", word_s=0.5, pause_s=0.1)
    items = SplitSentences()(Transcript(words, "en", "test"), Speech((), 200.0)).items
    assert len(items) > 32
    assert not any(item.goes_on for item in items)


@pytest.mark.parametrize("end", [".", "?’", ".»", "!)", ".'", "۔", "؟", "।", "！」"])
def test_marks_of_many_languages_end_a_sentence_whatever_closes_behind_them(end: str) -> None:
    words = spoken(f"one two three{end}", f"four five six{end}", word_s=0.4, pause_s=0.0)
    items = SplitSentences()(Transcript(words, None, "test"), Speech((), 9.0)).items
    assert [len(item.words) for item in items] == [3, 3]
