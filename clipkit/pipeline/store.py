"""Artefacts of earlier runs in a folder, by their keys: bounded, shared, and never half there.

An entry is a folder ``{key[:2]}/{key}``. It is written in ``part/`` and renamed into its place, and
renamed back there before it is deleted, so that others see it whole or not at all.
"""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from clipkit.errors import OptionError, SchemaError
from clipkit.pipeline.store_files import (
    UnreadableFile,
    class_name,
    read_artefact,
    sealed,
    unsealed,
    write_artefact,
)
from clipkit.schema.artefacts import dump, load
from clipkit.types.events import Monitor, Notice

_Artefact = TypeVar("_Artefact")

STORE_FORMAT = 1
"""Version of the files of an entry; entries of another are made again."""

RECORD = "entry.json"
PART = "part"

_KEY = re.compile(r"[0-9a-f]{64}")
_PART_NAME = re.compile(r"(\d{19})-[0-9a-f]{16}")
"""Since when, in nanoseconds, and chance; nothing else in the store's folder is the store's own."""

_STALE_S = 3600.0
"""What lies in ``part/`` longer than this was left by a process that is no more."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[_Artefact]):
    """What is kept under a key."""

    artefact: _Artefact
    """What was made."""

    notices: tuple[Notice, ...] = ()
    """What was said while it was made: told again when it is used again."""


@dataclass(frozen=True, slots=True)
class _Told:
    notices: tuple[Notice, ...]


class Store:
    """A folder of artefacts; any number of threads, processes and pipelines may share it.

    Args:
        folder: Where they are kept; made when the first one is.
        max_bytes: What has not been used the longest is deleted so that all files together stay
            within this. A two-hour talk takes some 5 MB.

    Raises:
        OptionError: ``max_bytes`` is not positive.
    """

    def __init__(self, folder: str | Path, max_bytes: int = 4 * 2**30) -> None:
        if max_bytes < 1:
            raise OptionError("max_bytes is a positive number of bytes", f"it is {max_bytes!r}")
        self.folder = Path(folder)
        self.max_bytes = max_bytes

    def get(self, key: str, cls: type[_Artefact], monitor: Monitor) -> Entry[_Artefact] | None:
        """Return what is kept under a key, or None.

        A damaged entry is reported as the notice "store_damaged", deleted, and none; one that
        cannot be read now as "store_unreadable", left as it is, and none.
        """
        folder = self._place(key)
        try:
            if not folder.exists():
                return None
        except OSError as error:
            self._tell_unreadable(error.strerror or str(error), monitor)
            return None
        try:
            entry = _read(folder, key, cls)
        except UnreadableFile as error:
            self._tell_unreadable(error.found, monitor)
            return None
        except SchemaError as damage:
            return self._looked_at_again(key, cls, damage, monitor)
        with suppress(OSError):  # read-only, or deleted just now: its age does not matter then
            os.utime(folder / RECORD)
        return entry

    def put(
        self, key: str, artefact: object, monitor: Monitor, notices: Sequence[Notice] = ()
    ) -> None:
        """Keep an artefact under a key; what keeps that from happening is reported as a notice.

        Two that keep the same at once both succeed; one of the two is kept.
        """
        name = type(artefact).__name__
        try:
            self._put(key, Entry(artefact, tuple(notices)), monitor)
        except SchemaError as error:
            monitor.notice("store_refused", f"the {name} is not kept: {error.found}")
        except OSError as error:
            found = error.strerror or str(error)
            monitor.notice("store_unwritable", f"the {name} is not kept in {self.folder}: {found}")

    def _put(self, key: str, entry: Entry[Any], monitor: Monitor) -> None:
        folder = self._place(key)
        if folder.exists():
            return
        self._delete_stale()
        scratch = self._new_part()
        try:
            scratch.mkdir(parents=True)
            size_bytes = _write(scratch, key, entry)
            if size_bytes > self.max_bytes:
                monitor.notice(
                    "store_too_small",
                    f"the {type(entry.artefact).__name__} is not kept: it takes {size_bytes} bytes "
                    f"of the {self.max_bytes} that {self.folder} may have",
                )
                return
            self._make_room(size_bytes)
            folder.parent.mkdir(exist_ok=True)
            try:
                scratch.rename(folder)
            except OSError as error:
                # Another was faster with the same; and it may have been evicted since.
                if error.errno not in {errno.EEXIST, errno.ENOTEMPTY} and not folder.exists():
                    raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _looked_at_again(
        self, key: str, cls: type[_Artefact], damage: SchemaError, monitor: Monitor
    ) -> Entry[_Artefact] | None:
        """Take an entry aside and read it where nobody else can touch it.

        Another process may have deleted it, or replaced it, between the reading of two files.
        """
        folder, aside = self._place(key), self._new_part()
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(aside)
        except FileNotFoundError:
            return None
        except OSError as error:
            why = f"{damage.found}; it cannot be deleted: {error.strerror or error}"
            monitor.notice("store_damaged", f"{folder} is damaged: {why}")
            return None
        entry = None
        try:
            entry = _read(aside, key, cls)
        except UnreadableFile as error:
            self._tell_unreadable(error.found, monitor)
        except SchemaError as still:
            monitor.notice("store_damaged", f"{folder} was damaged and is deleted: {still.found}")
            shutil.rmtree(aside, ignore_errors=True)
            return None
        try:
            aside.rename(folder)
        except OSError:
            shutil.rmtree(aside, ignore_errors=True)  # it is there again already
        return entry

    def _tell_unreadable(self, found: str, monitor: Monitor) -> None:
        monitor.notice("store_unreadable", f"{self.folder} cannot be read: {found}")

    def _make_room(self, size_bytes: int) -> None:
        """Delete what was used longest ago until so many bytes more fit."""
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        for _, size, folder in entries:
            if total + size_bytes <= self.max_bytes:
                break
            self._delete(folder)
            total -= size

    def _delete(self, folder: Path) -> None:
        aside = self._new_part()
        try:
            folder.rename(aside)
        except FileNotFoundError:
            return  # another process was faster
        shutil.rmtree(aside, ignore_errors=True)

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        """Yield when each entry was used last, its size and its folder."""
        for folder in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            names = _names(folder) if _is_entry(folder) else []
            if RECORD not in names:
                continue
            sizes, used_ns = 0, 0
            for name in names:
                try:
                    status = (folder / name).stat()
                except FileNotFoundError:
                    continue  # deleted just now
                sizes += status.st_size
                used_ns = status.st_mtime_ns if name == RECORD else used_ns
            yield used_ns, sizes, folder

    def _delete_stale(self) -> None:
        for name in _names(self.folder / PART):
            part = _PART_NAME.fullmatch(name)
            if part is not None and time.time_ns() - int(part[1]) > _STALE_S * 1e9:
                shutil.rmtree(self.folder / PART / name, ignore_errors=True)

    def _new_part(self) -> Path:
        # The name tells since when: renaming a folder does not change its own times.
        return self.folder / PART / f"{time.time_ns()}-{secrets.token_hex(8)}"

    def _place(self, key: str) -> Path:
        return self.folder / key[:2] / key


def _is_entry(folder: Path) -> bool:
    """Tell by its name whether a folder is the store's; others may keep theirs beside it."""
    return bool(_KEY.fullmatch(folder.name)) and folder.name.startswith(folder.parent.name)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _write(folder: Path, key: str, entry: Entry[Any]) -> int:
    """Write an entry into a folder that is there and return its size in bytes."""
    files = write_artefact(folder, entry.artefact)
    told, _ = dump(_Told(entry.notices))
    text = sealed(
        {
            "format": STORE_FORMAT,
            "class": class_name(type(entry.artefact)),
            "key": key,
            "notices": told,
            "files": files,
        }
    )
    (folder / RECORD).write_text(text, encoding="ascii")
    return sum(path.stat().st_size for path in folder.iterdir())


def _read(folder: Path, key: str, cls: type[_Artefact]) -> Entry[_Artefact]:
    """Read an entry.

    Raises:
        SchemaError: It is damaged, incomplete, or of another format, class or key.
    """
    record = unsealed(folder / RECORD)
    said = (record.get("format"), record.get("class"), record.get("key"))
    if said != (STORE_FORMAT, class_name(cls), key):
        raise SchemaError(f"cannot read {folder}", "it is of another format, class or key")
    told = load(_Told, record.get("notices"), {})
    return Entry(read_artefact(folder, cls, record.get("files")), told.notices)
