"""The measure that the tests of recognisers judge by."""

import pytest

from tests.engines.word_errors import spoken, word_error_rate


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


def test_spoken_words_have_no_marks() -> None:
    assert spoken("Don\N{RIGHT SINGLE QUOTATION MARK}t stop, it's 9!") == [
        "don't",
        "stop",
        "it's",
        "9",
    ]
