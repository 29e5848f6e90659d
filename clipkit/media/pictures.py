"""Pictures out of a file, at the times the file says."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
import numpy as np

from clipkit.media.opening import Damage, decoded_video, opened, seek
from clipkit.types.media import MediaInfo, Picture
from clipkit.types.time import Span

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_PREROLLS_S = (0.5, 10.0, float("inf"))
"""How much earlier decoding starts: containers without an index seek coarsely, so where the first
picture comes too late the next, larger one is tried."""


def read_pictures(
    info: MediaInfo, span: Span, damage: Damage | None = None
) -> Iterator[tuple[float, "VideoFrame"]]:
    """Yield the pictures shown during a span with the time, in the source, each is first shown.

    The picture already on screen at the span's start comes first, with that start as its time.
    Where the pictures begin only after the span, the first of them is all that comes.
    """
    damage = damage if damage is not None else Damage()
    for preroll_s in _PREROLLS_S:
        pictures = _shown(_decoded_from(info, span.start_s - preroll_s, damage), span)
        first = next(pictures, None)
        is_last_try = span.start_s - preroll_s <= 0.0
        if first is not None and (first[0] <= span.start_s or is_last_try):
            yield first
            yield from pictures
            return
        if is_last_try:
            return


def _decoded_from(
    info: MediaInfo, start_s: float, damage: Damage
) -> Iterator[tuple[float, "VideoFrame"]]:
    assert info.video is not None, "asked for the pictures of a file without"
    with opened(info.path) as container:
        stream = container.streams[info.video.index]
        assert isinstance(stream, av.VideoStream)
        stream.thread_type = "AUTO"
        if start_s > 0.0:
            seek(container, start_s + info.start_s)
        interval_s = 1.0 / float(info.video.frame_rate_hz)
        next_s = 0.0
        for frame in decoded_video(container, stream, damage):
            time_s = next_s
            if frame.pts is not None and frame.time_base is not None:
                time_s = float(frame.pts * frame.time_base) - info.start_s
            next_s = time_s + interval_s
            yield time_s, frame


def _shown(
    frames: Iterator[tuple[float, "VideoFrame"]], span: Span
) -> Iterator[tuple[float, "VideoFrame"]]:
    """Cut a sequence of pictures to a span, keeping the one on screen at its start."""
    held: tuple[float, VideoFrame] | None = None
    last_s = float("-inf")
    for time_s, frame in frames:
        if time_s >= span.end_s:
            if held is None and last_s < span.start_s:
                held = (time_s, frame)
            break
        if time_s <= last_s:
            continue  # a stamp that steps back cannot be shown
        if time_s <= span.start_s:
            held = (span.start_s, frame)
            continue
        if held is not None:
            yield held
            held = None
        yield time_s, frame
        last_s = time_s
    if held is not None:
        yield held


def small_pictures(
    info: MediaInfo, width_px: int, damage: Damage | None = None
) -> Iterator[Picture]:
    """Yield every picture of a file, shrunk to a width, as BGR arrays; count what is damaged."""
    damage = damage if damage is not None else Damage()
    reformatter = av.video.reformatter.VideoReformatter()
    for time_s, frame in _decoded_from(info, 0.0, damage):
        width = min(width_px, frame.width)
        height = max(2, round(frame.height * width / frame.width))
        small = reformatter.reformat(
            frame, width=width, height=height, format="bgr24", interpolation="AREA", threads=1
        )
        yield Picture(small.to_ndarray().astype(np.uint8, copy=False), time_s)
