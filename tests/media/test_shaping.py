from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.media.shaping import CLOCK, Shape, Shaper, fitted
from clipkit.types.media import VideoStream

_SIZES = st.integers(2, 8000)


def _stream(width: int, height: int, aspect: Fraction = Fraction(1), turn: int = 0) -> VideoStream:
    return VideoStream(0, "h264", width, height, turn, aspect, Fraction(25), "yuv420p", False)


@given(_SIZES, _SIZES, st.sampled_from([0, 90, 180, 270]), st.integers(100, 1080))
def test_the_shape_is_even_no_larger_than_the_source_and_has_its_proportions(
    width: int, height: int, turn: int, limit: int
) -> None:
    shape = fitted(_stream(width, height, turn=turn), limit)
    shown = (width, height) if turn % 180 == 0 else (height, width)
    assert shape.width_px % 2 == 0
    assert shape.height_px % 2 == 0
    assert min(shape.width_px, shape.height_px) <= limit + 1
    assert shape.width_px <= shown[0] + 1
    assert shape.height_px <= shown[1] + 1
    # Each side is off by one pixel at most for being even.
    assert abs(shape.width_px * shown[1] - shape.height_px * shown[0]) <= 1.01 * sum(shown)


@given(_SIZES, _SIZES)
def test_without_a_limit_the_size_stays(width: int, height: int) -> None:
    shape = fitted(_stream(width, height), None)
    assert abs(shape.width_px - width) <= 1
    assert abs(shape.height_px - height) <= 1


def test_a_wide_pixel_widens_the_picture() -> None:
    assert fitted(_stream(720, 576, Fraction(64, 45)), None) == Shape(1024, 576)
    assert fitted(_stream(720, 576, Fraction(64, 45)), 288) == Shape(512, 288)


def _frame(width: int, height: int, level: int, pixel_format: str = "yuv420p") -> av.VideoFrame:
    image = np.full((height, width, 3), level, np.uint8)
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pixel_format)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "rgb24", "rgba", "gray", "yuv422p10le"])
def test_any_pixel_format_comes_out_as_420_with_its_gray(pixel_format: str) -> None:
    shaper = Shaper(_stream(64, 48), Shape(64, 48))
    (shaped,) = shaper.take(_frame(64, 48, 128, pixel_format), 0, 3600)
    assert shaped.format.name == "yuv420p"
    assert shaped.to_ndarray(format="rgb24").mean() == pytest.approx(128, abs=4)


def test_a_change_of_size_within_a_film_is_followed() -> None:
    shaper = Shaper(_stream(64, 48), Shape(64, 48))
    sizes = [(64, 48), (64, 48), (128, 96), (32, 24), (64, 48)]
    shaped: list[av.VideoFrame] = []
    for number, (width, height) in enumerate(sizes):
        shaped += shaper.take(_frame(width, height, 40 * number + 20), 3600 * number, 3600)
    shaped += shaper.finish()
    assert [(frame.width, frame.height) for frame in shaped] == [(64, 48)] * 5
    assert [frame.pts for frame in shaped] == [0, 3600, 7200, 10800, 14400]
    levels = [frame.to_ndarray(format="rgb24").mean() for frame in shaped]
    assert levels == pytest.approx([20, 60, 100, 140, 180], abs=4)


def test_times_and_lengths_are_carried_through_one_by_one() -> None:
    shaper = Shaper(_stream(64, 48), Shape(32, 24))
    given_times = [(0, 10), (10, 7), (17, 90000)]
    shaped: list[av.VideoFrame] = []
    for pts, duration in given_times:
        shaped += shaper.take(_frame(64, 48, 100), pts, duration)
    shaped += shaper.finish()
    assert [(frame.pts, frame.duration) for frame in shaped] == given_times
    assert {frame.time_base for frame in shaped} == {CLOCK}
    assert list(shaper.finish()) == []
