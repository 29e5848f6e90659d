"""Spectra to pitch.

Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17 (1993): a frame's autocorrelation
over its window's, without the search for the cheapest path through all frames; medians over
sentences do that part.
"""

import numpy as np
import numpy.typing as npt

from clipkit.stages.sound_frames import Floats, Frames

_LOWEST_HZ = 75.0
"""Three periods fit in a frame."""

_HIGHEST_HZ = 500.0
"""Children's and excited voices."""

_VOICED = 0.5
"""Autocorrelation of a voiced frame; white noise stays below .35 at this length."""

_OCTAVE_COST = 0.05
"""Taken off for each octave downwards, since twice a period is a period as well; leaps between
frames of recorded voices are fewest with about this."""


def pitch_of(power: Floats, frames: Frames) -> npt.NDArray[np.float32]:
    """Return the pitch of frames in Hz, NaN where there is none.

    Args:
        power: Power spectra, shape (frames, bins).
        frames: What they were cut with.

    Returns:
        Shape (frames,), 75 to 500 or NaN.
    """
    shortest = int(frames.rate_hz / _HIGHEST_HZ)
    longest = int(np.ceil(frames.rate_hz / _LOWEST_HZ))
    lags = np.arange(shortest - 1, longest + 2)
    own = np.fft.irfft(power, axis=1).astype(np.float32, copy=False)
    blurred = np.fft.irfft(np.square(np.abs(np.fft.rfft(frames.window, n=frames.fft_size))))
    shape = (blurred[lags] / blurred[0]).astype(np.float32)
    likeness = own[:, lags[0] : lags[-1] + 1] / (np.maximum(own[:, :1], np.float32(1e-20)) * shape)

    middle = likeness[:, 1:-1]
    is_peak = (middle > likeness[:, :-2]) & (middle >= likeness[:, 2:])
    cost = (_OCTAVE_COST * np.log2(lags[1:-1] / shortest)).astype(np.float32)
    best = np.where(is_peak, middle - cost, np.float32(-1.0)).argmax(axis=1)
    rows = np.arange(len(power))
    left, peak, right = (likeness[rows, best + side] for side in (0, 1, 2))
    bend = np.where(is_peak[rows, best], 2.0 * peak - left - right, np.float32(1.0))
    lag = lags[best + 1] + 0.5 * (right - left) / np.maximum(bend, np.float32(1e-9))
    is_voiced = is_peak[rows, best] & (peak >= _VOICED)
    return np.where(is_voiced, frames.rate_hz / lag, np.nan).astype(np.float32)
