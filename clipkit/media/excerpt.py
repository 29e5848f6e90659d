"""A stretch of a file, written as an MP4 of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import av
import av.error
import numpy as np

from clipkit.errors import EngineError, OutOfMemory, OutputError, UnreadableMedia
from clipkit.files import whole_file
from clipkit.media.audio import Block, read_sound
from clipkit.media.encoders import VideoEncoder
from clipkit.media.opening import translated, writing
from clipkit.media.pictures import read_pictures
from clipkit.media.shaping import CLOCK, Shape, Shaper, fitted
from clipkit.media.waveform import RATE_HZ, SHAPE, waveform_pictures
from clipkit.types.events import Monitor
from clipkit.types.media import MediaInfo
from clipkit.types.time import Span

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_Stamped: TypeAlias = "tuple[float, VideoFrame | AudioFrame]"
"""A frame with when it is shown or heard, seconds from the start of the excerpt."""

SOUND_RATE_HZ = 48000
_BLOCK = 1024
"""Samples of an AAC frame."""

_BT709 = 1
"""Matrix, primaries and transfer alike. Source: ITU-T H.273."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an excerpt is written for."""

    height_px: int | None
    """The short side is shrunk to this; None keeps the size."""

    is_preview: bool
    """Small and fast rather than close to the source."""

    audio_bit_rate: int
    """Bits a second of AAC, stereo."""


PREVIEW = Profile(height_px=480, is_preview=True, audio_bit_rate=128_000)
RENDER = Profile(height_px=None, is_preview=False, audio_bit_rate=256_000)


def write_excerpt(  # noqa: PLR0917
    info: MediaInfo,
    span: Span,
    path: Path,
    profile: Profile,
    encoder: VideoEncoder,
    monitor: Monitor,
) -> None:
    """Write a span of the source as H.264 and AAC in an MP4 that starts playing at once.

    Pictures keep their own time stamps, so sound and picture stay as far apart as in the source;
    the first one is there from the start and the last one until the span's end, also where the
    source has none. Sound is cut to the sample. A source without picture shows its waveform. The
    file appears whole or not at all.

    Raises:
        UnreadableMedia: The source cannot be opened any more.
        OutputError: The file cannot be written, or is the source itself.
        EngineError: The encoder failed.
    """
    if path.exists() and path.samefile(info.path):
        raise OutputError(f"cannot write {path}", "it is the source", "Choose another name.")
    muxing = {"movflags": "+faststart"}
    with (
        whole_file(path) as scratch,
        writing(path),
        av.open(f"file:{scratch}", "w", format="mp4", options=muxing) as output,
    ):
        shape = SHAPE if info.video is None else fitted(info.video, profile.height_px)
        picture_stream = _add_picture(output, info, profile, encoder, shape)
        tracks = [_stamped(_pictures(info, span, shape), info)]
        sound_stream = None
        if info.audio is not None:
            sound_stream = output.add_stream("aac", rate=SOUND_RATE_HZ, layout="stereo")
            sound_stream.bit_rate = profile.audio_bit_rate
            tracks.append(_stamped(_sound(info, span), info))
        for frame_s, frame in merge(*tracks, key=lambda stamped: stamped[0]):
            monitor.progress(frame_s, span.duration_s)
            stream = picture_stream if isinstance(frame, av.VideoFrame) else sound_stream
            output.mux(_encoded(stream, frame, encoder))
        output.mux(_encoded(picture_stream, None, encoder))
        if sound_stream is not None:
            output.mux(_encoded(sound_stream, None, encoder))


