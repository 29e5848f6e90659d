import os
import shutil
from pathlib import Path

import pytest

from clipkit.errors import MediaError, MediaNotFound, UnreadableMedia
from clipkit.media.probe import probe
from clipkit.types.events import Event, Monitor
from clipkit.types.media import MediaInfo, Source
from tests.media.samples import Samples

_NAMES = [
    *("-dash.mp4", "-i", "colon: a:b.mp4", "concat:x.mp4", "http:x.mp4", "file:x.mp4", "%03d.mp4"),
    *("two  spaces .mp4", "ünï 日本 🎬.mp4", 'it\'s "quoted".mp4', "pipe|tee.mp4", "no ending"),
]


def _probe(path: Path) -> MediaInfo:
    return probe(Source(path), Monitor("probe"))


@pytest.mark.parametrize("name", _NAMES)
def test_a_name_is_nothing_but_a_name(
    name: str, sample: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sample("silent_film.mp4"), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert _probe(Path(name)).duration_s == 8.0


def test_a_name_that_is_no_unicode_opens(sample: Samples, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xfe.mp4")
    shutil.copy(sample("silent_film.mp4"), path)
    assert _probe(path).duration_s == 8.0


def test_a_symbolic_link_opens(sample: Samples, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(sample("silent_film.mp4"))
    assert _probe(link).duration_s == 8.0


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 400)


@pytest.mark.parametrize(
    ("name", "make", "found"),
    [
        ("empty.mp4", Path.touch, "the file is empty"),
        ("folder.mp4", Path.mkdir, "it is a folder"),
        ("fifo.mp4", _fifo, "no regular file"),
        ("zeros.mp4", lambda path: path.write_bytes(bytes(100_000)), "not media"),
        ("garbage.mp4", _garbage, "not media"),
        ("notes.txt", lambda path: path.write_text("Only words.\n" * 50), "it is text"),
        ("page.html", lambda path: path.write_text("<!doctype html><p>404</p>\n"), "no"),
        ("talk.srt", lambda path: path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHi\n"), "no"),
        ("list.m3u8", lambda path: path.write_text("#EXTM3U\n#EXTINF:9,\nhttp://[::1]/a.ts\n"), ""),
    ],
)
def test_what_is_no_media_is_refused_with_its_path_and_what_was_found(
    name: str, make: object, found: str, tmp_path: Path
) -> None:
    assert callable(make)
    path = tmp_path / name
    make(path)
    with pytest.raises(UnreadableMedia) as caught:
        _probe(path)
    assert str(path) in caught.value.asked
    assert found in caught.value.found


@pytest.mark.parametrize("name", ["missing.mp4", "file.mp4/inside.mp4", "nul\0.mp4", "loop/x.mp4"])
def test_a_missing_file_is_not_found(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.mp4").write_bytes(b"x")
    with pytest.raises(MediaNotFound) as caught:
        _probe(tmp_path / name)
    assert isinstance(caught.value, FileNotFoundError)
    assert str(tmp_path / name) in str(caught.value)
    assert caught.value.remedy


def test_a_name_too_long_for_the_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="too long"):
        _probe(tmp_path / ("a" * 300 + ".mp4"))


def test_a_link_that_goes_round_is_refused(tmp_path: Path) -> None:
    loop = tmp_path / "loop.mp4"
    loop.symlink_to(loop)
    with pytest.raises(MediaError):
        _probe(loop)


def test_a_file_that_may_not_be_read_is_refused(
    sample: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret.mp4"
    shutil.copy(sample("silent_film.mp4"), path)
    path.chmod(0)
    if os.geteuid() == 0:  # root may read everything, so it is told what others are told

        def refused(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(UnreadableMedia, match="may not be read"):
        _probe(path)


def test_a_film_without_its_index_is_refused(sample: Samples) -> None:
    with pytest.raises(UnreadableMedia, match="download finished"):
        _probe(sample("no_index.mp4"))


@pytest.mark.parametrize("kept_bytes", [1, 30, 44, 100])
def test_headers_alone_are_refused(kept_bytes: int, sample: Samples, tmp_path: Path) -> None:
    path = tmp_path / "headers.wav"
    path.write_bytes(sample("mono_8k.wav").read_bytes()[:kept_bytes])
    if kept_bytes < 80:
        with pytest.raises(UnreadableMedia):
            _probe(path)
    else:
        assert 0.0 < _probe(path).duration_s < 0.01


def test_pictures_that_none_decodes_of_leave_the_sound(sample: Samples, tmp_path: Path) -> None:
    # The coded pictures are wiped, the sound and the index stay: only the start code table differs.
    data = bytearray(sample("index_first.mp4").read_bytes())
    place = data.find(b"avc1", data.find(b"stsd"))
    data[place : place + 4] = b"zzzz"
    path = tmp_path / "unknown_codec.mp4"
    path.write_bytes(bytes(data))
    events: list[Event] = []
    found = probe(Source(path), Monitor("probe", events.append))
    assert found.video is None
    assert found.audio is not None
    assert [getattr(event, "code", None) for event in events] == ["video_unreadable"]


@pytest.mark.parametrize("codec", [b"A_XYZ", b"A_DTS"])
def test_sound_that_does_not_decode_leaves_the_pictures(
    codec: bytes, sample: Samples, tmp_path: Path
) -> None:
    # Once a codec that nobody knows, once one that makes nothing of the data.
    path = tmp_path / "other_sound.mkv"
    path.write_bytes(sample("plain.mkv").read_bytes().replace(b"A_AAC", codec, 1))
    events: list[Event] = []
    found = probe(Source(path), Monitor("probe", events.append))
    assert found.audio is None
    assert found.video is not None
    assert [getattr(event, "code", None) for event in events] == ["audio_unreadable"]
