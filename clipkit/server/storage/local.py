"""Objects as files in a folder of this machine."""

import errno
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from clipkit.errors import MediaNotFound
from clipkit.files import whole_file
from clipkit.server.signed_urls import Permit, UrlSigner
from clipkit.server.storage.objects import StoredObject, checked_key
from clipkit.types.events import Monitor

_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK})
"""What is said where a file cannot have a second name: another disk, or a system without."""

_PART_BYTES = 8 << 20
"""So much is copied between two looks whether to go on."""


class LocalStore:
    """Keeps each object as the file of its key.

    Args:
        folder: Made with the first object.
        signer: Signs the URLs that this service answers.
    """

    def __init__(self, folder: Path, signer: UrlSigner) -> None:
        self.folder = folder
        self.signer = signer

    def path(self, key: str) -> Path:
        """Return where an object lies, or would.

        Raises:
            OptionError: It is no key.
        """
        return self.folder / checked_key(key)

    def put(self, key: str, path: Path, monitor: Monitor | None = None) -> None:
        """Store a file's content, in place of what was there.

        The file may become the object: it must be replaced or removed, not changed, afterwards.

        Args:
            key: What the object is called.
            path: The file.
            monitor: Told how far it is, and asked whether to go on; None: nobody is.

        Raises:
            OutputError: It cannot be stored.
            Cancelled: The monitor was told to stop; what was there is there still.
        """
        _give_second_name(path, self.path(key), monitor)

    def get(self, key: str, path: Path, monitor: Monitor | None = None) -> None:
        """Bring an object into a file, whole or not at all; the file is there to be read.

        Args:
            key: What the object is called.
            path: The file.
            monitor: Told how far it is, and asked whether to go on; None: nobody is.

        Raises:
            MediaNotFound: There is no such object.
            OutputError: The file cannot be written.
            Cancelled: The monitor was told to stop; there is no file.
        """
        source = self.path(key)
        if not source.is_file():
            raise MediaNotFound(f"cannot read {key}", "there is no such object", "Make it again.")
        _give_second_name(source, path, monitor)

    def find(self, key: str) -> StoredObject | None:
        """Return what is known of an object; None where there is none."""
        return _found(key, self.path(key))

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        self.path(key).unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose keys begin with a prefix, by key."""
        below = self.folder / prefix.rpartition("/")[0]
        paths = below.rglob("*") if below.is_dir() else ()
        for key in sorted(path.relative_to(self.folder).as_posix() for path in paths):
            # Names with a point in front are parts of what is being written.
            is_part = any(name.startswith(".") for name in key.split("/"))
            if key.startswith(prefix) and not is_part:
                found = _found(key, self.folder / key)
                if found is not None:
                    yield found

    def sweep(self, before_s: float) -> int:
        """Remove parts of objects that nobody writes any more; return how many.

        Args:
            before_s: Unix seconds; what was written to since may still be written.
        """
        swept = 0
        for path in self.folder.rglob(".*.part*"):
            # One that takes its place just now is not there any more.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before_s:
                    path.unlink()
                    swept += 1
        return swept

    def download_url(self, key: str, expires_s: int) -> str:
        """Return a URL that anybody can read an object from until a time in unix seconds."""
        return self.signer.url(Permit("GET", checked_key(key), expires_s))

    def upload_url(self, key: str, content_type: str, expires_s: int) -> str:
        """Return a URL that takes one PUT of an object with that content type until then."""
        return self.signer.url(Permit("PUT", checked_key(key), expires_s, content_type))


def _give_second_name(path: Path, other: Path, monitor: Monitor | None) -> None:
    """Let a file be found under another path too; copied where a file system has no links."""
    with whole_file(other) as scratch:
        try:
            scratch.hardlink_to(path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _copy(path, scratch, monitor)


def _copy(path: Path, other: Path, monitor: Monitor | None) -> None:
    size_bytes, copied_bytes = path.stat().st_size, 0
    with path.open("rb") as source, other.open("wb") as target:
        while part := source.read(_PART_BYTES):
            target.write(part)
            copied_bytes += len(part)
            if monitor is not None:
                monitor.progress(copied_bytes, size_bytes, "bytes")


def _found(key: str, path: Path) -> StoredObject | None:
    if not path.is_file():
        return None
    try:
        status = path.stat()
    except FileNotFoundError:  # removed by another process just now
        return None
    return StoredObject(key, status.st_size, status.st_mtime)
