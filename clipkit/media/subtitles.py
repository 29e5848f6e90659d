"""Subtitles that a file carries."""

from typing import Any

import av
import av.error

from clipkit.ass_text import plain_text, speaker_of
from clipkit.media.opening import opened, translated
from clipkit.types.media import MediaInfo, SubtitleStream
from clipkit.types.speech import Cue
from clipkit.types.time import Span

_NAME, _TEXT = 3, 8
"""Places of fields in an event. Source: ASS events as FFmpeg's decoders write them."""


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
            speaker, text = _said(packet)
            if text and end_s > max(start_s, 0.0):
                cues.append(Cue(Span(max(start_s, 0.0), end_s), text, speaker))
    return tuple(sorted(cues, key=lambda cue: cue.span))


def _said(packet: "av.Packet[Any]") -> tuple[str | None, str]:
    """Return who speaks, None where that is not said, and the words, of which there may be none."""
    try:
        subtitles = packet.decode()
    except av.error.FFmpegError:
        return None, ""
    events = [
        ass.decode("utf-8", "replace").split(",", _TEXT)
        for rectangle in subtitles
        if (ass := getattr(rectangle, "ass", None))
    ]
    named = [speaker_of(fields[_NAME]) for fields in events if len(fields) > _TEXT]
    lines = [plain_text(fields[-1]) for fields in events]
    return next(filter(None, named), None), " ".join(line for line in lines if line)
