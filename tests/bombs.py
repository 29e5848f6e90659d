"""Small files that would fill a memory if they were taken at their word."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def days_of_silence(path: Path) -> None:
    """Write two short sounds, four days apart: 22 GB of samples."""
    two_sounds(path, 4 * 86_400)


def two_sounds(path: Path, apart_s: int) -> None:
    """Write two short sounds, and nothing between them."""
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, (1, 1024)).astype(np.float32)
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("aac", rate=16000)
        stream.layout = "mono"
        for first in (0, apart_s * 16000):
            for place in range(20):
                frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
                frame.rate, frame.time_base = 16000, Fraction(1, 16000)
                frame.pts = first + 1024 * place
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def vast_pictures(path: Path) -> None:
    """Write a film of two pictures of 9000x9000: 120 MB each, and a decoder keeps many."""
    _film(path, "mp4", 9000, 2)


def growing_pictures(path: Path) -> None:
    """Write a film whose pictures are of 160x160 first, then of 9000x9000."""
    parts = []
    for size_px, pictures in ((160, 300), (9000, 2)):
        _film(path, "h264", size_px, pictures)
        parts.append(path.read_bytes())
    path.write_bytes(b"".join(parts))


BOMBS: dict[str, tuple[Callable[[Path], None], str]] = {
    "days_of_silence.mkv": (days_of_silence, "96.0 hours"),
    "vast_pictures.mp4": (vast_pictures, "9000x9000 pixels"),
}
"""Files by name: what writes each, and a part of what is said of it."""


def _film(path: Path, container_format: str, size_px: int, pictures: int) -> None:
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width = stream.height = size_px
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame(size_px, size_px, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for place in range(pictures):
            frame.pts = place
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
