"""What a step makes, told before it runs: a hash of the step and of all that it takes.

A key says "the same stage with the same options, engines and weights, over the same input, by this
code of clipkit". Whatever cannot be told has no key, and nothing without a key is ever kept:

- a function or class from outside clipkit, unless it declares ``version``;
- an object among the options that is neither plain values nor says what it is;
- an artefact given by the caller that holds a path, for the path does not tell what lies there.
"""

import dataclasses
import hashlib
import inspect
import json
import logging
import sys
from collections.abc import Mapping
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

import clipkit
from clipkit.errors import ClipkitError, SchemaError
from clipkit.pipeline.source_sums import source_sum
from clipkit.pipeline.wiring import Step
from clipkit.schema.artefacts import dump, holds_paths, signature
from clipkit.types.media import MediaInfo, Source

KEY_FORMAT = 2
"""Goes into every key; raised when keys come to mean something else."""

TELLS_ITSELF: frozenset[type] = frozenset({MediaInfo})
"""Artefacts that are made of what lies at a path: known by what they say once they are there, and
so made on every run."""

_log = logging.getLogger(__name__)


class _Untold(Exception):
    """Something does not tell what it is."""


def step_key(step: Step, taken: Mapping[str, str | None]) -> str | None:
    """Return the key of what a step makes, or None where that cannot be told.

    Args:
        step: The step, with its stage as it is now: an engine may know more once it has run.
        taken: Key of what each parameter takes.
    """
    needs = {artefact for _, artefact in step.needs}
    # A source alone is a path; with a MediaInfo beside it, all that it adds is its language.
    reads_a_path = Source in needs and not needs & TELLS_ITSELF
    if step.gives in TELLS_ITSELF or reads_a_path or None in taken.values():
        return None
    try:
        told = {
            "format": KEY_FORMAT,
            "clipkit": clipkit.__version__,
            "stage": _told(step.stage),
            "gives": signature(step.gives),
            "takes": dict(taken),
        }
    except (_Untold, SchemaError) as reason:
        _log.debug("what %s makes is not kept: %s", step.name, reason)
        return None
    return _hashed(told)


def content_key(artefact: object) -> str | None:
    """Return the key of an artefact that is there, by its content, or None where it tells none.

    The path of a ``MediaInfo`` or ``Source`` does not count: the fingerprint stands for the file.
    """
    if isinstance(artefact, MediaInfo | Source):
        artefact = dataclasses.replace(artefact, path=Path())
    elif not dataclasses.is_dataclass(artefact):
        return None
    cls = type(artefact)
    try:
        if holds_paths(cls) and not isinstance(artefact, MediaInfo | Source):
            return None
        document, arrays = dump(artefact)
        sums = {name: _told(array) for name, array in arrays.items()}
        return _hashed(["content", KEY_FORMAT, signature(cls), document, sums])
    except SchemaError:
        return None


def _hashed(told: object) -> str:
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _told(value: Any) -> Any:
    """Return what a value is, as plain values for JSON.

    Raises:
        _Untold: It cannot be told.
    """
    if value is None or type(value) in {str, int, bool}:
        return value
    if type(value) in {float, Fraction}:
        return [type(value).__name__, str(value)]
    if type(value) in {tuple, list}:
        return [_told(item) for item in value]
    if type(value) in {set, frozenset, dict}:
        items = value.items() if type(value) is dict else value
        texts = sorted(json.dumps(_told(item), sort_keys=True) for item in items)
        return [type(value).__name__, texts]
    if type(value) is np.ndarray and not value.dtype.hasobject:
        flat = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        return ["array", value.dtype.str, list(value.shape), hashlib.sha256(flat.data).hexdigest()]
    return _told_code(value)


def _told_code(value: Any) -> Any:
    """Return what a function, or a stage, an engine, weights or another object says of itself."""
    is_code = isinstance(value, FunctionType | type)
    code = value if is_code else type(value)
    told: list[Any] = [code.__module__, code.__qualname__]
    if not is_ours(code):
        declared = [name for name in ("version", "identity") if _declares(value, name)]
        if not declared:
            raise _Untold(f"{code.__qualname__} is not clipkit's and declares no version")
        told.append([_text(value, name) for name in declared])
    else:
        told.append(source_sum(code.__module__))
    if is_code:
        return told
    # The one place that asks: engines and weights may say in a text all that their outcomes hang
    # on. None is an answer too: it cannot be told, as long as weights are not on this machine.
    if hasattr(type(value), "identity") or "identity" in getattr(value, "__dict__", ()):
        return [*told, _text(value, "identity")]
    return [*told, _settings(value), _told(getattr(value, "name", None))]


def _text(value: Any, name: str) -> str:
    try:
        text = getattr(value, name)
    except (AttributeError, ClipkitError, OSError) as error:
        raise _Untold(f"the {name} of {type(value).__name__} cannot be told: {error}") from error
    if not isinstance(text, str):
        raise _Untold(f"{type(value).__name__} does not know its {name}")
    return text


def _settings(value: Any) -> Any:
    """Return the options of an object: the fields of a dataclass, else what it was made with."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.init and field.compare]
        return {name: _told(getattr(value, name)) for name in names}
    settings = {}
    try:
        parameters = inspect.signature(type(value)).parameters
    except ValueError as error:
        raise _Untold(f"{type(value).__name__} does not tell its options") from error
    for name, parameter in parameters.items():
        held = [own for own in (name, f"_{name}") if hasattr(value, own)]
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD} or not held:
            raise _Untold(f"{type(value).__name__} does not hold its option {name!r}")
        settings[name] = _told(getattr(value, held[0]))
    return settings


def is_ours(code: Any) -> bool:
    """Tell whether a class or function is what clipkit has under its name.

    What merely took over that name, as a decorator does, is not.
    """
    if code.__module__.partition(".")[0] != clipkit.__name__:
        return False
    found: Any = sys.modules.get(code.__module__)
    for part in code.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is code


def _declares(thing: Any, name: str) -> bool:
    """Tell whether foreign code says something of itself; what it has from clipkit is not its own.

    Args:
        thing: A function, a class or an object.
        name: Of the attribute.
    """
    homes: list[Any] = [thing]
    if not isinstance(thing, FunctionType):
        classes = (thing if isinstance(thing, type) else type(thing)).__mro__
        homes += takewhile(lambda cls: not is_ours(cls), classes)
    return any(name in getattr(home, "__dict__", ()) for home in homes)
