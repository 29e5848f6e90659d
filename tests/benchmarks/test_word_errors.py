"""The measure that recognisers are judged by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.speech.word_errors import spoken, word_error_rate, word_errors

WORDS = st.lists(st.sampled_from("abcde"), max_size=12)


@pytest.mark.parametrize(
    ("said", "heard", "expected"),
    [
        ("a b c d", "a b c d", 0.0),
        ("a b c d", "a x c d", 0.25),
        ("a b c d", "a c d", 0.25),
        ("a b c d", "a b b c d", 0.25),
        ("a b c d", "", 1.0),
        ("a b", "c d e f", 2.0),
        ("a b c d", "b c d a", 0.5),
        ("", "", 0.0),
    ],
)
def test_word_error_rate(said: str, heard: str, expected: float) -> None:
    assert word_error_rate(said.split(), heard.split()) == expected


def test_errors_are_told_apart_and_the_right_words_found() -> None:
    errors = word_errors("a b c d e".split(), "x a q c e e".split())
    assert (errors.said, errors.substitutions, errors.deletions, errors.insertions) == (5, 2, 0, 1)
    assert errors.right == ((0, 1), (2, 3), (4, 5))
    errors = word_errors("a b c".split(), "c".split())
    assert (errors.substitutions, errors.deletions, errors.insertions) == (0, 2, 0)
    assert errors.right == ((2, 0),)


def plain_distance(said: list[str], heard: list[str]) -> int:
    """Return the edit distance as books have it."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, start=1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(heard, start=1):
            best = min(diagonal + (word != other), row[place] + 1, row[place - 1] + 1)
            diagonal, row[place] = row[place], best
    return row[-1]


@given(WORDS, WORDS)
def test_no_alignment_has_fewer_errors(said: list[str], heard: list[str]) -> None:
    errors = word_errors(said, heard)
    total = errors.substitutions + errors.deletions + errors.insertions
    assert total == plain_distance(said, heard)
    assert errors.substitutions + errors.deletions + len(errors.right) == len(said)
    assert errors.substitutions + errors.insertions + len(errors.right) == len(heard)
    assert all(said[place] == heard[other] for place, other in errors.right)
    assert list(errors.right) == sorted(set(errors.right))


def test_thousands_of_words_are_aligned() -> None:
    said = [str(number) for number in range(4000)]
    heard = ["extra", *said[:2000], *said[2500:]]
    errors = word_errors(said, heard)
    assert (errors.substitutions, errors.deletions, errors.insertions) == (0, 500, 1)


def test_spoken_words_have_no_marks() -> None:
    assert spoken("Don\N{RIGHT SINGLE QUOTATION MARK}t stop, it's 9!") == [
        "don't",
        "stop",
        "it's",
        "nine",
    ]


def test_quotation_marks_are_no_words() -> None:
    left, right = "\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}"
    assert spoken(f"{left}Well, well!{right} - {left}Me - {right}") == ["well", "well", "me"]


def test_titles_and_small_numbers_are_written_out_and_brackets_left_out() -> None:
    assert spoken("Mr. X saw 40 of 21 [Laughter] in 1984.") == [
        *("mister", "x", "saw", "forty", "of", "twenty", "one", "in", "1984")
    ]
