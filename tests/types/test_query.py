"""What may be asked, and what is refused with a reason."""

import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.types.query import CRITERIA_MAX_CHARS, Query, Region
from clipkit.types.time import Span


def test_no_criteria_ask_for_general_highlights() -> None:
    assert Query().criteria == Query().exclude == ()


@pytest.mark.parametrize("name", ["criteria", "exclude"])
@pytest.mark.parametrize("empty", ["", "   ", "\n\t", "\u3000"])
def test_an_empty_text_is_refused(name: str, empty: str) -> None:
    with pytest.raises(OptionError, match=rf"{name} .*it is empty") as caught:
        Query(**_texts(name, "funny moments", empty))
    assert "Leave it out" in caught.value.remedy


@pytest.mark.parametrize("name", ["criteria", "exclude"])
@pytest.mark.parametrize("text", ["???", "🎂", "… — !", "😀 🎉"])
def test_a_text_without_a_letter_or_digit_is_refused(name: str, text: str) -> None:
    with pytest.raises(OptionError, match=rf"{name} .*neither a letter nor a digit") as caught:
        Query(**_texts(name, "funny moments", text))
    assert repr(text) in caught.value.found


@pytest.mark.parametrize("text", ["C++", "7", "🎂 cake", "蛋糕", "เค้ก", "कः", "ع"])
def test_a_letter_or_digit_of_any_script_is_enough(text: str) -> None:
    assert Query(criteria=(text,)).criteria == (text,)


def _texts(name: str, *texts: str) -> Any:
    return {name: texts}


@pytest.mark.parametrize("name", ["criteria", "exclude"])
def test_a_text_of_ten_thousand_characters_is_refused_with_both_numbers(name: str) -> None:
    with pytest.raises(OptionError, match=rf"{name} .*{CRITERIA_MAX_CHARS}.*10000"):
        Query(**_texts(name, "x" * 10_000))


def test_a_criterion_of_the_longest_length_is_taken() -> None:
    text = "x" * CRITERIA_MAX_CHARS
    assert Query(criteria=(text,)).criteria == (text,)
    with pytest.raises(OptionError):
        Query(criteria=(text + "x",))


def test_space_around_and_within_a_criterion_does_not_count() -> None:
    wide = " " * 2000 + "funny\n  moments " + " " * 2000
    assert Query(criteria=(wide,)).criteria == ("funny moments",)


@pytest.mark.parametrize("name", ["criteria", "exclude"])
def test_the_same_text_counts_once_at_its_first_place(name: str) -> None:
    query = Query(**_texts(name, "b", "a", " b ", "a", "c"))
    assert getattr(query, name) == ("b", "a", "c")


def test_one_text_is_one_criterion() -> None:
    text: Any = "funny moments"
    assert Query(criteria=text) == Query(criteria=("funny moments",))
    assert Query(exclude=text) == Query(exclude=("funny moments",))


def test_the_same_text_in_other_letters_is_the_same() -> None:
    with pytest.raises(OptionError, match="both name 'Stars'"):
        Query(criteria=("dogs", "Stars"), exclude=("stARS",))


def test_the_same_text_cannot_be_wanted_and_excluded() -> None:
    with pytest.raises(OptionError, match=r"look for and exclude the same.*'stars'"):
        Query(criteria=("jokes", "stars"), exclude=(" stars ", "ads"))


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


_NO_TEXTS = [5, (5,), (None,), (b"funny",), None, {"funny": 1}]


@pytest.mark.parametrize("name", ["criteria", "exclude"])
@pytest.mark.parametrize("value", _NO_TEXTS)
def test_criteria_that_are_no_text_are_refused(name: str, value: Any) -> None:
    options: Any = {name: value}
    with pytest.raises(OptionError, match=f"{name} is one text or several"):
        Query(**options)


def test_a_query_does_not_change() -> None:
    query: Any = Query()
    with pytest.raises(FrozenInstanceError):
        query.top = 3


@pytest.mark.parametrize("name", ["top", "target_duration_s"])
@pytest.mark.parametrize("value", [True, False])
def test_a_yes_or_no_is_no_number(name: str, value: bool) -> None:
    options: Any = {name: value}
    with pytest.raises(OptionError, match=name.removesuffix("_s")):
        Query(**options)


# Lengths.


@pytest.mark.parametrize("limit_s", [math.nan, 0.0, -1.0, math.inf, "5"])
def test_a_limit_that_is_no_positive_number_of_seconds_is_refused(limit_s: Any) -> None:
    with pytest.raises(OptionError, match=r"min_duration is a positive"):
        Query(duration_limits_s=(limit_s, None))
    with pytest.raises(OptionError, match=r"max_duration is a positive"):
        Query(duration_limits_s=(None, limit_s))


def test_limits_the_wrong_way_round_are_refused_with_both() -> None:
    with pytest.raises(OptionError, match=r"min_duration is 30 s and max_duration 20 s"):
        Query(duration_limits_s=(30.0, 20.0))
    assert Query(duration_limits_s=(20.0, 20.0)).length_range_s(100.0) == (20.0, 20.0)


@pytest.mark.parametrize("limits_s", [(50.0, None), (None, 30.0), (10.0, 30.0), (50.0, 60.0)])
def test_a_target_outside_its_limits_is_refused(
    limits_s: tuple[float | None, float | None],
) -> None:
    with pytest.raises(OptionError, match=r"clips of 40 s .*outside min_duration and max_duration"):
        Query(target_duration_s=40.0, duration_limits_s=limits_s)


