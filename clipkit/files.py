"""Writing a file whole or not at all, and telling one file's content from another's."""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clipkit.errors import ClipkitError, OutputError


@contextmanager
def whole_file(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """Yield a scratch path beside ``path`` that takes its place once the block succeeds.

    Readers see the old file or the new one, never a part; a block that fails leaves nothing.

    Args:
        path: The file.
        replace: Whether it may be there already, also made by somebody else meanwhile.

    Raises:
        OutputError: The file cannot be written there.
        FileExistsError: It is there, and must not be replaced.
    """
    make_folder(path.parent)
    # Named at random: two threads or processes may write the same file at once.
    scratch = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield scratch
        if replace:
            scratch.replace(path)
        else:
            path.hardlink_to(scratch)  # unlike a rename, it fails where something lies
    except OSError as error:
        is_taken = not replace and isinstance(error, FileExistsError)
        if isinstance(error, ClipkitError) or is_taken or not _is_about(error, scratch):
            raise
        raise OutputError(
            f"cannot write {path}",
            error.strerror or str(error),
            "Free some space or choose another place.",
        ) from error
    finally:
        scratch.unlink(missing_ok=True)


def _is_about(error: OSError, scratch: Path) -> bool:
    return error.filename is None or Path(os.fsdecode(error.filename)).name == scratch.name


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all.

    Raises:
        OutputError: The file cannot be written there.
    """
    with whole_file(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


def make_folder(path: Path) -> None:
    """Make a folder, and its parents, unless it is there, and check that it takes files.

    Raises:
        OutputError: It cannot be made or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise OutputError(
            f"cannot write into the folder {path}",
            error.strerror or str(error),
            "Choose a folder that you may write to.",
        ) from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
