"""Titles, by cases worked by hand."""

import pytest

from benchmarks.quality.titles import Title, judged, title, titles
from clipkit.types.clips import Clips
from tests.benchmarks.clips_made import clip_of, words_of

SAID = words_of("The first customers don't pay, and the second wait")


def told(text: str) -> Title:
    return title(clip_of(SAID, title=text), set())


def test_a_good_title_has_nothing_against_it() -> None:
    assert told("The first customers don\u2019t pay") == Title(29, True, False, False, False, 1.0)


@pytest.mark.parametrize(
    "text", ["First customers and", "The second wait for the", "Pay OF", "To,"]
)
def test_a_word_that_promises_more_dangles(text: str) -> None:
    assert told(text).dangles


@pytest.mark.parametrize("text", ["What do they wait for?", "Customers pay", "Android", ""])
def test_other_ends_do_not_dangle(text: str) -> None:
    assert not told(text).dangles


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("The first custo…", True),
        ("The first custo...", True),
        ("The first customers…", False),  # broken off, but not within a word
        ("The first …", False),
        ("custo… pay", False),
    ],
)
def test_an_ellipsis_within_a_word_breaks_off(text: str, breaks: bool) -> None:
    assert told(text).breaks_off is breaks


def test_two_lines_are_not_one() -> None:
    assert not told("The first\ncustomers").one_line


def test_words_are_sought_in_the_clip() -> None:
    assert told("Second Customers buy cake").from_clip == 0.5
    assert told("…").from_clip == 0.0


def test_a_title_repeats_within_its_job_only() -> None:
    one, other = clip_of(SAID, title="Customers pay"), clip_of(SAID, title="customers PAY ")
    first = judged(Clips((one, other)))
    assert [found.repeats for found in first] == [False, True]
    assert [found.repeats for found in judged(Clips((other,)))] == [False]


def test_the_sum_counts_faults() -> None:
    faults = [
        Title(71, True, False, False, False, 1.0),
        Title(0, True, False, False, True, 0.0),
        Title(70, False, True, True, False, 0.5),
    ]
    found = titles("it", faults)
    assert (found.titles, found.longest_chars, found.too_long) == (3, 71, 2)
    counts = (found.several_lines, found.dangling, found.broken_off, found.repeated)
    assert counts == (1, 1, 1, 1)
    assert found.words_from_clip == 0.5


def test_no_titles_have_no_length() -> None:
    assert titles("it", []).longest_chars is None
