"""A recording long enough to measure on, out of shorter ones."""

import wave
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Source

_RATE_HZ = 44100


def write_talk(sources: Sequence[Path], minutes: float, path: Path) -> None:
    """Write AAC that plays recordings one after another, again and again.

    Args:
        sources: Recordings of any format.
        minutes: How long it is to be.
        path: Of the file, named ``*.m4a``.
    """
    monitor = Monitor("benchmark")
    parts = [decode_audio(probe(Source(one), monitor), monitor).samples for one in sources]
    once = np.concatenate(parts)
    wanted = round(minutes * 60 * 16000)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=_RATE_HZ, layout="mono")
        resampler = av.AudioResampler("fltp", "mono", _RATE_HZ)
        for start in range(0, wanted, 16000):
            places = np.arange(start, min(start + 16000, wanted)) % len(once)
            frame = av.AudioFrame.from_ndarray(once[None, places], format="fltp", layout="mono")
            frame.sample_rate = 16000
            for resampled in resampler.resample(frame):
                container.mux(stream.encode(resampled))
        for resampled in resampler.resample(None):
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))


def write_exact(source: Path, path: Path) -> None:
    """Write a recording again so that every decoder gives the very same samples.

    Args:
        source: Of any format.
        path: Of the file, 16 bits at 16 kHz, named ``*.wav``.
    """
    monitor = Monitor("benchmark")
    samples = decode_audio(probe(Source(source), monitor), monitor).samples
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((samples.clip(-1.0, 1.0) * 32767.0).round().astype("<i2").tobytes())
