"""What is left behind, and what is said, when an excerpt cannot be written."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av.error
import pytest

from clipkit.errors import (
    Cancelled,
    ClipkitError,
    EngineError,
    MediaNotFound,
    OutputError,
    UnreadableMedia,
)
from clipkit.media.encoders import X264, VideoEncoder
from clipkit.media.excerpt import PREVIEW, write_excerpt
from clipkit.media.shaping import Shaper
from clipkit.types.events import Cancellation, Monitor
from clipkit.types.media import MediaInfo
from clipkit.types.time import Span
from tests.media import mp4_boxes
from tests.media.samples import Samples

Info = Callable[[str], MediaInfo]
SPAN = Span(1.0, 7.0)


def _write(
    info: MediaInfo, path: Path, encoder: VideoEncoder = X264, monitor: Monitor | None = None
) -> None:
    write_excerpt(info, SPAN, path, PREVIEW, encoder, monitor or Monitor("encode"))


def _left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class _Impatient(Monitor):
    """Cancels the run once it has come so far."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._switch = Cancellation()
        super().__init__("encode", None, self._switch)

    def progress(self, done: float, total: float, unit: str = "s") -> None:
        if done >= self._after_s:
            self._switch.cancel()
        super().progress(done, total, unit)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 5.9])
def test_cancelling_leaves_nothing(seconds: float, info: Info, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        _write(info("plain.mp4"), tmp_path / "clip.mp4", monitor=_Impatient(seconds))
    assert _left_in(tmp_path) == []


def test_cancelling_keeps_what_was_there(info: Info, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"an older clip")
    with pytest.raises(Cancelled):
        _write(info("plain.mp4"), path, monitor=_Impatient(3.0))
    assert path.read_bytes() == b"an older clip"
    assert _left_in(tmp_path) == ["clip.mp4"]


def test_a_finished_clip_takes_the_place_of_an_older_one(info: Info, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"an older clip")
    _write(info("plain.mp4"), path)
    assert mp4_boxes.duration_s(path) == pytest.approx(6.0)
    assert _left_in(tmp_path) == ["clip.mp4"]


_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from clipkit.errors import OutputError
from clipkit.media.encoders import X264
from clipkit.media.excerpt import PREVIEW, write_excerpt
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Source
from clipkit.types.time import Span

found = probe(Source(sys.argv[1]), Monitor("probe"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    write_excerpt(found, Span(1.0, 7.0), Path(sys.argv[2]), PREVIEW, X264, Monitor("encode"))
except OutputError as error:
    print(error)
"""


@pytest.mark.parametrize("limit_bytes", [0, 40, 30_000, 150_000])
def test_a_full_disk_is_an_output_error_that_leaves_nothing(
    limit_bytes: int, sample: Samples, tmp_path: Path
) -> None:
    # No file may grow past a limit: to the writer that is a disk that is full at that point.
    path = tmp_path / "clip.mp4"
    command = [sys.executable, "-c", _FULL_DISK, str(sample("plain.mp4")), str(path)]
    done = subprocess.run([*command, str(limit_bytes)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"cannot write {path}: "), done.stdout + done.stderr
    assert "Free some space" in done.stdout
    assert _left_in(tmp_path) == []


def test_a_folder_in_the_way_is_an_output_error(info: Info, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").mkdir()
    with pytest.raises(OutputError) as caught:
        _write(info("plain.mp4"), tmp_path / "clip.mp4")
    assert isinstance(caught.value, OSError)
    assert _left_in(tmp_path) == ["clip.mp4"]


def test_a_file_where_the_folder_should_be_is_an_output_error(info: Info, tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"a file")
    with pytest.raises(OutputError, match="folder"):
        _write(info("plain.mp4"), tmp_path / "folder" / "clip.mp4")


def test_an_encoder_that_fails_leaves_nothing(info: Info, tmp_path: Path) -> None:
    broken = VideoEncoder("libx264", {"preset": "no such preset"}, {})
    with pytest.raises(EngineError, match="cannot encode with libx264"):
        _write(info("plain.mp4"), tmp_path / "clip.mp4", broken)
    assert _left_in(tmp_path) == []


def test_a_source_that_went_missing_is_not_found(info: Info, tmp_path: Path) -> None:
    gone = replace(info("plain.mp4"), path=tmp_path / "gone.mp4")
    with pytest.raises(MediaNotFound, match=r"gone\.mp4"):
        _write(gone, tmp_path / "clips" / "clip.mp4")
    assert _left_in(tmp_path / "clips") == []


def test_a_source_that_turned_to_garbage_is_unreadable(info: Info, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.mp4"
    spoilt.write_bytes(bytes(10_000))
    with pytest.raises(UnreadableMedia, match=r"spoilt\.mp4"):
        _write(replace(info("plain.mp4"), path=spoilt), tmp_path / "clips" / "clip.mp4")
    assert _left_in(tmp_path / "clips") == []


def test_a_source_that_fails_while_a_file_is_written_is_not_blamed_on_the_file(
    info: Info, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise av.error.InvalidDataError(1, "the picture makes no sense")

    monkeypatch.setattr(Shaper, "take", fail)
    with pytest.raises(UnreadableMedia, match=r"cannot read .*plain\.mp4: the picture makes no"):
        _write(info("plain.mp4"), tmp_path / "clip.mp4")
    assert _left_in(tmp_path) == []


def test_pictures_that_no_longer_decode_are_said_to(
    info: Info, sample: Samples, tmp_path: Path
) -> None:
    # The index is whole, so the file opens; all coded pictures and all sound are zeros.
    spoilt = tmp_path / "spoilt.mp4"
    data = sample("index_first.mp4").read_bytes()
    media = data.index(b"mdat") + 4
    spoilt.write_bytes(data[:media] + bytes(len(data) - media))
    try:
        _write(replace(info("plain.mp4"), path=spoilt), tmp_path / "clips" / "clip.mp4")
    except ClipkitError as error:
        assert isinstance(error, UnreadableMedia)
        assert "no picture decodes from 1.000 s to 7.000 s" in str(error)
        assert _left_in(tmp_path / "clips") == []
    else:
        pytest.fail("zeros became a film")


@pytest.mark.parametrize("name", ["-dash.mp4", "a:b.mp4", "%03d.mp4", "ü 日本 's.mp4", "no ending"])
def test_a_name_to_write_to_is_nothing_but_a_name(
    name: str, info: Info, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _write(info("plain.mp4"), Path(name))
    assert _left_in(tmp_path) == [name]
    assert mp4_boxes.duration_s(tmp_path / name) == pytest.approx(6.0)


def test_a_source_named_like_an_option_is_cut(
    info: Info, sample: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(sample("plain.mp4"), tmp_path / "-i:x.mp4")
    _write(replace(info("plain.mp4"), path=Path("-i:x.mp4")), Path("out") / "clip.mp4")
    assert _left_in(tmp_path / "out") == ["clip.mp4"]
