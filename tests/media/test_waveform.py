from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from clipkit.media.shaping import CLOCK
from clipkit.media.waveform import RATE_HZ, SHAPE, waveform_pictures

_QUIET = np.zeros(8000, np.float32)
_LOUD = np.sin(np.arange(8000) / 5.0).astype(np.float32)


def _images(samples: npt.NDArray[np.float32], duration_s: float) -> list[npt.NDArray[np.int64]]:
    frames = waveform_pictures(samples, duration_s)
    return [frame.to_ndarray(format="rgb24").astype(int) for frame in frames]


def _played(image: npt.NDArray[np.int64]) -> int:
    """Count the pixels that are more orange than blue."""
    return int((image[:, :, 0] - image[:, :, 2] > 90).sum())


@pytest.mark.parametrize("duration_s", [0.01, 0.1, 0.96, 2.0, 3.3])
def test_pictures_follow_on_one_another_and_reach_the_end(duration_s: float) -> None:
    frames = list(waveform_pictures(_LOUD, duration_s))
    assert (frames[0].width, frames[0].height) == (SHAPE.width_px, SHAPE.height_px)
    times = [int(frame.pts or 0) for frame in frames]
    ends = [start + int(frame.duration) for start, frame in zip(times, frames, strict=True)]
    assert times[0] == 0
    assert times[1:] == ends[:-1]
    assert ends[-1] == round(duration_s / CLOCK)
    assert all(frame.time_base == CLOCK for frame in frames)
    assert len(frames) == max(1, round(duration_s * RATE_HZ))


def test_the_played_part_grows_from_none_to_all() -> None:
    played = [_played(image) for image in _images(_LOUD, 0.8)]
    assert all(later > sooner for sooner, later in pairwise(played))
    assert played[-1] > 6 * played[0]


def test_bars_are_tall_where_the_sound_is_loud() -> None:
    image = _images(np.concatenate([_QUIET, _LOUD]), 2.0)[0]
    drawn = (image[:, :, 2] > 80).sum(axis=0)
    half = SHAPE.width_px // 2
    assert drawn[10 : half - 10].max() < 10
    assert drawn[half + 10 :].max() > 0.7 * SHAPE.height_px


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(5, np.float32), _QUIET])
def test_silence_and_next_to_nothing_still_make_a_picture(
    samples: npt.NDArray[np.float32],
) -> None:
    assert len(_images(samples, 0.5)) == 5
