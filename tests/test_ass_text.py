"""The text of ASS events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.ass_text import Run, escaped, plain_text, runs, speaker_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"{\i1}Good{\i0} morning,\Neveryone.", "Good morning, everyone."),
        (r"one\ntwo\hthree", "one two three"),
        (r"{\pos(10,20)\fad(200,0)}{a note}Hello{\r}", "Hello"),
        (r"{\p1}m 0 0 l 100 0 100 100{\p0}Hello", "Hello"),
        (r"So {\an7\p2}m 0 0{\pos(1,2)} l 5 5{\p0}then", "So then"),
        (r"{\pbo10}\pi {\t(0,500,\frz90)}is {never closed", r"\pi is {never closed"),
        (r"a \{brace\} and \d", r"a {brace} and \d"),
        ("", ""),
        (r"{\p1}m 0 0", ""),
    ],
)
def test_an_event_shows_its_text_alone(text: str, shown: str) -> None:
    assert plain_text(text) == shown


@pytest.mark.parametrize("tag", ["k", "K", "kf", "ko"])
def test_karaoke_parts_the_text_and_tells_how_long_it_is_sung(tag: str) -> None:
    text = rf"{{\an8}}Oh {{\{tag}20}}ka{{\i1\{tag}30.5}}ra {{\{tag}0}}{{\{tag}10}}oke"
    assert runs(text) == [
        Run("Oh ", None),
        Run("ka", 0.2),
        Run("ra ", 0.305),
        Run("", 0.0),
        Run("oke", 0.1),
    ]


@given(st.text(alphabet="\\{}Nnhkp1\u2060 aé,&<>"))
def test_what_is_escaped_is_shown_as_it_is(text: str) -> None:
    assert runs(escaped(text)) == [Run(text, None)]


@given(st.text(alphabet="\\{}Nnhkp01.\u2060 a"))
def test_any_text_shows_something_or_nothing(text: str) -> None:
    assert len(runs(text)) >= 1
    assert plain_text(text) == " ".join(plain_text(text).split())


@pytest.mark.parametrize(
    ("name", "speaker"),
    [("Anna", "Anna"), (" Ben O'Neill ", "Ben O'Neill"), ("", None), (" ", None), ("NTP", None)],
)
def test_the_name_of_an_event_is_who_speaks_unless_it_is_nobody_s(
    name: str, speaker: str | None
) -> None:
    assert speaker_of(name) == speaker
