"""A store gives back what it was given or nothing, whoever else works in it."""

import errno
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipkit.errors import OptionError
from clipkit.pipeline import store as store_module
from clipkit.pipeline.store import PART, RECORD, Entry, Store
from clipkit.pipeline.store_files import ARRAYS, DOCUMENT, read_artefact
from clipkit.types.events import Event, Monitor, Notice
from clipkit.types.media import Audio, Shots

PATIENCE_S = 60.0
SPAWN = multiprocessing.get_context("spawn")


def _key(number: int) -> str:
    return f"{number:02x}" * 32


def _sound(number: int, length: int = 1000) -> Audio:
    return Audio(np.full(length, number, np.float32))


def _got(store: Store, number: int, told: list[Event] | None = None) -> Audio | None:
    on_event = None if told is None else told.append
    entry = store.get(_key(number), Audio, Monitor("s", on_event))
    return None if entry is None else entry.artefact


def _codes(told: list[Event]) -> list[str]:
    return [event.code for event in told if isinstance(event, Notice)]


def _parts(store: Store) -> list[Path]:
    return list((store.folder / PART).iterdir())


def _size_bytes(store: Store) -> int:
    return sum(path.stat().st_size for path in store.folder.rglob("*") if path.is_file())


def test_what_is_kept_comes_back_with_what_was_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "store")
    said = (Notice("decode", "damaged", "a little"), Notice("decode", "damaged", "a little"))
    assert store.get(_key(1), Audio, Monitor("s")) is None
    assert not store.folder.exists(), "looking makes nothing"
    store.put(_key(1), _sound(1), Monitor("s"), said)
    entry = Store(store.folder).get(_key(1), Audio, Monitor("s"))
    assert entry is not None
    assert entry.notices == said
    assert np.array_equal(entry.artefact.samples, _sound(1).samples)
    assert store.get(_key(2), Audio, Monitor("s")) is None
    assert not _parts(store)
    folder = store.folder / "01" / _key(1)
    assert {path.name for path in folder.iterdir()} == {RECORD, DOCUMENT, ARRAYS}


