"""Which video encoder runs on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import av
import av.error
import av.logging
import numpy as np

from clipkit.errors import EngineError


@dataclass(frozen=True, slots=True)
class VideoEncoder:
    """An H.264 encoder of FFmpeg with settings for two purposes."""

    name: str
    """FFmpeg's name."""

    preview_options: dict[str, str] = field(hash=False)
    """Settings for small files, fast."""

    render_options: dict[str, str] = field(hash=False)
    """Settings for quality that is hard to tell from the source."""


NVENC = VideoEncoder(
    "h264_nvenc",
    {"preset": "p4", "rc": "vbr", "cq": "28", "b": "0"},
    {"preset": "p6", "rc": "vbr", "cq": "19", "b": "0"},
)
X264 = VideoEncoder(
    "libx264",
    {"preset": "veryfast", "crf": "24"},
    {"preset": "medium", "crf": "18"},
)
VIDEO_ENCODERS = (NVENC, X264)
"""In the order they are tried."""


@cache
def encoder_failure(name: str) -> str | None:
    """Encode real pictures and return why that failed, or None where it worked.

    The name of an encoder always resolves; without its driver it only fails at the first picture.
    """
    with _complaints() as complaints:
        try:
            packets = _encoded_test_pictures(name)
        except (av.error.FFmpegError, ValueError) as error:
            said = [text.strip() for _, _, text in complaints if text.strip()]
            return said[-1] if said else getattr(error, "strerror", None) or str(error)
    return None if packets else "it took pictures and gave no data"


@contextmanager
def _complaints() -> Iterator[list[tuple[int, str, str]]]:
    """Collect what FFmpeg logs as errors: the error itself only says "not permitted"."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture() as complaints:
            yield complaints
    finally:
        av.logging.set_level(level)


def _encoded_test_pictures(name: str) -> int:
    """Return how many packets an encoder makes of three pictures."""
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 640, 360, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    packets = 0
    for index in range(3):
        picture = np.full((540, 640), 32 * index, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = index
        packets += len(context.encode(frame))
    return packets + len(context.encode(None))


def working_encoder() -> tuple[VideoEncoder, tuple[tuple[VideoEncoder, str], ...]]:
    """Return the first encoder that works, and those before it with why they don't.

    Raises:
        EngineError: None works.
    """
    failed: list[tuple[VideoEncoder, str]] = []
    for encoder in VIDEO_ENCODERS:
        failure = encoder_failure(encoder.name)
        if failure is None:
            return encoder, tuple(failed)
        failed.append((encoder, failure))
    raise EngineError(
        "cannot encode H.264 video",
        "; ".join(f"{encoder.name}: {failure}" for encoder, failure in failed),
        "Reinstall PyAV from its wheel: pip install --force-reinstall av",
    )
