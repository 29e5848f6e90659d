"""Words with times get the punctuation, the spelling and the speaker of their segments."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.transcripts import transcript_of
from clipkit.transcripts.aligned import punctuated
from clipkit.types.speech import Cue, Word
from clipkit.types.time import Span


def _words(*texts: str, start_s: float = 0.0) -> list[Word]:
    return [
        Word(text, Span(start_s + place, start_s + place + 0.5)) for place, text in enumerate(texts)
    ]


def _cue(text: str, start_s: float = 0.0, end_s: float = 99.0, speaker: str | None = None) -> Cue:
    return Cue(Span(start_s, end_s), text, speaker)


def _texts(pieces: list[list[Word]]) -> list[list[str]]:
    return [[word.text for word in piece] for piece in pieces]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Hello there.", ["Hello", "there"], ["Hello", "there."]),
        ("He said, \u201cgo!\u201d Then?", ["He", "said", "go", "Then"],
         ["He", "said,", "\u201cgo!\u201d", "Then?"]),
        ("Twenty-one of (them).", ["Twenty", "one", "of", "them"],
         ["Twenty-one", "of", "(them)."]),
        ("One email, twenty five.", ["one", "e", "mail", "twentyfive"],
         ["One", "email,", "twenty", "five."]),
        ("It's Dr. Oz\u2026", ["Its", "Dr", "Oz"], ["It's", "Dr.", "Oz\u2026"]),
        ("\u4eca\u5929\uff0c\u5929\u6c14\u597d\u3002", ["\u4eca\u5929", "\u5929\u6c14", "\u597d"],
         ["\u4eca\u5929\uff0c", "\u5929\u6c14", "\u597d\u3002"]),
        # What only the text has goes along with the word before, what only the words have stays.
        ("It costs five dollars.", ["It", "costs", "dollars"], ["It", "costs", "five", "dollars."]),
        ("It costs dollars.", ["It", "costs", "uh", "dollars"],
         ["It", "costs", "uh", "dollars."]),
        # What is spelt differently has the time of the words in its place.
        ("In 1999 we grew.", ["In", "nineteen", "ninety", "nine", "we", "grew"],
         ["In", "1999", "we", "grew."]),
        ("Look at the cat.", ["look", "a", "the", "cat"], ["Look", "at", "the", "cat."]),
        ("我们很好。「你好」他说。", list("我们很好你好他说"),
         ["我", "们", "很", "好。", "「你", "好」", "他", "说。"]),
        ("今天天气", list("明天天气"), list("明天天气")),
        ("- So we go.", ["So", "we", "go"], ["-", "So", "we", "go."]),
        ("Guten Tag.", ["Bye", "you", "all"], ["Guten", "Tag."]),
        ("", ["Bye"], ["Bye"]),
    ],
)  # fmt: skip
def test_words_are_spelt_as_in_their_text(text: str, words: list[str], expected: list[str]) -> None:
    pieces = punctuated([_cue(text)], _words(*words))
    assert [text for piece in _texts(pieces) for text in piece] == expected


def test_each_text_takes_its_own_words_wherever_it_says_it_ends() -> None:
    cues = [_cue("We go. ", 0.0, 0.9, "A"), _cue("We stay.", 0.9, 9.0, "B")]
    first, second, rest = punctuated(cues, _words("We", "go", "We", "stay", "here"))
    assert _texts([first, second, rest]) == [["We", "go."], ["We", "stay.", "here"], []]
    assert [word.speaker for word in first + second] == ["A", "A", "B", "B", "B"]
    assert [word.span for word in first] == [Span(0.0, 0.5), Span(1.0, 1.5)]


def test_after_a_text_that_differs_the_next_finds_its_words_by_their_times() -> None:
    cues = [_cue("We leave at 5.", 0.0, 3.9), _cue("We stay.", 3.9, 9.0)]
    pieces = punctuated(cues, _words("We", "leave", "at", "five", "We", "stay"))
    assert _texts(pieces) == [["We", "leave", "at", "5."], ["We", "stay."], []]


def test_a_number_takes_the_whole_time_of_its_words() -> None:
    pieces = punctuated([_cue("In 1999 we.")], _words("In", "nineteen", "ninety", "nine", "we"))
    assert [(word.text, word.span) for word in pieces[0]] == [
        ("In", Span(0.0, 0.5)), ("1999", Span(1.0, 3.5)), ("we.", Span(4.0, 4.5)),
    ]  # fmt: skip


def test_texts_that_overlap_take_their_words_from_each_other() -> None:
    cues = [_cue("We talk about it.", 0.0, 5.0, "A"), _cue("Mhm, right.", 1.1, 3.2, "B")]
    said = _words("we", "mhm", "right", "talk", "about", "it")
    first, second, _ = punctuated(cues, said)
    assert _texts([first, second]) == [["We", "talk", "about", "it."], ["Mhm,", "right."]]
    assert [word.span.start_s for word in second] == [1.0, 2.0]


def test_a_text_without_words_shares_its_own_time() -> None:
    cues = [_cue("Hello.", 0.0, 1.0), _cue("And this is it.", 2.0, 4.0, "B")]
    first, second, _ = punctuated(cues, _words("hello"))
    assert _texts([first, second]) == [["Hello."], ["And", "this", "is", "it."]]
    assert (second[0].span.start_s, second[-1].span.end_s) == (2.0, 4.0)


def test_what_lies_near_no_text_stays_as_it_is() -> None:
    *_, rest = punctuated([_cue("Hello.", 0.0, 1.0)], _words("hello", start_s=7.0))
    assert _texts([rest]) == [["hello"]]


_signs = st.text("ab\u00e9\u0130 .,!-\u4eca5", max_size=12)


@given(st.lists(_signs, max_size=4), st.lists(_signs, max_size=12))
def test_no_text_is_lost_and_times_stay_in_order_whatever_is_said(
    texts: list[str], words: list[str]
) -> None:
    cues = [_cue(text, 3.0 * place, 3.0 * place + 3.0) for place, text in enumerate(texts)]
    pieces = punctuated(cues, _words(*words))
    for piece in pieces:
        starts_s = [word.span.start_s for word in piece]
        assert starts_s == sorted(starts_s)
    told = {sign for text in texts if "今" not in text for sign in text if sign.isalnum()}
    assert told <= {sign for piece in pieces for word in piece for sign in word.text}
    assert len(pieces) == len(cues) + 1


def test_openai_s_sentences_and_speakers_come_from_the_segments() -> None:
    document: dict[str, Any] = {
        "segments": [
            {"start": 0.0, "end": 2.0, "text": " Shall we go?", "speaker": "A"},
            {"start": 3.0, "end": 4.0, "text": " Yes. [laughs]", "speaker": "B"},
        ],
        "words": [
            {"word": text, "start": float(place), "end": place + 0.5}
            for place, text in enumerate(["Shall", "we", "go", "Yes"])
        ],
    }
    transcript = transcript_of(document)
    assert [(word.text, word.speaker) for word in transcript.words] == [
        ("Shall", "A"), ("we", "A"), ("go?", "A"), ("Yes.", "B"),
    ]  # fmt: skip
    assert [mark.text for mark in transcript.marks] == ["[laughs]"]


def test_words_without_letters_keep_their_times_where_the_texts_are_just_the_words() -> None:
    words = _words("Yes", "\u2013", "?", "No", "Bonjour !")
    cues = [_cue("Yes \u2013 ?", 0.0, 2.5, "A"), _cue("No  Bonjour\u00a0!", 3.0, 4.5)]
    assert punctuated(cues, words) == [
        [Word(word.text, word.span, speaker="A") for word in words[:3]],
        words[3:],
        [],
    ]
