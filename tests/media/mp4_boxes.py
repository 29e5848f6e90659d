"""The outline of an MP4 file, read from its bytes. Source: ISO/IEC 14496-12."""

import struct
from collections.abc import Iterator
from pathlib import Path


def boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the kind and content of the boxes in a stretch of a file."""
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, place + 8)
            header = 16
        assert size >= header, "a box smaller than its header"
        yield kind.decode("latin-1"), data[place + header : place + size]
        place += size
    assert place == len(data), "bytes outside of all boxes"


def inside(data: bytes, *path: str) -> list[bytes]:
    """Return the content of all boxes at a path, such as ``moov``, ``trak``, ``tkhd``."""
    found = [data]
    for kind in path:
        found = [content for part in found for name, content in boxes(part) if name == kind]
    return found


def order(path: Path) -> list[str]:
    """Return the kinds of the outermost boxes."""
    return [kind for kind, _ in boxes(path.read_bytes())]


def duration_s(path: Path) -> float:
    """Return the length of the film as its header says it."""
    (header,) = inside(path.read_bytes(), "moov", "mvhd")
    assert header[0] == 0, "a header of another version"
    scale, duration = struct.unpack_from(">II", header, 12)
    return float(duration / scale)


def track_durations_s(path: Path) -> list[float]:
    """Return the length of each track as it is presented."""
    data = path.read_bytes()
    (film,) = inside(data, "moov", "mvhd")
    (scale,) = struct.unpack_from(">I", film, 12)
    headers = inside(data, "moov", "trak", "tkhd")
    return [float(struct.unpack_from(">I", header, 20)[0] / scale) for header in headers]