def _add_picture(
    output: "OutputContainer",
    info: MediaInfo,
    profile: Profile,
    encoder: VideoEncoder,
    shape: Shape,
) -> "VideoStream":
    rate = info.video.frame_rate_hz if info.video is not None else Fraction(RATE_HZ)
    options = encoder.preview_options if profile.is_preview else encoder.render_options
    stream = output.add_stream(encoder.name, rate=rate, options=dict(options))
    assert isinstance(stream, av.VideoStream)
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = shape.width_px, shape.height_px, "yuv420p"
    context.time_base = CLOCK
    context.gop_size = max(1, round(2 * rate))  # seeking lands within two seconds
    # Reordered pictures give the muxer a wrong length of the last one where the rate varies.
    context.max_b_frames = 0
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = 1  # limited, as 4:2:0 video has it
    context.flags |= int(av.codec.context.Flags.frame_duration)
    return stream


def _encoded(
    stream: Any, frame: "VideoFrame | AudioFrame | None", encoder: VideoEncoder
) -> "list[av.Packet[Any]]":
    try:
        packets: list[av.Packet[Any]] = stream.encode(frame)
        return packets
    except av.error.MemoryError as error:
        raise OutOfMemory(f"cannot encode with {encoder.name}", "memory is full") from error
    except av.error.FFmpegError as error:
        raise EngineError(f"cannot encode with {encoder.name}", error.strerror or "") from error


def _stamped(
    frames: "Iterator[VideoFrame] | Iterator[AudioFrame]", info: MediaInfo
) -> "Iterator[_Stamped]":
    # What fails in here is the source, even though a file is being written.
    with translated(info.path, "read"):
        for frame in frames:
            assert frame.pts is not None and frame.time_base is not None
            yield float(frame.pts * frame.time_base), frame


def _pictures(info: MediaInfo, span: Span, shape: Shape) -> Iterator["VideoFrame"]:
    """Yield the pictures of a span, time zero at its start, each with its duration."""
    if info.video is None:
        blocks = list(read_sound(info, span, 8000, "mono"))
        samples = np.concatenate([block[0] for block in blocks]) if blocks else np.zeros(0, "f4")
        yield from waveform_pictures(samples, span.duration_s)
        return
    shaper = Shaper(info.video, shape)
    end = round(span.duration_s / CLOCK)
    held: tuple[int, VideoFrame] | None = None
    for time_s, frame in read_pictures(info, span):
        pts = round((time_s - span.start_s) / CLOCK)
        if held is None:
            pts = 0
        elif pts >= end:
            break
        elif pts > held[0]:
            yield from shaper.take(held[1], held[0], pts - held[0])
        # Of two pictures within one tick, the later is the one that is seen.
        held = (pts, frame)
    if held is None:
        raise UnreadableMedia(
            f"cannot cut {info.path}",
            f"no picture decodes from {span.start_s:.3f} s to {span.end_s:.3f} s",
        )
    yield from shaper.take(held[1], held[0], end - held[0])
    yield from shaper.finish()


def _sound(info: MediaInfo, span: Span) -> Iterator["AudioFrame"]:
    """Yield the sound of a span in stereo, time zero at its start, silence where there is none."""
    total = round(span.duration_s * SOUND_RATE_HZ)
    written = 0
    for block in _even_blocks(read_sound(info, span, SOUND_RATE_HZ, "stereo"), total):
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate = SOUND_RATE_HZ
        frame.pts, frame.time_base = written, Fraction(1, SOUND_RATE_HZ)
        written += block.shape[1]
        yield frame


def _even_blocks(blocks: Iterator[Block], total: int) -> Iterator[Block]:
    """Cut blocks to the size of an AAC frame, and fill up with silence to ``total`` samples."""
    rest = np.zeros((2, 0), np.float32)
    written = 0
    for block in blocks:
        rest = np.concatenate([rest, block], axis=1)
        while rest.shape[1] >= _BLOCK:
            yield np.ascontiguousarray(rest[:, :_BLOCK])
            rest = rest[:, _BLOCK:]
            written += _BLOCK
    rest = np.concatenate(
        [rest, np.zeros((2, max(0, total - written - rest.shape[1])), np.float32)], axis=1
    )
    for start in range(0, rest.shape[1], _BLOCK):
        yield np.ascontiguousarray(rest[:, start : start + _BLOCK])
