"""What may be asked, and what is refused with a reason."""

import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.types.query import CRITERIA_MAX_CHARS, Query


def test_no_criteria_ask_for_general_highlights() -> None:
    assert Query().criteria == ()


@pytest.mark.parametrize("empty", ["", "   ", "\n\t", "\u3000"])
def test_an_empty_criterion_is_refused(empty: str) -> None:
    with pytest.raises(OptionError, match="it is empty") as caught:
        Query(criteria=("funny moments", empty))
    assert "Leave it out" in caught.value.remedy


def test_a_criterion_of_ten_thousand_characters_is_refused_with_both_numbers() -> None:
    with pytest.raises(OptionError, match=rf"{CRITERIA_MAX_CHARS}.*10000"):
        Query(criteria=("x" * 10_000,))


def test_a_criterion_of_the_longest_length_is_taken() -> None:
    text = "x" * CRITERIA_MAX_CHARS
    assert Query(criteria=(text,)).criteria == (text,)
    with pytest.raises(OptionError):
        Query(criteria=(text + "x",))


def test_space_around_and_within_a_criterion_does_not_count() -> None:
    wide = " " * 2000 + "funny\n  moments " + " " * 2000
    assert Query(criteria=(wide,)).criteria == ("funny moments",)


def test_the_same_criterion_counts_once_at_its_first_place() -> None:
    query = Query(criteria=("b", "a", " b ", "a", "c"))
    assert query.criteria == ("b", "a", "c")


def test_one_text_is_one_criterion() -> None:
    text: Any = "funny moments"
    assert Query(criteria=text) == Query(criteria=("funny moments",))


@pytest.mark.parametrize("target_s", [math.nan, 0.0, -1.0, math.inf, -math.inf, 0, -0.0])
def test_a_target_that_is_no_positive_number_of_seconds_is_refused(target_s: float) -> None:
    with pytest.raises(OptionError, match=r"target_duration.*positive"):
        Query(target_duration_s=target_s)


@pytest.mark.parametrize("top", [0, -1])
def test_a_top_below_one_is_refused(top: int) -> None:
    with pytest.raises(OptionError, match="top"):
        Query(top=top)


@pytest.mark.parametrize("top", [2.5, math.nan, math.inf, "3", None])
def test_a_top_that_is_no_whole_number_is_refused(top: Any) -> None:
    with pytest.raises(OptionError, match="top"):
        Query(top=top)


@pytest.mark.parametrize("target_s", ["60", [60]])
def test_a_target_that_is_no_number_is_refused(target_s: Any) -> None:
    with pytest.raises(OptionError, match="target_duration"):
        Query(target_duration_s=target_s)


@pytest.mark.parametrize("criteria", [5, (5,), (None,), (b"funny",)])
def test_criteria_that_are_no_text_are_refused(criteria: Any) -> None:
    with pytest.raises(OptionError, match="criteria"):
        Query(criteria=criteria)


def test_a_query_does_not_change() -> None:
    query: Any = Query()
    with pytest.raises(FrozenInstanceError):
        query.top = 3


@given(st.floats(0.001, 1e5), st.floats(0.0, 1e5))
def test_a_target_allows_a_fifth_more_or_less(target_s: float, source_s: float) -> None:
    shortest_s, longest_s = Query(target_duration_s=target_s).length_range_s(source_s)
    assert shortest_s == pytest.approx(target_s - target_s / 5)
    assert longest_s == pytest.approx(target_s + target_s / 5)


@pytest.mark.parametrize(
    ("source_s", "expected"),
    [(7200.0, (15.0, 60.0)), (60.0, (15.0, 60.0)), (40.0, (10.0, 40.0)), (8.0, (2.0, 8.0))],
)
def test_without_a_target_a_short_source_allows_shorter_clips(
    source_s: float, expected: tuple[float, float]
) -> None:
    assert Query().length_range_s(source_s) == expected


@given(st.floats(0.0, 1e5))
def test_without_a_target_no_clip_is_longer_than_the_source(source_s: float) -> None:
    shortest_s, longest_s = Query().length_range_s(source_s)
    assert 0.0 <= shortest_s <= longest_s <= source_s
