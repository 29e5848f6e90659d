# ruff: noqa: RUF001 - other scripts have brackets of their own
"""What is marked is no word, what is said is no mark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.transcripts.sound_marks import parted
from clipkit.types.speech import Cue, Word
from clipkit.types.time import Span


def _words(text: str) -> list[Word]:
    """Say a word each second."""
    return [
        Word(word, Span(float(place), place + 1.0), speaker="A")
        for place, word in enumerate(text.split())
    ]


def _parted(text: str) -> tuple[str, list[str]]:
    said, marks = parted(_words(text))
    return " ".join(word.text for word in said), [mark.text for mark in marks]


@pytest.mark.parametrize(
    ("text", "said", "marks"),
    [
        ("[Laughter]", "", ["[Laughter]"]),
        ("So [loud laughter] then (applause) it [Music]", "So then it", None),
        ("That is it (laughter).", "That is it.", ["(laughter)"]),
        ("Really? [laughs]. Yes", "Really? Yes", ["[laughs]"]),
        ("- [Laughter] - Hello", "- - Hello", ["[Laughter]"]),
        ("Hello[Laughter] there", "Hello there", ["[Laughter]"]),
        ("[Laughter][Applause]Thanks", "Thanks", ["[Laughter]", "[Applause]"]),
        ("[a slow and very sad tune plays]", "", ["[a slow and very sad tune plays]"]),
        ("【拍手】ありがとう（笑）", "ありがとう", ["【拍手】", "（笑）"]),
        ("そ う（ 拍 手 ）", "そ う", ["（ 拍 手 ）"]),
        ("♪ la la la la la ♪ Hello", "Hello", ["♪ la la la la la ♪"]),
        ("♪♫ Hello there", "", ["♪♫ Hello there"]),
        ("♪ la ♪ ♪ lo ♪", "", ["♪ la ♪", "♪ lo ♪"]),
        ("Thank you ♪", "Thank you", ["♪"]),
        ("So <laughs> then [<clears throat>].", "So then.", ["<laughs>", "[<clears throat>]"]),
        ("They (you and [laughs] all of us) left", "They (you and all of us) left", ["[laughs]"]),
    ],
)
def test_marks_are_parted_from_what_is_said(text: str, said: str, marks: list[str] | None) -> None:
    expected = ["[loud laughter]", "(applause)", "[Music]"] if marks is None else marks
    assert _parted(text) == (said, expected)


@pytest.mark.parametrize(
    "text",
    [
        "in (2014) and [5]",
        "(a) first and (b) second",
        "the child(ren) of f(sine)",
        "[T]he first (my friends and I all laughed a lot) one",
        "an [open bracket and (another",
        "a ] closed ) one",
        "() [] 【】",
        "I <3 it, a < b and c > d, a<bcd>e",
    ],
)
def test_what_is_said_in_brackets_stays(text: str) -> None:
    assert _parted(text) == (text, [])


def test_notes_far_apart_are_no_song() -> None:
    text = "So ♪ " + "word " * 60 + "♪ then"
    assert _parted(text) == (" ".join(["So", *["word"] * 60, "then"]), ["♪", "♪"])


def test_a_mark_has_the_time_and_the_voice_of_what_it_is_written_as() -> None:
    _, marks = parted(_words("So [loud laughter] then"))
    assert marks == [Cue(Span(1.0, 3.0), "[loud laughter]", "A")]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("So[laughs] then", Span(1.0, 1.0)),
        ("So [laughs]then", Span(1.0, 1.0)),
        ("So[loud laughter] then", Span(1.0, 2.0)),
        ("So [loud laughter]then", Span(1.0, 2.0)),
        ("So [laughs]. Then", Span(1.0, 2.0)),
    ],
)
def test_a_mark_that_hangs_on_a_word_lies_at_its_edge(text: str, span: Span) -> None:
    _, (mark,) = parted(_words(text))
    assert mark.span == span


def test_words_keep_their_times() -> None:
    said, _ = parted(_words("So [laughs]then (applause) it"))
    assert [(word.text, word.span.start_s) for word in said] == [
        ("So", 0.0),
        ("then", 1.0),
        ("it", 3.0),
    ]


@given(st.text(alphabet="ab [](){}♪【】（）字.2", max_size=60))
def test_nothing_that_is_no_mark_is_lost(text: str) -> None:
    words = _words(text)
    said, marks = parted(words)
    letters = sorted("".join(word.text for word in words if word.text))
    kept = "".join([*(word.text for word in said), *("".join(m.text.split()) for m in marks)])
    assert [c for c in letters if c.isalnum()] == sorted(c for c in kept if c.isalnum())
    assert all(word.text for word in said)
    assert not any("♪" in word.text for word in said)
    assert not parted(said)[1] or marks
