"""Opening a file, and the one place where FFmpeg's errors become ours."""

import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.error

from clipkit.errors import MediaError, MediaNotFound, OutputError, UnreadableMedia

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MAX_DAMAGED_IN_A_ROW = 5000
"""So many packets in a row without one that decodes: the rest is given up. A minute and a half of
AAC: a hole from a bad download is shorter, and an encrypted stream is still told in a moment."""

MOST_PIXELS = 8192 * 8192
"""Larger pictures are not decoded: beyond 8K there is no film, but files of a megabyte whose
pictures take gigabytes of memory each."""

_TEXT_SCREENS = frozenset({"tty", "bin", "xbin", "adf", "idf"})
"""Formats in which FFmpeg shows any text file, going by its ending, as a film of a terminal."""


def check_file(path: Path) -> None:
    """Check that there is something to open.

    Raises:
        MediaNotFound: Nothing is there.
        UnreadableMedia: It is a folder, is empty or may not be read.
    """
    asked = f"cannot open {path}"
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise MediaNotFound(asked, "there is no such file", "Check the path.") from error
    except OSError as error:
        raise UnreadableMedia(asked, _reason(error), "Check the path.") from error
    if stat.S_ISDIR(mode):
        raise UnreadableMedia(asked, "it is a folder", "Name one media file in it.")
    if not stat.S_ISREG(mode):
        raise UnreadableMedia(asked, "it is no regular file", "Name a media file.")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        found = f"it may not be read ({_reason(error)})"
        raise UnreadableMedia(asked, found, "Check its permissions.") from error
    if empty:
        raise UnreadableMedia(asked, "the file is empty", "Check that its download finished.")


@contextmanager
def opened(path: Path) -> Iterator["InputContainer"]:
    """Open a local media file for reading.

    The ``file:`` prefix keeps names such as ``concat:x`` or ``-x.mp4`` from being read as
    anything but names; the whitelist keeps a playlist from reaching for the network.

    Raises:
        MediaNotFound: Nothing is there.
        UnreadableMedia: It is no media, or is damaged beyond opening.
    """
    check_file(path)
    try:
        container = av.open(
            f"file:{path}", metadata_errors="replace", options={"protocol_whitelist": "file"}
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableMedia(
            f"cannot open {path}",
            f"it is not media that FFmpeg can read ({_reason(error)})",
            "Check that it plays, or that its download finished.",
        ) from error
    with container:
        if container.format.name in _TEXT_SCREENS:
            raise UnreadableMedia(f"cannot open {path}", "it is text", "Name a media file.")
        yield container


@contextmanager
def translated(path: Path, doing: str) -> Iterator[None]:
    """Turn FFmpeg's errors within the block into ``UnreadableMedia`` about ``path``."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise UnreadableMedia(f"cannot {doing} {path}", _reason(error)) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn FFmpeg's errors within the block into ``OutputError`` about ``path``."""
    try:
        yield
    except (MediaError, OutputError):
        raise
    except av.error.FFmpegError as error:
        raise OutputError(
            f"cannot write {path}", _reason(error), "Free some space or choose another place."
        ) from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def seek(container: "InputContainer", time_s: float) -> None:
    """Go to a key frame before a time of the file's clock.

    A file that cannot be sought in stays at its beginning: reading from there is slow, but right.
    """
    with suppress(av.error.FFmpegError):
        container.seek(int(time_s * av.time_base))


@dataclass(slots=True)
class Damage:
    """What could not be decoded."""

    packets: int = 0
    """Packets that no picture or sound could be made of."""

    cut_off: bool = False
    """Whether reading stopped before the end of the file."""


def decoded_video(
    container: "InputContainer", stream: "VideoStream", damage: Damage
) -> Iterator["VideoFrame"]:
    """Yield the pictures of a stream, passing over what cannot be decoded."""
    yield from _decoded(container, stream, damage)


def decoded_audio(
    container: "InputContainer", stream: "AudioStream", damage: Damage
) -> Iterator["AudioFrame"]:
    """Yield the sound of a stream, passing over what cannot be decoded."""
    yield from _decoded(container, stream, damage)


def _decoded(
    container: "InputContainer", stream: "VideoStream | AudioStream", damage: Damage
) -> Iterator[Any]:
    for other in container.streams:
        if other.index != stream.index:
            other.discard = av.stream.Discard.all
    if isinstance(stream, av.VideoStream) and stream.codec_context is not None:
        # Asked of the decoder: a stream may begin small, and grow.
        stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    damaged_in_a_row = 0
    for packet in read_packets(container, [stream], damage):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            damage.packets += 1
            damaged_in_a_row += 1
            if damaged_in_a_row >= _MAX_DAMAGED_IN_A_ROW:
                damage.cut_off = True
                return
            continue
        if frames:
            damaged_in_a_row = 0
        yield from frames


def read_packets(
    container: "InputContainer", streams: "Sequence[Stream]", damage: Damage
) -> "Iterator[av.Packet[Any]]":
    """Yield the packets of streams from where the container stands to its last readable one."""
    stalled = 0
    while stalled < _MAX_DAMAGED_IN_A_ROW:
        try:
            for packet in container.demux(*streams):
                stalled = 0
                yield packet
            return
        except av.error.BlockingIOError:
            # The demuxer passed over damaged bytes and asks to be called again.
            stalled += 1
        except av.error.FFmpegError:
            break
    damage.cut_off = True
