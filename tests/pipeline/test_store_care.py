"""A store deletes what is its own and damaged or too much, and nothing else."""

import errno
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from clipkit.pipeline import store as store_module
from clipkit.pipeline.store import PART, RECORD, Store
from clipkit.pipeline.store_files import DOCUMENT, UnreadableFile, read_artefact, unsealed
from clipkit.types.events import Event, Monitor, Notice
from clipkit.types.media import Audio

KEY = "ab" * 32


def _kept(folder: Path, *keys: str) -> Store:
    store = Store(folder)
    for key in keys:
        store.put(key, Audio(np.zeros(1000, np.float32)), Monitor("s"))
    return store


def _got(store: Store, key: str = KEY) -> tuple[bool, list[str]]:
    """Return whether an entry came back, and the codes of what was told."""
    told: list[Event] = []
    entry = store.get(key, Audio, Monitor("s", told.append))
    return entry is not None, [event.code for event in told if isinstance(event, Notice)]


@contextmanager
def _no_file_more() -> Iterator[None]:
    """Let this process open no file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_an_entry_that_no_file_is_left_for_stays_and_is_told(tmp_path: Path) -> None:
    store = _kept(tmp_path, KEY)
    with _no_file_more():
        found = _got(store)
    assert found == (False, ["store_unreadable"])
    assert _got(store) == (True, [])


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.EMFILE, errno.ESTALE])
@pytest.mark.parametrize("name", [RECORD, DOCUMENT])
def test_an_error_that_may_pass_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    store = _kept(tmp_path, KEY)
    read_bytes = Path.read_bytes

    def failing(path: Path) -> bytes:
        if path.name == name:
            raise OSError(code, os.strerror(code), str(path))
        return read_bytes(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", failing)
        assert _got(store) == (False, ["store_unreadable"])
    assert _got(store) == (True, [])
    assert not list((tmp_path / PART).iterdir())


def test_an_entry_that_cannot_be_looked_at_again_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _kept(tmp_path, KEY)
    (record := tmp_path / "ab" / KEY / RECORD).write_text("{}")
    reads = iter([unsealed])

    def once(path: Path) -> object:
        for read in reads:
            return read(path)
        raise UnreadableFile(f"cannot read {path}", "Input/output error", "Try again.")

    monkeypatch.setattr(store_module, "unsealed", once)
    assert _got(store) == (False, ["store_unreadable"])
    assert record.read_text() == "{}"


def test_a_file_that_cannot_be_read_now_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    store = _kept(tmp_path, KEY)
    files = unsealed(tmp_path / "ab" / KEY / RECORD)["files"]
    with pytest.raises(UnreadableFile, match="Too many open files"), _no_file_more():
        read_artefact(tmp_path / "ab" / KEY, Audio, files)
    (tmp_path / "ab" / KEY / DOCUMENT).unlink()
    assert _got(store) == (False, ["store_damaged"])


def test_eviction_counts_and_deletes_entries_alone(tmp_path: Path) -> None:
    others = [
        tmp_path / "ab" / "photos" / "a.jpg",
        tmp_path / "ab" / "photos" / RECORD,
        tmp_path / "cd" / KEY / RECORD,  # of another two digits
        tmp_path / "ab" / ("ab" * 31 + "ff") / "a.jpg",  # without a record
        tmp_path / "ab" / ("ab" * 31 + "FF") / RECORD,
        tmp_path / "ab" / ("ab" * 33) / RECORD,
        tmp_path / "ab" / "notes",
    ]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 50_000)
        os.utime(path, (0, 0))
    store = _kept(tmp_path, KEY)
    size_bytes = sum(path.stat().st_size for path in (tmp_path / "ab" / KEY).iterdir())
    tight = Store(tmp_path, max_bytes=2 * size_bytes)
    for key in ("cd" * 32, "ef" * 32):
        tight.put(key, Audio(np.zeros(1000, np.float32)), Monitor("s"))
    assert [_got(store, key)[0] for key in (KEY, "cd" * 32, "ef" * 32)] == [False, True, True]
    assert all(path.stat().st_size == 50_000 for path in others)


def test_what_others_lay_beside_half_written_entries_stays(tmp_path: Path) -> None:
    old_ns = time.time_ns() - 2 * 3600 * 10**9
    names = ["2019-holidays", "12", f"{old_ns}-copy", f"{old_ns}-{'a' * 16}"]
    for name in names:
        (tmp_path / PART / name).mkdir(parents=True)
    _kept(tmp_path, KEY)
    assert {path.name for path in (tmp_path / PART).iterdir()} == set(names[:3])
