"""Which code of clipkit a module runs: a sum over its source and that of all it names.

During development code changes while the version stays. What a stage made is held to this sum.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

import clipkit

_HOME = Path(clipkit.__file__).parent
_NAMED = re.compile(rf"\b{clipkit.__name__}((?:\.\w+)+)(?: import (\w+))?")
"""Where a module is imported, at the top or within a function, or started as a process: by its
full name. Mentions in docstrings fit too, which only makes the sum more cautious."""


@cache
def source_sum(module: str, home: Path = _HOME) -> str:
    """Return the SHA-256 over the sources that a module leads to.

    Each is read once in a process: what changes while it runs does not run in it either.

    Args:
        module: Full name of a module of clipkit.
        home: The folder of the package.
    """
    found: dict[str, str] = {}
    pending = {tuple(module.split(".")[1:])}
    while pending:
        parts = pending.pop()
        path = _source(home, parts)
        # The package itself names everything, to load it on first use.
        if path is None or path == home / "__init__.py":
            continue
        name = path.relative_to(home).as_posix()
        if name in found:
            continue
        content, named = _read(path)
        found[name] = content
        pending |= named
    text = "\n".join(f"{name} {content}" for name, content in sorted(found.items()))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _read(path: Path) -> tuple[str, frozenset[tuple[str, ...]]]:
    """Return the SHA-256 of a source and the names in it."""
    content = path.read_bytes()
    named = set()
    for match in _NAMED.finditer(content.decode()):
        parts = tuple(match.group(1).split(".")[1:])
        named.add(parts)
        if match.group(2):
            named.add((*parts, match.group(2)))
    return hashlib.sha256(content).hexdigest(), frozenset(named)


def _source(home: Path, parts: tuple[str, ...]) -> Path | None:
    """Return the file of the longest beginning of a name that is a module; None: none is here."""
    for count in range(len(parts), 0, -1):
        place = home.joinpath(*parts[:count])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path
    return None
