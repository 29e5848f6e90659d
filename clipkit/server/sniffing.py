"""What a file is by its first bytes; names and declared types are not asked.

FFmpeg opens playlists and scripts that make it read other files, so what is no container of sound
or pictures never reaches it.
"""

from pathlib import Path

from clipkit.errors import UnreadableMedia

HEAD_BYTES = 1024
"""So many bytes tell what a file is."""

_AT_START: dict[bytes, str] = {
    b"\x1a\x45\xdf\xa3": "matroska",
    b"OggS": "ogg",
    b"fLaC": "flac",
    b"FLV\x01": "flv",
    b"ID3": "mp3",
    b"\x00\x00\x01\xba": "mpeg",
    b"\x00\x00\x01\xb3": "mpeg",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c": "asf",
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01": "mxf",
    b"#!AMR": "amr",
    b"caff\x00\x01": "caf",
    b".RMF": "rm",
    b".ra\xfd": "rm",
    b"\x1f\x07\x00": "dv",
    b"DKIF": "ivf",
}
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
"""Types of the first box of MP4, MOV, M4A and 3GP, and of segments of them."""

_IN_FORM = {
    (b"RIFF", b"AVI "): "avi",
    (b"RIFF", b"WAVE"): "wav",
    (b"RF64", b"WAVE"): "wav",
    (b"RIFX", b"WAVE"): "wav",
    (b"FORM", b"AIFF"): "aiff",
    (b"FORM", b"AIFC"): "aiff",
}
_SYNC = 0x47
_PACKETS = ((0, 188), (4, 192), (0, 204))
"""Where the first packet of a transport stream begins, and how far apart they are."""

_LISTS = {
    b"#EXTM3U": "a playlist",
    b"ffconcat": "a list of files",
    b"[playlist]": "a playlist",
    b"[reference]": "a playlist",
    b"<asx": "a playlist",
    b"<?xml": "XML",
    b"<mpd": "a manifest",
    b"<smil": "a playlist",
    b"<svg": "a drawing",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"v=0": "a description of a stream",
    b"rtsp": "an address",
    b"http": "an address",
    b"PK\x03\x04": "an archive",
    b"\x1f\x8b": "compressed",
    b"%PDF": "a document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}


def container_of(head: bytes) -> str | None:
    """Return the container that a file's first bytes are of; None where it is none that is taken.

    Args:
        head: The first ``HEAD_BYTES``, or all there are.
    """
    for mark, name in _AT_START.items():
        if head.startswith(mark):
            return name
    if head[4:8] in _BOXES:
        return "mp4"
    if (form := (head[:4], head[8:12])) in _IN_FORM:
        return _IN_FORM[form]
    for first, apart in _PACKETS:
        marks = head[first::apart]
        if len(marks) > 2 and set(marks) == {_SYNC}:
            return "mpegts"
    return "mp3" if _is_mpeg_audio(head) else None


def _is_mpeg_audio(head: bytes) -> bool:
    """Tell whether a frame of MP3 or of AAC begins here, with values that such frames have."""
    if len(head) < 4 or head[0] != 0xFF:
        return False
    if head[1] & 0xF6 == 0xF0:
        return (head[2] >> 2) & 0xF < 13  # ADTS: one of thirteen sampling rates
    has_layer = head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0 and (head[1] >> 3) & 3 != 1
    return has_layer and head[2] >> 4 not in {0, 15} and (head[2] >> 2) & 3 != 3


def what_else(head: bytes) -> str:
    """Say in words what a file is that is no container."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, what in _LISTS.items():
        if text[: len(mark)].lower() == mark.lower():
            return what
    return "empty" if not head else "something else"


def check_container(path: Path) -> str:
    """Return the container of a file.

    Raises:
        UnreadableMedia: It is none, whatever its name says.
    """
    with path.open("rb") as file:
        return check_head(file.read(HEAD_BYTES))


def check_head(head: bytes) -> str:
    """Return the container that a file's first bytes are of.

    Raises:
        UnreadableMedia: They are of none.
    """
    container = container_of(head)
    if container is None:
        raise UnreadableMedia(
            "cannot use what was given as a video",
            f"its content is {what_else(head)}, not a container of video or sound",
            "Give an MP4, MOV, WebM, MKV, MPEG-TS, AVI, MP3, WAV or the like.",
        )
    return container
