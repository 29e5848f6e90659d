"""Sound and shots to how much goes on in each second."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.stages.sound_frames import HOP_S, Frames, k_weighting, lufs, power_spectra
from clipkit.types.delivery import Activity
from clipkit.types.media import Audio, MediaInfo, Shots

Floats = npt.NDArray[np.float64]

_WINDOW_S = 10.0
"""Seconds in which cuts are counted: a few shots of lively editing."""

_EDGES_HZ = (100, 300, 500, 800, 1200, 1700, 2400, 3300, 4500, 6000, 7900)
"""Borders of the bands whose rise is an onset: each wide enough that noise alone hardly moves."""

_STEP = 2
"""Frames between the two spectra that are compared: as far apart as frames are long."""

_FLOOR_DB = -70.0
"""Below this a band is silent, in dB of full scale."""

_SMALLEST_DB = 6.0
"""A rise below this is what steady noise does by chance."""


@dataclass(frozen=True, kw_only=True)
class MeasureActivity:
    """Measures loudness, onsets and cuts of every second, for sources nobody speaks in.

    Costs about two seconds of one core for an hour of sound, and a few MB beside the samples.
    """

    def __call__(self, audio: Audio, shots: Shots, info: MediaInfo) -> Activity:
        """Return the curves over the whole source; without sound, of the cuts alone."""
        duration_s = max(info.duration_s, audio.duration_s)
        seconds = int(np.ceil(duration_s))
        has_sound = len(audio.held) > 0
        loudness = np.full(seconds, np.nan, np.float32)
        onsets = np.full(seconds, np.nan, np.float32)
        if has_sound:
            squares, rises = _tracks(audio)
            loudness[:] = lufs(_means(squares, seconds))
            onsets[:] = _means(rises, seconds)
        return Activity(duration_s, has_sound, loudness, onsets, _cuts(shots, seconds))


def _tracks(audio: Audio) -> tuple[Floats, Floats]:
    """Return the K-weighted mean square of every frame, and how much its spectrum rises."""
    frames = Frames(audio.rate_hz)
    weighting, shares = k_weighting(frames), frames.bin_shares
    starts = np.searchsorted(frames.frequencies_hz, _EDGES_HZ)
    squares, rises = [], []
    before: Floats | None = None
    for power in power_spectra(audio):
        squares.append((power * weighting).sum(axis=1).astype(np.float64))
        bands = np.add.reduceat(power * shares, starts, axis=1)[:, :-1].astype(np.float64)
        level = 10.0 * np.log10(np.maximum(bands, 10.0 ** (_FLOOR_DB / 10.0)))
        if before is None:
            before = level[:1].repeat(_STEP, axis=0)
        level = np.concatenate([before, level])
        rise = level[_STEP:] - level[:-_STEP]
        rises.append(np.where(rise >= _SMALLEST_DB, rise, 0.0).mean(axis=1))
        before = level[-_STEP:]
    return np.concatenate(squares), np.concatenate(rises)


def _means(track: Floats, seconds: int) -> Floats:
    """Return the mean of a value of frames over each second; 0 after the sound's end."""
    per_second = round(1.0 / HOP_S)
    second = np.arange(len(track)) // per_second
    totals = np.bincount(second, track, minlength=seconds)
    counts = np.bincount(second, minlength=seconds)
    result: Floats = totals[:seconds] / np.maximum(counts[:seconds], 1)
    return result


def _cuts(shots: Shots, seconds: int) -> npt.NDArray[np.uint16]:
    cuts_s = np.array(shots.cuts_s, np.float64)
    middles_s = np.arange(seconds) + 0.5
    until = np.searchsorted(cuts_s, middles_s + _WINDOW_S / 2.0)
    return (until - np.searchsorted(cuts_s, middles_s - _WINDOW_S / 2.0)).astype(np.uint16)
