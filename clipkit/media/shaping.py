"""Turning decoded pictures into what an encoder takes: upright, square pixels, right size."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.filter

from clipkit.types.media import VideoStream

if TYPE_CHECKING:
    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame

CLOCK = Fraction(1, 90000)
"""Time base of everything that is written: MPEG's own, exact for all common frame rates."""

_TURNS = {0: (), 90: ("clock",), 180: ("clock", "clock"), 270: ("cclock",)}
"""Transposes that show a picture upright, by its clockwise rotation."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of the pictures that are written."""

    width_px: int
    """Even."""

    height_px: int
    """Even."""


def fitted(video: VideoStream, height_px: int | None) -> Shape:
    """Return the shape of a stream as shown, shrunk so that its short side fits ``height_px``.

    A picture is never enlarged. Both sides come out even, as 4:2:0 chroma needs.
    """
    width, height = video.display_size_px
    short = min(width, height)
    scale = min(1.0, height_px / short) if height_px is not None else 1.0
    return Shape(_even(width * scale), _even(height * scale))


def _even(size: float) -> int:
    return max(2, 2 * round(size / 2))


class Shaper:
    """Turns, scales and converts pictures, and carries their time stamps through.

    Args:
        video: The stream the pictures come from.
        shape: What comes out.
    """

    def __init__(self, video: VideoStream, shape: Shape) -> None:
        self._video = video
        self._shape = shape
        self._graph: av.filter.Graph | None = None
        self._setup: tuple[int, int, str] | None = None

    def take(self, frame: "VideoFrame", pts: int, duration: int) -> Iterator["VideoFrame"]:
        """Yield a picture in its new shape, at a time and for a duration in ticks of ``CLOCK``."""
        setup = (frame.width, frame.height, frame.format.name)
        if setup != self._setup:
            self._setup = setup
            self._graph = self._built(frame)
        assert self._graph is not None
        frame.pts, frame.time_base = pts, CLOCK
        self._graph.vpush(frame)
        shaped = self._graph.vpull()
        shaped.pts, shaped.time_base, shaped.duration = pts, CLOCK, duration
        # The encoder chooses its own picture types; the source's would force key frames.
        shaped.pict_type = 0
        yield shaped

    def _built(self, frame: "VideoFrame") -> av.filter.Graph:
        graph = av.filter.Graph()
        nodes: list[FilterContext] = [
            graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=CLOCK
            )
        ]
        nodes += [
            graph.add("transpose", f"dir={turn}") for turn in _TURNS[self._video.rotation_deg]
        ]
        size = f"w={self._shape.width_px}:h={self._shape.height_px}"
        colour = "flags=bicubic:out_range=tv:out_color_matrix=bt709"
        if self._video.is_hdr:
            colour += ":out_primaries=bt709:out_transfer=bt709:intent=perceptual"
        nodes += [
            graph.add("scale", f"{size}:{colour}"),
            graph.add("setsar", "1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph
