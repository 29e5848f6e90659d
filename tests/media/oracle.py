"""What the ffmpeg program, a build other than the one inside PyAV, says about a file.

All times are seconds from the file's start as a player counts them. ``-copyts`` and an own
subtraction, because ffmpeg by itself counts from the first of the streams that it is asked for.
Answers are kept: no test changes a file that it has asked about.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.media.samples import ffmpeg

_SHOWN = re.compile(r"Parsed_showinfo.* pts_time:(-?[\d.e+-]+)")
_LENGTH = re.compile(r"Parsed_showinfo.* duration_time:([\d.e+-]+)")
_DURATION = re.compile(r"Duration: (\d+):(\d+):([\d.]+)")
_START = re.compile(r"Duration: .*start: (-?[\d.]+)")

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]


def run(*arguments: str) -> tuple[bytes, str]:
    """Run ffmpeg and return what it writes on its two outputs."""
    command = [ffmpeg(), "-hide_banner", "-nostdin", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout, done.stderr.decode("utf-8", "replace")


def write(*arguments: str) -> None:
    """Have ffmpeg write a file; fail where it fails."""
    command = [ffmpeg(), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, capture_output=True, check=True, timeout=120)


@cache
def summary(path: Path) -> str:
    """Return what ``ffmpeg -i`` prints about a file."""
    return run("-i", f"file:{path}")[1]


def duration_s(path: Path) -> float:
    """Return the duration in the header."""
    found = _DURATION.search(summary(path))
    assert found is not None, summary(path)
    hours, minutes, seconds = found.groups()
    return 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds)


def start_s(path: Path) -> float:
    """Return the time stamp that a player shows as zero."""
    found = _START.search(summary(path))
    return float(found[1]) if found is not None else 0.0


def pictures(
    path: Path, filters: str = "", shape: tuple[int, ...] = (), stream: str = "v:0"
) -> tuple[Floats, Pixels]:
    """Return the time of every picture and its pixels after ``filters``, as gray or RGB.

    Without a shape: small and gray, enough to tell a picture from its neighbours.
    """
    if not shape:
        times, _, images = _small_pictures(path, stream)
    else:
        times, _, images = _pictures(path, filters, shape, stream)
    return times, images


def shown_until_s(path: Path) -> float:
    """Return when the last picture ends."""
    times, lengths, _ = _small_pictures(path, "v:0")
    return float(times[-1] + lengths[-1])


@cache
def _small_pictures(path: Path, stream: str) -> tuple[Floats, Floats, Pixels]:
    return _pictures(path, "scale=64:48:flags=area", (48, 64), stream)


def _pictures(
    path: Path, filters: str, shape: tuple[int, ...], stream: str
) -> tuple[Floats, Floats, Pixels]:
    chain = f"showinfo,{filters},format={'rgb24' if len(shape) == 3 else 'gray'}"
    data, log = run(
        *("-copyts", "-i", f"file:{path}", "-map", f"0:{stream}", "-vf", chain),
        *("-fps_mode", "passthrough", "-f", "rawvideo", "-"),
    )
    times = np.array([float(time) for time in _SHOWN.findall(log)]) - start_s(path)
    lengths = np.array([float(length) for length in _LENGTH.findall(log)])
    images = np.frombuffer(data, np.uint8).reshape(-1, *shape)
    assert len(times) == len(images) > 0, log
    return times, lengths, images


def complaints(path: Path) -> str:
    """Return what ffmpeg has to say against a file that it decodes from end to end."""
    return run("-v", "warning", "-xerror", "-i", f"file:{path}", "-f", "null", "-")[1]


@cache
def sound(
    path: Path, rate_hz: int = 16000, stream: str = "a:0", gap_s: float = 0.1
) -> npt.NDArray[np.float32]:
    """Return the sound as one channel, silence where there is none: sample n at n / rate.

    Stamps that are off by less than ``gap_s`` are taken for jitter.
    """
    first = round(start_s(path) * rate_hz)
    data, _ = run(
        *("-copyts", "-i", f"file:{path}", "-map", f"0:{stream}", "-ac", "1"),
        *("-af", f"aresample={rate_hz},aresample=async=1:min_hard_comp={gap_s}:first_pts={first}"),
        *("-f", "f32le", "-"),
    )
    return np.frombuffer(data, np.float32)


def flashes_s(path: Path, stream: str = "v:0") -> list[float]:
    """Return when the picture turns white."""
    times, images = pictures(path, stream=stream)
    white = images.reshape(len(images), -1).min(axis=1) > 200
    return [float(times[n]) for n in range(len(white)) if white[n] and (n == 0 or not white[n - 1])]


def chirps_s(path: Path, rate_hz: int = 16000) -> list[float]:
    """Return when a sound begins that followed on 0.3 s of silence."""
    return onsets_s(sound(path, rate_hz), rate_hz)


def onsets_s(samples: npt.NDArray[np.float32], rate_hz: int) -> list[float]:
    """Return when the samples get loud after 0.3 s of silence."""
    loud = np.flatnonzero(np.abs(samples) > 0.08)
    if not len(loud):
        return []
    first = np.r_[True, np.diff(loud) > 0.3 * rate_hz]
    return [float(sample) / rate_hz for sample in loud[first]]


def lag_s(samples: npt.NDArray[np.float32], reference: npt.NDArray[np.float32]) -> float:
    """Return by how many seconds at 16 kHz ``samples`` come later than the reference."""
    size = 1 << (len(samples) + len(reference)).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(reference, size))
    place = int(np.argmax(np.fft.irfft(spectrum, size)))
    return (place - size if place > size // 2 else place) / 16000


def aligned(
    samples: npt.NDArray[np.float32], reference: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the two without the lag between them."""
    lag = round(lag_s(samples, reference) * 16000)
    return samples[max(0, lag) :], reference[max(0, -lag) :]


def likeness(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Return the correlation of two sounds, as far as both reach."""
    size = min(len(one), len(other))
    return float(np.corrcoef(one[:size], other[:size])[0, 1])


def psnr_db(one: Pixels, other: Pixels) -> float:
    """Return the peak signal-to-noise ratio of two pictures of one size."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return float(10.0 * np.log10(255.0**2 / max(error, 1e-9)))
