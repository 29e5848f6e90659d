"""The files of one artefact, and a record that tells when one of them is damaged.

An artefact is ``artefact.json`` and, if it holds arrays, ``arrays.npz``; nothing in them is code.
Who wrote them keeps the record of their sizes and SHA-256, in a JSON text that holds its own.
"""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from clipkit.errors import SchemaError
from clipkit.schema.artefacts import dump, load

_Artefact = TypeVar("_Artefact")

DOCUMENT = "artefact.json"
ARRAYS = "arrays.npz"


class UnreadableFile(SchemaError):
    """A file that may be whole cannot be read now: too many are open, the disk or the rights fail.

    It is there, so it is no damage, and nothing is to be deleted for it.
    """


def write_artefact(folder: Path, artefact: object) -> dict[str, Any]:
    """Write an artefact into a folder that is there and return the record of its files.

    Raises:
        SchemaError: The artefact holds what cannot be written.
        OSError: The disk does not take it.
    """
    document, arrays = dump(artefact)
    contents = {DOCUMENT: _text(document).encode("ascii")}
    if arrays:
        buffer = io.BytesIO()
        named: dict[str, Any] = dict(arrays)
        np.savez(buffer, **named)
        contents[ARRAYS] = buffer.getvalue()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: _measured(content) for name, content in contents.items()}


def read_artefact(folder: Path, cls: type[_Artefact], record: Any) -> _Artefact:
    """Read an artefact whose files are as recorded.

    Raises:
        UnreadableFile: One of them cannot be read now.
        SchemaError: They are not, or they hold no such artefact.
    """
    names = record.keys() if isinstance(record, dict) else set()
    if names not in ({DOCUMENT}, {DOCUMENT, ARRAYS}):
        raise _damage(folder, "its record names other files than those of an artefact")
    contents = {}
    for name in names:
        contents[name] = _content(folder / name)
        if _measured(contents[name]) != record[name]:
            raise _damage(folder / name, "its content is not what was recorded")
    arrays = {}
    try:
        document = json.loads(contents[DOCUMENT])
        if ARRAYS in contents:
            with np.load(io.BytesIO(contents[ARRAYS]), allow_pickle=False) as file:
                arrays = dict(file)
    except (ValueError, RecursionError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise _damage(folder, str(error)) from error
    return load(cls, document, arrays)


def sealed(content: dict[str, Any]) -> str:
    """Return plain values as JSON text with a checksum of theirs."""
    return json.dumps({"content": content, "sha256": _sum(content)}, indent=1) + "\n"


def unsealed(path: Path) -> dict[str, Any]:
    """Read what ``sealed`` returned from a file.

    Raises:
        UnreadableFile: It cannot be read now.
        SchemaError: It is not there, or is damaged, or is something else.
    """
    text = _content(path)
    try:
        outer = json.loads(text)
        content = outer.get("content") if isinstance(outer, dict) else None
        if not isinstance(content, dict) or outer.get("sha256") != _sum(content):
            raise _damage(path, "its checksum is wrong")
    except (ValueError, RecursionError) as error:
        if isinstance(error, SchemaError):
            raise
        raise _damage(path, f"it is no JSON ({error})") from error
    return content


def class_name(cls: type) -> str:
    """Return the full name of a class, as records have it."""
    return f"{cls.__module__}.{cls.__qualname__}"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise _damage(path, error.strerror or str(error)) from error
    except OSError as error:
        found = error.strerror or str(error)
        raise UnreadableFile(f"cannot read {path}", found, "Try again.") from error


def _measured(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _sum(content: dict[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode("ascii")).hexdigest()


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, separators=(",", ":"))


def _damage(path: Path, found: str) -> SchemaError:
    return SchemaError(f"cannot read {path}", found, "Make it again.")
