"""Samples on disk."""

import errno
import gc
import os
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import Cancelled, OutputError
from clipkit.media.spool import Spool
from clipkit.types.growing import watched

blocks = st.lists(
    st.one_of(
        st.integers(1, 40_000).map(lambda size: np.zeros(size, np.float32)),
        st.integers(1, 40_000).map(lambda size: np.arange(1, size + 1, dtype=np.float32)),
    ),
    max_size=5,
)


def filled(parts: list[npt.NDArray[np.float32]]) -> Spool:
    spool = Spool()
    with spool.filling():
        for part in parts:
            spool.write(part)
    return spool


@given(blocks, st.integers(-10, 99_999), st.integers(-10, 99_999), st.sampled_from([1, 2, -1]))
def test_it_is_sliced_like_an_array(
    parts: list[npt.NDArray[np.float32]], start: int, stop: int, step: int
) -> None:
    spool = filled(parts)
    whole = np.concatenate([np.zeros(0, np.float32), *parts])
    assert len(spool) == len(whole)
    np.testing.assert_array_equal(spool[start:stop:step], whole[start:stop:step])
    np.testing.assert_array_equal(spool[:], whole)
    assert spool[0:5].dtype == np.float32


def test_what_is_there_is_read_while_the_rest_is_written() -> None:
    spool, read = Spool(), threading.Event()
    sound = np.linspace(-1.0, 1.0, 64_000, dtype=np.float32)

    def write() -> None:
        with spool.filling():
            spool.write(sound[:32_000])
            assert read.wait(timeout=20.0), "nobody could read the first part"
            spool.write(sound[32_000:])

    thread = threading.Thread(target=write)
    thread.start()
    np.testing.assert_array_equal(spool[1000:32_000], sound[1000:32_000])
    read.set()
    np.testing.assert_array_equal(spool[60_000:70_000], sound[60_000:])
    thread.join()


def test_hours_of_silence_take_no_room() -> None:
    spool = Spool()
    with spool.filling():
        for _ in range(600):
            spool.write(np.zeros(1_000_000, np.float32))
        spool.write(np.ones(16_000, np.float32))
        spool.write(np.zeros(1_000_000, np.float32))
    assert os.fstat(spool._file.fileno()).st_blocks * 512 < 1_000_000
    assert len(spool) == 601_016_000
    np.testing.assert_array_equal(spool[599_999_999:600_000_002], [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(spool[601_015_998:], [0.0, 0.0])


def test_a_full_disk_is_told_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("clipkit.media.spool._write", full)
    spool = Spool()
    with pytest.raises(OutputError, match="No space left") as told, spool.filling():
        spool.write(np.ones(20_000, np.float32))
    assert "TMPDIR" in told.value.remedy
    with pytest.raises(OutputError, match="No space left"):
        spool[0:10]


@pytest.mark.parametrize("has_folders", [True, False])
def test_a_file_that_cannot_be_made_is_told(
    has_folders: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = str(tmp_path / "none")
    monkeypatch.setattr("tempfile.tempdir", missing if has_folders else None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: [missing])
    with pytest.raises(OutputError, match=r"cannot keep decoded sound in .*: No ") as told:
        Spool()
    assert (missing in told.value.asked) == has_folders
    assert "TMPDIR" in told.value.remedy


def test_its_file_is_gone_when_filling_fails_and_who_reads_is_told_why() -> None:
    spool = Spool()
    with pytest.raises(Cancelled) as held, spool.filling():
        spool.write(np.ones(20_000, np.float32))
        np.testing.assert_array_equal(spool[0:3], [1.0, 1.0, 1.0])
        raise Cancelled
    assert held.tb is not None, "what holds the spool is still there"
    assert spool._file.closed
    for part in (slice(0, 3), slice(0, 0), slice(None), slice(0, 3, 2)):
        with pytest.raises(Cancelled):
            spool[part]
    with pytest.raises(Cancelled):
        len(spool)


def test_its_file_is_not_closed_under_who_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool()
    reading, failed = threading.Event(), threading.Event()
    told: list[object] = []

    class Slow:
        """The file, whose reader is interrupted while the filling fails."""

        def seek(self, place: int) -> None:
            reading.set()
            # Only as long as the failing takes: it waits for the reader.
            failed.wait(timeout=0.2)
            file.seek(place)

        def readinto(self, room: memoryview) -> int:
            return file.readinto(room)

    def read() -> None:
        try:
            told.append(spool[0:3].tolist())
        except Exception as error:
            told.append(error)

    file = spool._file
    with pytest.raises(Cancelled), spool.filling():
        spool.write(np.ones(20_000, np.float32))
        monkeypatch.setattr(spool, "_file", Slow())
        thread = threading.Thread(target=read)
        thread.start()
        assert reading.wait(timeout=20.0)
        raise Cancelled
    failed.set()
    thread.join()
    assert told == [[1.0, 1.0, 1.0]]
    assert file.closed


def test_its_file_is_gone_when_the_run_ends_it() -> None:
    with pytest.raises(KeyError), watched():
        spool = Spool()
        raise KeyError
    assert spool._file.closed
    with pytest.raises(KeyError), spool.filling():
        spool.write(np.ones(20_000, np.float32))


def test_its_file_is_gone_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = filled([np.ones(20_000, np.float32)])
    file = spool._file
    assert list(tmp_path.iterdir()) == []
    gc.disable()
    try:
        del spool
        assert file.closed
    finally:
        gc.enable()
