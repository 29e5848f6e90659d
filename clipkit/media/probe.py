"""What a file holds, and which of it is used."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av.error

from clipkit.errors import UnreadableMedia
from clipkit.files import sha256_of
from clipkit.media.opening import (
    MOST_PIXELS,
    Damage,
    decoded_audio,
    decoded_video,
    opened,
    read_packets,
    seek,
    translated,
)
from clipkit.types.events import Monitor
from clipkit.types.language import LANGUAGES
from clipkit.types.media import AudioStream, MediaInfo, Source, SubtitleStream, VideoStream

if TYPE_CHECKING:
    import av.audio.stream
    import av.video.stream
    from av.container import InputContainer

_HDR_TRANSFERS = (16, 18)
"""SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG). Source: ITU-T H.273, table 3."""

_BARE_FORMATS = frozenset({"aac", "ac3", "amr", "dts", "eac3", "h264", "hevc", "mp3", "truehd"})
"""Packets without a container around: FFmpeg guesses the length from the bit rate, or cannot."""

_TEXT_SUBTITLES = frozenset({"subrip", "ass", "ssa", "mov_text", "webvtt", "text"})

_LANGUAGE_TAGS = {
    "eng": "en", "spa": "es", "fre": "fr", "fra": "fr", "ger": "de", "deu": "de", "ita": "it",
    "por": "pt", "jpn": "ja", "chi": "zh", "zho": "zh", "rus": "ru", "kor": "ko", "ara": "ar",
    "hin": "hi", "dut": "nl", "nld": "nl", "swe": "sv", "pol": "pl", "tur": "tr", "ukr": "uk",
    "cat": "ca", "dan": "da", "nor": "no", "fin": "fi", "cze": "cs", "ces": "cs",
}  # fmt: skip
"""ISO 639-2 tags as containers write them, for the languages met most. Source: ISO 639-2."""


_MOST_S = 24 * 3600.0
"""Sound is kept whole while it is worked on, 230 MB of each hour: what says that it is longer is
mostly wrong, and sometimes made to fill a memory."""


def probe(source: Source, monitor: Monitor) -> MediaInfo:
    """Look into a file and choose the picture and the sound to use.

    The picture is the largest; the sound is the one in the source's language, else the one marked
    as default, else the one with the most channels. A choice among several is reported, and so is
    a picture or a sound that nothing can be decoded of.

    Raises:
        MediaNotFound: Nothing is there.
        UnreadableMedia: It is no media, holds neither picture nor sound that decodes, or lasts for
            more than a day.
    """
    with opened(source.path) as container, translated(source.path, "read"):
        films = _films(container)
        pictures = [_video_stream(source.path, film) for film in films]
        video = _chosen_video([stream for stream in pictures if stream is not None])
        sounds = tuple(
            _audio_stream(stream)
            for stream in container.streams.audio
            if _rate(stream) and _sounds(source.path, stream)
        )
        audio = _chosen_audio(sounds, source.language)
        _report_choices(monitor, pictures, video, sounds, audio)
        if video is None and audio is None:
            raise UnreadableMedia(
                f"cannot use {source.path}",
                f"none of its {len(container.streams)} streams is a picture or sound that decodes"
                f"{_too_large(films)}",
                "Check that it plays.",
            )
        if video is None and films:
            monitor.notice(
                "video_unreadable",
                f"the file has a picture, but none of it decodes{_too_large(films)}",
            )
        if audio is None and container.streams.audio:
            monitor.notice("audio_unreadable", "the file has sound, but none of it decodes")
        used = [stream.index for stream in (video, audio) if stream is not None]
        start_s = (container.start_time or 0) / av.time_base
        guessed = container.format.name in _BARE_FORMATS
        header_s = 0.0 if guessed else (container.duration or 0) / av.time_base
        length_s, is_cut_off = _length_s(container, used, start_s, header_s)
        duration_s = round(length_s, 3)
        subtitles = tuple(_subtitle_stream(stream) for stream in container.streams.subtitles)
    if duration_s <= 0.0:
        raise UnreadableMedia(
            f"cannot use {source.path}", "it holds no picture and no sound, only headers"
        )
    if duration_s > _MOST_S:
        raise UnreadableMedia(
            f"cannot use {source.path}",
            f"by its time stamps it lasts {duration_s / 3600.0:,.1f} hours",
            "Split it, or repair its time stamps: a source lasts 24 hours at most.",
        )
    if is_cut_off:
        monitor.notice(
            "truncated",
            f"the file ends at {duration_s:.1f} s although its header says {header_s:.1f} s; "
            "what is there is used",
        )
    return MediaInfo(
        path=source.path,
        fingerprint=sha256_of(source.path),
        container=container.format.name,
        duration_s=duration_s,
        start_s=start_s,
        video=video,
        audio=audio,
        audio_choices=sounds,
        subtitles=subtitles,
    )


def _films(container: "InputContainer") -> list["av.video.stream.VideoStream"]:
    cover = av.stream.Disposition.attached_pic
    return [stream for stream in container.streams.video if not stream.disposition & cover]


def _too_large(films: Sequence["av.video.stream.VideoStream"]) -> str:
    """Say so where pictures are too large to be decoded."""
    for film in films:
        decoder = film.codec_context
        if decoder is not None and decoder.width * decoder.height > MOST_PIXELS:
            size = f"{decoder.width}x{decoder.height}"
            return f" ({size} pixels are more than the {MOST_PIXELS:,} of 8K)"
    return ""


def _video_stream(path: Path, stream: "av.video.stream.VideoStream") -> VideoStream | None:
    """Describe a stream by its first picture: rotation and colour are only known from there."""
    with opened(path) as container:
        frames = decoded_video(container, container.streams[stream.index], Damage())  # type: ignore[arg-type]
        frame = next(frames, None)
        frames.close()  # type: ignore[attr-defined]
        if frame is None:
            return None
        rotation_deg = -frame.rotation % 360
        return VideoStream(
            index=stream.index,
            codec=stream.codec_context.name,
            width_px=frame.width,
            height_px=frame.height,
            rotation_deg=rotation_deg if rotation_deg % 90 == 0 else 0,
            sample_aspect_ratio=_sane_ratio(stream.sample_aspect_ratio),
            frame_rate_hz=_sane_rate(stream),
            pixel_format=frame.format.name,
            is_hdr=frame.color_trc in _HDR_TRANSFERS,
        )


def _sane_ratio(ratio: Fraction | None) -> Fraction:
    return ratio if ratio and Fraction(1, 8) <= ratio <= 8 else Fraction(1)


def _sane_rate(stream: "av.video.stream.VideoStream") -> Fraction:
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and Fraction(1, 10) <= rate <= 300:
            return Fraction(rate)
    return Fraction(25)


def _rate(stream: "av.audio.stream.AudioStream") -> int:
    """Return the sampling rate, 0 where no decoder is there to tell."""
    try:
        return stream.codec_context.sample_rate or 0
    except AttributeError:
        return 0


def _sounds(path: Path, stream: "av.audio.stream.AudioStream") -> bool:
    """Tell whether any of a stream decodes."""
    with opened(path) as container:
        frames = decoded_audio(container, container.streams[stream.index], Damage())  # type: ignore[arg-type]
        found = next(frames, None) is not None
        frames.close()  # type: ignore[attr-defined]
        return found


def _audio_stream(stream: "av.audio.stream.AudioStream") -> AudioStream:
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.name,
        rate_hz=_rate(stream),
        channels=stream.codec_context.channels,
        language=_language(stream.language),
        is_default=bool(stream.disposition & av.stream.Disposition.default),
    )


def _subtitle_stream(stream: "av.stream.Stream") -> SubtitleStream:
    try:
        codec = stream.codec_context.name
    except AttributeError:
        codec = "unknown"
    return SubtitleStream(stream.index, codec, _language(stream.language), codec in _TEXT_SUBTITLES)


def _language(tag: str | None) -> str | None:
    if not tag or tag == "und":
        return None
    code = _LANGUAGE_TAGS.get(tag.lower(), tag.lower())
    return code if code in LANGUAGES else None


def _chosen_video(streams: Sequence[VideoStream]) -> VideoStream | None:
    return max(
        streams,
        key=lambda stream: (stream.width_px * stream.height_px, -stream.index),
        default=None,
    )


def _chosen_audio(streams: Sequence[AudioStream], language: str | None) -> AudioStream | None:
    def worth(stream: AudioStream) -> tuple[bool, bool, int, int]:
        spoken = language is not None and stream.language == language
        return spoken, stream.is_default, stream.channels, -stream.index

    return max(streams, key=worth, default=None)


def _report_choices(
    monitor: Monitor,
    pictures: Sequence[VideoStream | None],
    video: VideoStream | None,
    sounds: Sequence[AudioStream],
    audio: AudioStream | None,
) -> None:
    if video is not None and len(pictures) > 1:
        monitor.notice(
            "video_choice",
            f"{len(pictures)} pictures in the file; stream {video.index} is used, "
            f"{video.width_px}x{video.height_px}",
        )
    if audio is not None and len(sounds) > 1:
        tag = f", language {audio.language}" if audio.language else ""
        monitor.notice(
            "audio_choice",
            f"{len(sounds)} sound tracks in the file; stream {audio.index} is used{tag}",
        )


def _length_s(
    container: "InputContainer", used: Sequence[int], start_s: float, header_s: float
) -> tuple[float, bool]:
    """Return the length that the packets bear out, and whether the file is cut off.

    Headers lie: of files cut off, of streams that were never finished, and where a track that is
    not used runs longer. Where the tail that the header promises holds nothing of the streams in
    use, all packets are counted.
    """
    if header_s > 0.0:
        seek(container, start_s + max(0.0, header_s - 1.0))
        used_end_s, _ = _ends_s(container, used, start_s)
        if used_end_s >= header_s - 1.0:
            return header_s, False
        seek(container, start_s)
    used_end_s, end_s = _ends_s(container, used, start_s)
    # Some writers of Matroska count the duration from the clock's zero, not from the start.
    return used_end_s, end_s < header_s - max(0.0, start_s) - 1.0


def _ends_s(
    container: "InputContainer", used: Sequence[int], start_s: float
) -> tuple[float, float]:
    """Return where the last packet ends from here on: of the streams in use, and of all.

    A packet without a time follows on those before it.
    """
    ends_s = [start_s] * len(container.streams)
    for packet in read_packets(container, tuple(container.streams), Damage()):
        if packet.size and packet.time_base is not None:
            time = packet.pts if packet.pts is not None else packet.dts
            index = packet.stream.index
            time_s = float(time * packet.time_base) if time is not None else ends_s[index]
            end_s = time_s + float((packet.duration or 0) * packet.time_base)
            ends_s[index] = max(ends_s[index], end_s)
    return max(ends_s[index] for index in used) - start_s, max(ends_s) - start_s
