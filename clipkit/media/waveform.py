"""A picture for sound that has none: its waveform, with a line that moves as it plays."""

from collections.abc import Iterator
from itertools import pairwise

import av
import numpy as np
import numpy.typing as npt

from clipkit.media.shaping import CLOCK, Shape

SHAPE = Shape(854, 480)
RATE_HZ = 10
"""Smooth enough for a line that moves a few pixels a second."""

_BACKGROUND = (22, 24, 32)
_AHEAD = (92, 102, 128)
_PLAYED = (255, 176, 64)


def waveform_pictures(
    samples: npt.NDArray[np.float32], duration_s: float
) -> Iterator[av.VideoFrame]:
    """Yield the pictures of a clip whose sound is ``samples``.

    Args:
        samples: Shape (n,), in [-1, 1]; its length stands for ``duration_s``.
        duration_s: Seconds.
    """
    bars = _bars(samples)
    count = max(1, round(duration_s * RATE_HZ))
    for index in range(count):
        played = round(SHAPE.width_px * index / count)
        image = np.full((SHAPE.height_px, SHAPE.width_px, 3), _BACKGROUND, np.uint8)
        image[bars] = _AHEAD
        image[:, :played][bars[:, :played]] = _PLAYED
        image[:, played : played + 2] = _PLAYED
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
            format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG", threads=1
        )
        frame.pts, frame.time_base = round(index / RATE_HZ / CLOCK), CLOCK
        end_s = (index + 1) / RATE_HZ if index + 1 < count else duration_s
        frame.duration = round(end_s / CLOCK) - frame.pts
        yield frame


def _bars(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Return which pixels belong to a bar: shape (height, width); bars 4 wide, 2 apart."""
    columns = np.arange(SHAPE.width_px)
    edges = np.linspace(0, max(1, len(samples)), SHAPE.width_px // 6 + 2).astype(int)
    loud = np.array(
        [float(np.abs(samples[start:end]).max(initial=0.0)) for start, end in pairwise(edges)]
    )
    peak = max(float(loud.max(initial=0.0)), 1e-3)
    heights = np.maximum(2.0, loud / peak * SHAPE.height_px * 0.4)[columns // 6]
    rows = np.abs(np.arange(SHAPE.height_px) - SHAPE.height_px / 2)
    bars: npt.NDArray[np.bool_] = (rows[:, None] < heights[None, :]) & (columns % 6 < 4)[None, :]
    return bars