def test_an_artefact_without_arrays_has_no_file_for_them(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(_key(1), Shots((1.5,), 2.0), Monitor("s"))
    assert store.get(_key(1), Shots, Monitor("s")) == Entry(Shots((1.5,), 2.0))
    assert not (tmp_path / "01" / _key(1) / ARRAYS).exists()


def test_a_bound_is_positive(tmp_path: Path) -> None:
    with pytest.raises(OptionError):
        Store(tmp_path, max_bytes=0)


def _flipped(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def _become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": Path.unlink,
    "garbage": lambda path: path.write_bytes(b"\xff{[" * 40),
    "other JSON": lambda path: path.write_bytes(b'{"content": NaN, "sha256": []}'),
    "deep JSON": lambda path: path.write_bytes(b"[" * 200_000),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "a folder": _become_folder,
}


@pytest.mark.parametrize("name", [RECORD, DOCUMENT, ARRAYS])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_told_deleted_and_made_again(
    tmp_path: Path, name: str, damage: str
) -> None:
    store = Store(tmp_path)
    store.put(_key(1), _sound(1), Monitor("s"))
    DAMAGES[damage](tmp_path / "01" / _key(1) / name)
    told: list[Event] = []
    assert _got(store, 1, told) is None
    assert _codes(told) == ["store_damaged"]
    assert not (tmp_path / "01" / _key(1)).exists()
    assert not _parts(store)
    store.put(_key(1), _sound(1), Monitor("s"))
    assert _got(store, 1, told) is not None
    assert len(told) == 1


@pytest.mark.parametrize("name", [RECORD, DOCUMENT, ARRAYS])
def test_no_flipped_bit_changes_what_comes_back(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    said = (Notice("decode", "damaged", "a little"),)
    chance = random.Random(5)
    store.put(_key(1), _sound(1, 50), Monitor("s"), said)
    path = tmp_path / "01" / _key(1) / name
    for bit in chance.sample(range(8 * path.stat().st_size), 80):
        _flipped(path, bit)
        entry = store.get(_key(1), Audio, Monitor("s"))
        if entry is None:
            store.put(_key(1), _sound(1, 50), Monitor("s"), said)
        else:
            # White space of the record, or a letter of an escape: nothing is lost with it.
            assert name == RECORD
            assert entry.notices == said
            assert np.array_equal(entry.artefact.samples, _sound(1, 50).samples)
            _flipped(path, bit)


def test_an_entry_of_another_class_key_or_format_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    told: list[Event] = []
    store.put(_key(1), _sound(1), Monitor("s"))
    assert store.get(_key(1), Shots, Monitor("s", told.append)) is None
    store.put(_key(1), _sound(1), Monitor("s"))
    (tmp_path / "02").mkdir()
    (tmp_path / "01" / _key(1)).rename(tmp_path / "02" / _key(2))
    assert _got(store, 2, told) is None
    store.put(_key(3), _sound(3), Monitor("s"))
    monkeypatch.setattr(store_module, "STORE_FORMAT", 999)
    assert _got(store, 3, told) is None
    assert _codes(told) == ["store_damaged"] * 3


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    roomy = Store(tmp_path)
    for number in range(4):
        roomy.put(_key(number), _sound(number), Monitor("s"))
        os.utime(tmp_path / f"{number:02x}" / _key(number) / RECORD, (1000 + number, 1000 + number))
    size_bytes = _size_bytes(roomy)
    store = Store(tmp_path, max_bytes=size_bytes + 10)
    assert _got(store, 0) is not None, "and so it is the youngest"
    store.put(_key(9), _sound(9), Monitor("s"))
    assert [number for number in (0, 1, 2, 3, 9) if _got(store, number) is not None] == [0, 2, 3, 9]
    assert _size_bytes(store) <= store.max_bytes
    assert not _parts(store)


def test_what_is_larger_than_the_store_is_told_and_empties_nothing(tmp_path: Path) -> None:
    Store(tmp_path).put(_key(1), _sound(1), Monitor("s"))
    told: list[Event] = []
    store = Store(tmp_path, max_bytes=6000)
    store.put(_key(2), _sound(2, 10_000), Monitor("s", told.append))
    assert _codes(told) == ["store_too_small"]
    assert _got(store, 1) is not None
    assert _got(store, 2) is None


def test_what_a_dead_writer_left_is_cleaned_and_a_living_one_is_not_touched(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old = tmp_path / PART / f"{time.time_ns() - 2 * 3600 * 10**9}-{'a' * 16}"
    young = tmp_path / PART / f"{time.time_ns()}-{'b' * 16}"
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "half").write_text("half")
    store.put(_key(1), _sound(1), Monitor("s"))
    assert _parts(store) == [young]


def test_a_store_that_cannot_be_written_is_told_and_nothing_more(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "store")
    told: list[Event] = []
    assert _got(store, 1, told) is None
    store.put(_key(1), _sound(1), Monitor("s", told.append))
    assert _codes(told) == ["store_unwritable"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_store_still_gives(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.put(_key(1), _sound(1), Monitor("s"))
    told: list[Event] = []
    paths = [store.folder, *store.folder.rglob("*")]
    modes = [path.stat().st_mode for path in paths]
    for path in reversed(paths):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        assert _got(store, 1, told) is not None
        assert not told
        store.put(_key(2), _sound(2), Monitor("s", told.append))
        assert _codes(told) == ["store_unwritable"]
    finally:
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)


def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes = Path.write_bytes

    def full(path: Path, data: Any) -> int:
        write_bytes(path, data[:100])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    store = Store(tmp_path)
    told: list[Event] = []
    store.put(_key(1), _sound(1), Monitor("s", told.append))
    assert _codes(told) == ["store_unwritable"]
    assert "No space left" in str(told[0])
    assert not _parts(store)
    assert _got(store, 1) is None


def test_what_cannot_be_written_down_is_told(tmp_path: Path) -> None:
    told: list[Event] = []
    store = Store(tmp_path)
    store.put(_key(1), Shots((float("nan"),), 1.0), Monitor("s", told.append))
    assert _codes(told) == ["store_refused"]
    assert not _parts(store)


def test_an_entry_that_goes_while_it_is_read_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.put(_key(1), _sound(1), Monitor("s"))
    read = read_artefact

    def slow(folder: Path, cls: type, record: Any) -> Any:
        monkeypatch.setattr(store_module, "read_artefact", read)
        store._delete(tmp_path / "01" / _key(1))
        return read(folder, cls, record)

    monkeypatch.setattr(store_module, "read_artefact", slow)
    told: list[Event] = []
    assert _got(store, 1, told) is None
    assert not told


def test_an_entry_that_is_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.put(_key(1), _sound(1), Monitor("s"))
    read = read_artefact

    def slow(folder: Path, cls: type, record: Any) -> Any:
        monkeypatch.setattr(store_module, "read_artefact", read)
        store._delete(tmp_path / "01" / _key(1))
        store.put(_key(1), _sound(7), Monitor("s"))  # the same key, in other bytes
        return read(folder, cls, record)

    monkeypatch.setattr(store_module, "read_artefact", slow)
    told: list[Event] = []
    for _ in range(2):
        found = _got(store, 1, told)
        assert found is not None
        assert np.array_equal(found.samples, _sound(7).samples)
    assert not told
    assert not _parts(store)


def _hammer(folder: Path, seed: int, outcome: Any) -> None:
    """Put and get at random, and check all that comes."""
    store = Store(folder, max_bytes=13_000)  # room for two entries
    chance = random.Random(seed)
    told: list[Event] = []
    hits = 0
    for _ in range(400):
        number = chance.randrange(4)
        if chance.random() < 0.5:
            store.put(_key(number), _sound(number), Monitor("s", told.append))
        else:
            found = _got(store, number, told)
            assert found is None or np.array_equal(found.samples, _sound(number).samples)
            hits += found is not None
    outcome.put((hits, [str(event) for event in told]))


def test_processes_that_share_a_tiny_store_do_not_disturb_each_other(tmp_path: Path) -> None:
    outcome = SPAWN.Queue()
    workers = [SPAWN.Process(target=_hammer, args=(tmp_path, seed, outcome)) for seed in range(2)]
    for worker in workers:
        worker.start()
    outcomes = [outcome.get(timeout=PATIENCE_S) for _ in workers]
    for worker in workers:
        worker.join(PATIENCE_S)
        assert worker.exitcode == 0
    for hits, told in outcomes:
        assert hits > 0
        assert not told
    store = Store(tmp_path, max_bytes=13_000)
    store.put(_key(9), _sound(9), Monitor("s"))
    assert _size_bytes(store) <= store.max_bytes
    assert not _parts(store)


def _stuck(folder: Path, ready: Any) -> None:
    """Stop in the middle of a put, as if the disk were slow."""
    write_bytes = Path.write_bytes

    def half(path: Path, data: Any) -> int:
        written = write_bytes(path, data[: len(data) // 2])
        ready.set()
        time.sleep(PATIENCE_S)
        return written

    setattr(Path, "write_bytes", half)  # noqa: B010 - in this process alone
    Store(folder).put(_key(1), _sound(1), Monitor("s"))


def test_a_writer_that_is_killed_leaves_no_entry(tmp_path: Path) -> None:
    ready = SPAWN.Event()
    worker = SPAWN.Process(target=_stuck, args=(tmp_path, ready))
    worker.start()
    assert ready.wait(PATIENCE_S)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(PATIENCE_S)
    store = Store(tmp_path)
    told: list[Event] = []
    assert len(_parts(store)) == 1
    assert _got(store, 1, told) is None
    store.put(_key(1), _sound(1), Monitor("s", told.append))
    assert _got(store, 1, told) is not None
    assert not told