@given(st.floats(0.001, 1e5), st.floats(0.0, 1e5))
def test_a_target_allows_a_fifth_more_or_less(target_s: float, source_s: float) -> None:
    shortest_s, longest_s = Query(target_duration_s=target_s).length_range_s(source_s)
    assert shortest_s == pytest.approx(target_s - target_s / 5)
    assert longest_s == pytest.approx(target_s + target_s / 5)


@given(
    st.lists(st.floats(0.001, 1e4), min_size=3, max_size=3).map(sorted),
    st.tuples(*[st.booleans()] * 3),
    st.floats(0.0, 1e5),
)
def test_limits_are_held_and_leave_a_length(
    lengths_s: list[float], given_ones: tuple[bool, bool, bool], source_s: float
) -> None:
    shortest, target, longest = (
        length_s if is_given else None
        for length_s, is_given in zip(lengths_s, given_ones, strict=True)
    )
    query = Query(target_duration_s=target, duration_limits_s=(shortest, longest))
    shortest_s, longest_s = query.length_range_s(source_s)
    assert 0.0 <= shortest_s <= longest_s
    assert shortest is None or shortest_s >= shortest
    assert longest is None or longest_s <= longest
    assert target is None or shortest_s <= target <= longest_s


@pytest.mark.parametrize(
    ("limits_s", "expected"),
    [
        ((None, 8.0), (2.0, 8.0)),
        ((None, 200.0), (15.0, 200.0)),
        ((5.0, None), (5.0, 60.0)),
        ((30.0, None), (30.0, 120.0)),
    ],
)
def test_one_limit_leaves_the_other_in_proportion(
    limits_s: tuple[float | None, float | None], expected: tuple[float, float]
) -> None:
    assert Query(duration_limits_s=limits_s).length_range_s(7200.0) == expected


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


# Regions.


@pytest.mark.parametrize("span", [Span(5.0, 5.0), Span(-1.0, 5.0), Span(0.0, 0.0)])
def test_a_range_of_no_length_or_before_the_start_is_refused(span: Span) -> None:
    told = f"it runs {span.start_s:g} to {span.end_s:g} s"
    for options in ({"within": span}, {"pinned": (span,)}, {"excluded": (span,)}):
        with pytest.raises(OptionError, match=told):
            Region(**options)


def test_pins_that_overlap_are_refused_with_both() -> None:
    with pytest.raises(OptionError, match=r"clips don't overlap.*0 to 10 s and 9 to 20 s"):
        Region(pinned=(Span(9.0, 20.0), Span(0.0, 10.0)))
    with pytest.raises(OptionError, match="clips don't overlap"):
        Region(pinned=(Span(0.0, 10.0), Span(0.0, 10.0)))


def test_a_pin_that_is_excluded_is_refused_with_both() -> None:
    excluded = (Span(50.0, 60.0), Span(9.0, 20.0))
    with pytest.raises(OptionError, match=r"cannot pin 5 to 10 s: 9 to 20 s is excluded"):
        Region(pinned=(Span(5.0, 10.0),), excluded=excluded)


@pytest.mark.parametrize("pin", [Span(5.0, 15.0), Span(15.0, 25.0), Span(30.0, 31.0), Span(1, 90)])
def test_a_pin_outside_the_range_is_refused_with_both(pin: Span) -> None:
    told = rf"cannot pin {pin.start_s:g} to {pin.end_s:g} s: only 10 to 20 s is searched"
    with pytest.raises(OptionError, match=told):
        Region(within=Span(10.0, 20.0), pinned=(pin,))


def test_spans_that_touch_do_not_contradict_each_other() -> None:
    pins = Span(0.0, 10.0), Span(10.0, 20.0)
    region = Region(within=Span(0.0, 20.0), pinned=pins, excluded=(Span(20.0, 30.0),))
    assert region.pinned == pins


def test_spans_are_kept_in_the_order_of_time() -> None:
    spans = Span(30.0, 40.0), Span(0.0, 10.0)
    assert Region(pinned=spans).pinned == Region(excluded=spans).excluded == spans[::-1]


def test_more_pins_than_clips_are_refused_with_both_numbers() -> None:
    region = Region(pinned=(Span(0.0, 1.0), Span(2.0, 3.0)))
    with pytest.raises(OptionError, match=r"at most 1 clips.*2 spans are pinned"):
        Query(top=1, region=region)
    assert Query(top=2, region=region).region == region


# The arguments of a call.


def test_the_arguments_of_a_call_make_a_query() -> None:
    made = Query.of("funny", exclude=["ads", "jokes"], target_duration=30.0, top=3)
    assert made == Query(
        criteria=("funny",), exclude=("ads", "jokes"), target_duration_s=30.0, top=3
    )
    assert Query.of(["a", "b"], exclude="c") == Query(criteria=("a", "b"), exclude=("c",))
    assert Query.of(()) == Query()


def test_a_query_is_taken_as_it_is() -> None:
    query = Query(criteria=("funny",), top=3)
    assert Query.of(query) is query


@pytest.mark.parametrize("beside", [{"exclude": "ads"}, {"target_duration": 30.0}, {"top": 3}])
def test_beside_a_query_nothing_is_taken(beside: Any) -> None:
    with pytest.raises(OptionError, match="a Query says all of the question"):
        Query.of(Query(), **beside)


@pytest.mark.parametrize("value", _NO_TEXTS)
def test_a_call_for_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(OptionError, match="criteria is one text or several"):
        Query.of(value)
    with pytest.raises(OptionError, match="exclude is one text or several"):
        Query.of("funny", exclude=value)
