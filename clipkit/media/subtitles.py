"""Subtitles that a file carries."""

from typing import Any

import av
import av.error

from clipkit.ass_text import plain_text
from clipkit.media.opening import opened, translated
from clipkit.types.media import MediaInfo, SubtitleStream
from clipkit.types.speech import Cue
from clipkit.types.time import Span

_FIELDS_BEFORE_TEXT = 8


def read_subtitles(info: MediaInfo, stream: SubtitleStream) -> tuple[Cue, ...]:
    """Return the cues of a text subtitle stream, in order of time.

    Raises:
        UnreadableMedia: The file cannot be read.
    """
    cues: list[Cue] = []
    with opened(info.path) as container, translated(info.path, "read the subtitles of"):
        for packet in container.demux(container.streams[stream.index]):
            if packet.pts is None or packet.time_base is None or not packet.size:
                continue
            start_s = float(packet.pts * packet.time_base) - info.start_s
            end_s = start_s + float((packet.duration or 0) * packet.time_base)
            text = _text(packet)
            if text and end_s > max(start_s, 0.0):
                cues.append(Cue(Span(max(start_s, 0.0), end_s), text))
    return tuple(sorted(cues, key=lambda cue: cue.span))


def _text(packet: "av.Packet[Any]") -> str:
    try:
        subtitles = packet.decode()
    except av.error.FFmpegError:
        return ""
    lines = [
        _plain(ass.decode("utf-8", "replace"))
        for rectangle in subtitles
        if (ass := getattr(rectangle, "ass", None))
    ]
    return " ".join(" ".join(lines).split())


def _plain(event: str) -> str:
    """Return the words of one ASS event. Source: ASS events as FFmpeg's decoders write them."""
    return plain_text(event.split(",", _FIELDS_BEFORE_TEXT)[-1])
