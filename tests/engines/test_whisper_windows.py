"""Packing speech into Whisper's windows."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.whisper_windows import WINDOW_S, packed
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


@given(speech(), st.floats(0.0, 5.0))
def test_windows_hold_all_speech(spans: list[Span], tail_s: float) -> None:
    windows = merged(packed(spans, spans[-1].end_s + tail_s if spans else tail_s), _ROUNDING_S)
    for span in spans:
        covered = sum(window.intersection_s(span) for window in windows)
        assert abs(covered - span.duration_s) < _ROUNDING_S


@given(speech(), st.floats(0.0, 5.0))
def test_windows_are_in_order_apart_and_none_over_30_s(spans: list[Span], tail_s: float) -> None:
    duration_s = spans[-1].end_s + tail_s if spans else tail_s
    windows = packed(spans, duration_s)
    assert all(0.0 <= window.start_s < window.end_s <= duration_s for window in windows)
    assert all(window.duration_s <= WINDOW_S + _ROUNDING_S for window in windows)
    assert all(one.end_s <= next_.start_s + _ROUNDING_S for one, next_ in pairwise(windows))


@given(speech())
def test_borders_fall_into_pauses_where_the_pieces_are_short(spans: list[Span]) -> None:
    short = [span for span in spans if span.duration_s <= 29.0]
    for window in packed(short, 1e4):
        for span in short:
            for border_s in (window.start_s, window.end_s):
                assert not span.start_s + _ROUNDING_S < border_s < span.end_s - _ROUNDING_S


def test_a_border_between_close_spans_is_in_the_middle_of_the_pause() -> None:
    windows = packed([Span(1.0, 20.0), Span(20.1, 40.0)], 50.0)
    assert [round(window.end_s, 6) for window in windows] == [20.05, 40.1]
    assert round(windows[1].start_s, 6) == 20.05


def test_neighbours_share_a_window_with_the_pause_between() -> None:
    assert packed([Span(1.0, 2.0), Span(12.0, 13.0)], 20.0) == [Span(0.9, 13.1)]


def test_sound_around_the_speech_stays_inside_the_source() -> None:
    assert packed([Span(0.0, 3.0)], 3.02) == [Span(0.0, 3.02)]


def test_no_speech_gives_no_windows() -> None:
    assert packed([], 100.0) == []
