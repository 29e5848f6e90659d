"""What a place for objects can do, and how objects are called."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clipkit.errors import OptionError
from clipkit.types.events import Monitor

UPLOADS = "tmp/api-uploads/"
"""Uploads lie under this until a nightly clean-up."""

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"
_KEY = re.compile(rf"{_NAME}(?:/{_NAME}){{0,7}}")


def preview_key(clip_id: str) -> str:
    """Return where the preview of a clip lies."""
    return checked_key(f"preview/{clip_id}.mp4")


def render_key(clip_id: str) -> str:
    """Return where the full render of a clip lies."""
    return checked_key(f"render/{clip_id}.mp4")


def source_key(job_id: str) -> str:
    """Return where the source of a job lies for as long as the job is there."""
    return checked_key(f"source/{job_id}")


def uploads_prefix(team_id: str) -> str:
    """Return what the keys of a team's uploads begin with."""
    return f"{UPLOADS}{team_id}/"


def upload_key(team_id: str, upload_id: str) -> str:
    """Return where an upload of a team lies."""
    return checked_key(f"{uploads_prefix(team_id)}{upload_id}")


def checked_key(key: str) -> str:
    """Return a key that names one object whatever the place.

    Raises:
        OptionError: It holds what a folder could read as something else: "..", a name that begins
            with a point, a backslash, two slashes.
    """
    if not _KEY.fullmatch(key):
        raise OptionError(
            "a key is made of names of letters, digits, points and dashes", f"it is {key!r}"
        )
    return key


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is known of an object without reading it."""

    key: str
    size_bytes: int
    modified_s: float
    """Unix seconds."""


class ObjectStore(Protocol):
    """A place for objects: each is there whole or not at all."""

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

    def find(self, key: str) -> StoredObject | None:
        """Return what is known of an object; None where there is none."""

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose keys begin with a prefix, by key."""

    def sweep(self, before_s: float) -> int:
        """Remove parts of objects that nobody writes any more; return how many.

        Args:
            before_s: Unix seconds; what was written to since may still be written.
        """

    def download_url(self, key: str, expires_s: int) -> str:
        """Return a URL that anybody can read an object from until a time in unix seconds."""

    def upload_url(self, key: str, content_type: str, expires_s: int) -> str:
        """Return a URL that takes one PUT of an object with that content type until then."""
