"""Packing speech into Whisper's windows."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.whisper_windows import WINDOW_S, Window, batched, halved, packed, spread
from clipkit.types.time import Span, merged

_ROUNDING_S = 1e-6


@st.composite
def speech(draw: st.DrawFn) -> list[Span]:
    """Ascending spans without overlap; pauses and spans from nothing to over a window."""
    time_s = draw(st.floats(0.0, 40.0))
    spans = []
    for pause_s, long_s in draw(
        st.lists(st.tuples(st.floats(0.0, 45.0), st.floats(0.01, 70.0)), max_size=12)
    ):
        spans.append(Span(time_s + pause_s, time_s + pause_s + long_s))
        time_s = spans[-1].end_s
    return spans


def spans_of(windows: Iterable[Window]) -> list[Span]:
    return [window.span for window in windows]


@given(speech(), st.floats(5.0, 30.0))
def test_windows_hold_all_speech(spans: list[Span], aim_s: float) -> None:
    windows = merged(spans_of(packed(spans, aim_s)), _ROUNDING_S)
    for span in spans:
        covered = sum(window.intersection_s(span) for window in windows)
        assert abs(covered - span.duration_s) < _ROUNDING_S


@given(speech(), st.floats(5.0, 30.0))
def test_windows_are_in_order_apart_and_none_over_30_s(spans: list[Span], aim_s: float) -> None:
    windows = spans_of(packed(spans, aim_s))
    assert all(0.0 <= window.start_s < window.end_s for window in windows)
    assert all(window.duration_s <= WINDOW_S + _ROUNDING_S for window in windows)
    assert all(one.end_s <= next_.start_s + _ROUNDING_S for one, next_ in pairwise(windows))


@given(speech())
def test_borders_fall_into_pauses_where_the_pieces_are_short(spans: list[Span]) -> None:
    short = [span for span in spans if span.duration_s <= 29.0]
    for window in spans_of(packed(short)):
        for span in short:
            for border_s in (window.start_s, window.end_s):
                assert not span.start_s + _ROUNDING_S < border_s < span.end_s - _ROUNDING_S


def test_a_border_between_close_spans_is_in_the_middle_of_the_pause() -> None:
    windows = spans_of(packed([Span(1.0, 20.0), Span(20.1, 40.0)]))
    assert [round(window.end_s, 6) for window in windows] == [20.05, 40.1]
    assert round(windows[1].start_s, 6) == 20.05


def test_neighbours_share_a_window_with_the_pause_between() -> None:
    speech = Span(1.0, 2.0), Span(12.0, 13.0)
    assert list(packed(speech)) == [Window(Span(0.9, 13.1), speech)]
    assert spans_of(packed(speech, 10.0)) == [Span(0.9, 2.1), Span(11.9, 13.1)]


@given(speech(), st.floats(5.0, 30.0))
def test_a_window_knows_what_is_spoken_in_it(spans: list[Span], aim_s: float) -> None:
    windows = list(packed(spans, aim_s))
    for window in windows:
        assert window.speech
        assert all(window.span.intersection_s(one) == one.duration_s for one in window.speech)
    parts = merged([one for window in windows for one in window.speech], _ROUNDING_S)
    assert sum(part.duration_s for part in parts) == pytest.approx(
        sum(span.duration_s for span in merged(spans, _ROUNDING_S))
    )


def test_no_speech_gives_no_windows() -> None:
    assert list(packed([])) == []


def test_a_window_is_there_as_soon_as_the_next_does_not_fit() -> None:
    def speaking() -> Iterator[Span]:
        yield from (Span(0.0, 10.0), Span(11.0, 20.0), Span(21.0, 35.0), Span(36.0, 40.0))
        pytest.fail("it asked for more than it needs")

    assert next(packed(speaking())).span == Span(0.0, 20.1)


@given(speech(), st.integers(1, 5))
def test_batches_hold_every_window_once_filled_up_to_the_first_length_that_holds_it(
    spans: list[Span], size: int
) -> None:
    windows = list(packed(spans, 15.0))
    batches = list(batched(windows, lambda: size, (15.0, 20.0, 30.0)))
    assert sorted(spans_of(one for batch in batches for one in batch.windows)) == spans_of(windows)
    assert all(1 <= len(batch.windows) <= size for batch in batches)
    for batch in batches:
        shorter = {15.0: 0.0, 20.0: 15.0, 30.0: 20.0}[batch.length_s]
        for window in batch.windows:
            assert shorter <= window.span.duration_s <= batch.length_s + _ROUNDING_S


def test_a_batch_may_get_smaller_on_the_way() -> None:
    sizes = iter([4, 4, 4, 4, 2, 2, 2, 2, 2, 2])
    windows = list(packed(Span(40.0 * place, 40.0 * place + 20.0) for place in range(8)))
    batches = batched(windows, lambda: next(sizes), (30.0,))
    assert [len(batch.windows) for batch in batches] == [4, 2, 2]


@pytest.mark.parametrize(
    ("there", "asked", "places"),
    [(100, 5, [0, 25, 50, 74, 99]), (3, 5, [0, 1, 2]), (1, 5, [0]), (2, 1, [0]), (0, 5, [])],
)
def test_windows_come_from_all_over_the_source(there: int, asked: int, places: list[int]) -> None:
    windows = [Window(Span(30.0 * place, 30.0 * place + 30.0), ()) for place in range(100)]
    assert spread(windows[:there], asked) == [windows[place] for place in places]


@given(speech())
def test_halves_hold_what_the_window_holds(spans: list[Span]) -> None:
    for window in packed(spans):
        parts = halved(window)
        if window.span.duration_s < 5.0:
            assert parts == ()
            continue
        assert 1 <= len(parts) <= 2
        assert all(0.2 < p.span.duration_s / window.span.duration_s < 0.8 for p in parts)
        spoken_s = sum(one.duration_s for part in parts for one in part.speech)
        whole_s = sum(one.duration_s for one in window.speech)
        assert abs(spoken_s - whole_s) < _ROUNDING_S
        for part in parts:
            assert part.speech
            assert all(part.span.start_s <= one.start_s <= part.span.end_s for one in part.speech)


def test_windows_are_parted_at_the_longest_pause_of_their_middle() -> None:
    spans = (Span(0.0, 3.0), Span(6.0, 13.0), Span(13.4, 18.0), Span(19.0, 29.0))
    first, second = halved(Window(Span(0.0, 29.0), spans))
    assert first == Window(Span(0.0, 18.5), spans[:3])
    assert second == Window(Span(18.5, 29.0), spans[3:])
    whole = Window(Span(0.0, 20.0), (Span(0.0, 20.0),))
    assert [part.span for part in halved(whole)] == [Span(0.0, 10.0), Span(10.0, 20.0)]
