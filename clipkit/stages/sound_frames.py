"""Sound to short frames and their spectra, some seconds at a time.

A frame lies around a hop of 20 ms and is 40 ms long, Hann-windowed: long enough for three periods
of the lowest voice. Numpy's FFT takes one row after the other in one thread, so a frame's spectrum
depends neither on the number of threads nor on which frames are computed with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.types.delivery import SILENCE_LUFS
from clipkit.types.media import Audio

Floats = npt.NDArray[np.float32]

HOP_S = 0.02
"""Seconds from frame to frame."""

_WINDOW_S = 0.04

_FRAMES_AT_ONCE = 1024
"""Frames whose spectra are held at once: 2 MB for each array at 16 kHz."""

_OFFSET_DB = -0.691
"""Source: ITU-R BS.1770-5, equation 2; makes up for the weighting at 997 Hz."""


@dataclass(frozen=True, slots=True)
class Frames:
    """How sound of a rate is cut to frames."""

    rate_hz: int
    """Samples a second."""

    @property
    def hop(self) -> int:
        """Samples from frame to frame."""
        return round(HOP_S * self.rate_hz)

    @property
    def window(self) -> Floats:
        """Shape (samples of a frame,): a periodic Hann window."""
        length = round(_WINDOW_S * self.rate_hz)
        phase = 2.0 * np.pi * np.arange(length) / length
        return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)

    @property
    def fft_size(self) -> int:
        """Points of the transform: room for a frame and its autocorrelation at voices' periods."""
        return 1 << (round(1.5 * _WINDOW_S * self.rate_hz) - 1).bit_length()

    @property
    def frequencies_hz(self) -> npt.NDArray[np.float64]:
        """Shape (bins,): the middle of each bin."""
        return np.fft.rfftfreq(self.fft_size, 1.0 / self.rate_hz).astype(np.float64)

    @property
    def bin_shares(self) -> Floats:
        """Shape (bins,): what a spectrum is multiplied with to add up to the mean square."""
        shares = np.full(len(self.frequencies_hz), 2.0)
        shares[0] = shares[-1] = 1.0
        energy = float(np.square(self.window, dtype=np.float64).sum())
        return (shares / (self.fft_size * energy)).astype(np.float32)


def power_spectra(audio: Audio, frames_at_once: int = _FRAMES_AT_ONCE) -> Iterator[Floats]:
    """Yield the power spectra of all frames in order: arrays of shape (frames, bins).

    Frame n is of the time around n * 20 ms to (n + 1) * 20 ms; beyond its ends the sound is silent.
    """
    frames = Frames(audio.rate_hz)
    window, hop = frames.window, frames.hop
    ahead = (len(window) - hop) // 2
    size = len(audio.held)
    count = -(-size // hop)
    for first in range(0, count, frames_at_once):
        number = min(frames_at_once, count - first)
        start = first * hop - ahead
        stop = start + (number - 1) * hop + len(window)
        inside = audio.held[max(0, start) : stop]
        padded = np.pad(inside, (max(0, -start), max(0, stop - size)))
        rows = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop]
        level = rows.mean(axis=1, keepdims=True, dtype=np.float32)
        spectra = np.fft.rfft((rows - level) * window, n=frames.fft_size, axis=1)
        power: Floats = np.square(spectra.real) + np.square(spectra.imag)
        yield power


def k_weighting(frames: Frames) -> Floats:
    """Return what a power spectrum is multiplied with to add up to the K-weighted mean square.

    The ear's measure rather than the plain one: rumble, plosives and hum count little, the bands
    in which a voice is raised count most. Done to the spectrum, since the filters of the standard
    remember all that was before, which would show at the borders of chunks.

    Source: ITU-R BS.1770-5, annex 1, tables 1 and 2: the response of its filters at 48 kHz, which
    holds for other rates as well, since frequencies and not samples are weighted.

    Returns:
        Shape (bins,).
    """
    turn = np.exp(-2j * np.pi * frames.frequencies_hz / 48000.0)
    shelf = 1.53512485958697 - 2.69169618940638 * turn + 1.19839281085285 * turn**2
    shelf /= 1.0 - 1.69065929318241 * turn + 0.73248077421585 * turn**2
    high_pass = 1.0 - 2.0 * turn + turn**2
    high_pass /= 1.0 - 1.99004745483398 * turn + 0.99007225036621 * turn**2
    result: Floats = (np.square(np.abs(shelf * high_pass)) * frames.bin_shares).astype(np.float32)
    return result


def lufs(mean_square: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the loudness of K-weighted mean squares, of any shape."""
    level = _OFFSET_DB + 10.0 * np.log10(np.maximum(mean_square, 1e-30, dtype=np.float64))
    result: npt.NDArray[np.float64] = np.maximum(level, SILENCE_LUFS)
    return result
