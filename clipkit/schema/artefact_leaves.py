"""How single values are written, many at once, as a column: what JSON knows, texts, arrays."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from clipkit.errors import SchemaError

Arrays = dict[str, npt.NDArray[Any]]
"""Arrays by the name that the document calls them."""

PATH = "<path>"
"""Stands for a path in the text of a shape; no name of a class or field has such signs."""

_INFINITE = {"inf": math.inf, "-inf": -math.inf}


class Shape(Protocol):
    """How values of one annotation are written: many at once, as a column."""

    @property
    def text(self) -> str:
        """What is written, down to the last field."""
        ...

    def fits(self, value: object) -> bool:
        """Tell whether a value is of this kind, its content aside."""
        ...

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        """Return values as a column; their arrays are added to ``arrays``."""
        ...

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        """Return the values of a column."""
        ...


@dataclasses.dataclass(frozen=True)
class Plain:
    """What JSON knows itself."""

    kinds: frozenset[type]
    allowed: frozenset[Any] | None = None
    """The values of a Literal; None: any."""

    @property
    def text(self) -> str:
        """The kind of value."""
        names = sorted(kind.__name__ for kind in self.kinds)
        return "|".join([*names, *sorted(map(repr, self.allowed or ()))])

    def fits(self, value: object) -> bool:
        """Tell whether a value is of this kind."""
        kind = type(value.item()) if isinstance(value, np.generic) else type(value)
        if self.allowed is not None:
            return kind in self.kinds and value in self.allowed
        return kind in self.kinds or (kind is int and float in self.kinds)

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        """Return values as a column."""
        column = list(values)
        if not set(map(type, column)) <= self.kinds:
            column = [self._plain(value) for value in column]
        if float in self.kinds:
            column = [self._spelt(v) if type(v) is float else v for v in column]
        if self.allowed is not None and not self.allowed.issuperset(column):
            raise refusal(f"one of its values is none of {self.text}")
        return column

    def _spelt(self, value: float) -> float | str:
        """Write an infinity as a text, for JSON has none."""
        if math.isfinite(value):
            return value
        if math.isnan(value) or str in self.kinds:
            raise refusal(f"it holds the number {value}")
        return str(value)

    def _plain(self, value: Any) -> Any:
        if not self.fits(value):
            raise refusal(f"it holds {value!r} where its annotation says {self.text}")
        item = value.item() if isinstance(value, np.generic) else value
        if type(item) is int and int not in self.kinds:
            if abs(item) > 2**53:
                raise refusal(f"no float is {item}")
            return float(item)
        return item

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        """Return the values of a column."""
        values = listed(column, count)
        kinds = set(map(type, values))
        if float in self.kinds and str in kinds - self.kinds:
            values = [_INFINITE.get(v, v) if type(v) is str else v for v in values]
            kinds = set(map(type, values))
        if not kinds <= self.kinds:
            raise damage(f"a value is not {self.text}")
        if not all(math.isfinite(v) for v in column if type(v) is float):
            raise damage("a number is written as JSON has none")
        if self.allowed is not None and not self.allowed.issuperset(values):
            raise damage(f"a value is none of {self.text}")
        return values


@dataclasses.dataclass(frozen=True)
class Textual:
    """What is written as a text: paths and fractions."""

    cls: type

    @property
    def text(self) -> str:
        """The kind of value."""
        return PATH if self.cls is Path else self.cls.__name__

    def fits(self, value: object) -> bool:
        """Tell whether a value is of this kind."""
        return isinstance(value, self.cls)

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        """Return values as a column."""
        for value in values:
            if not self.fits(value):
                raise refusal(f"it holds {value!r} where its annotation says {self.text}")
        return [str(value) for value in values]

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        """Return the values of a column."""
        texts = listed(column, count)
        if not set(map(type, texts)) <= {str}:
            raise damage(f"a {self.text} is no text")
        try:
            return [self.cls(text) for text in texts]
        except (ValueError, ZeroDivisionError) as error:
            raise damage(f"a {self.text} cannot be read ({error})") from error


@dataclasses.dataclass(frozen=True)
class ArrayShape:
    """An array: in the document stands its name."""

    text: str
    """Names its kind of numbers."""

    is_sound: bool = False
    """Whether it may be what becomes an array by slicing."""

    def fits(self, value: object) -> bool:
        """Tell whether a value is of this kind."""
        return type(value) is np.ndarray and not value.dtype.hasobject

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        """Return values as a column."""
        names = []
        for given in values:
            value = given[0 : len(given)] if self.is_sound else given
            if not self.fits(value):
                raise refusal(f"it holds a {type(value).__name__} where an array of numbers goes")
            names.append(f"array{len(arrays)}")
            arrays[names[-1]] = value
        return names

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        """Return the values of a column."""
        names = listed(column, count)
        for name in names:
            if not isinstance(name, str) or name not in arrays:
                raise damage(f"the array {name!r} is missing")
        return [arrays[name] for name in names]


def listed(column: Any, count: int) -> list[Any]:
    """Return a column of a document as the values that it has to have."""
    if not isinstance(column, list) or len(column) != count:
        raise damage(f"a column has not the {count} values it should have")
    return column


def refusal(found: str) -> SchemaError:
    """Return the error that something cannot be written."""
    return SchemaError("cannot write the artefact", found)


def damage(found: str) -> SchemaError:
    """Return the error that something cannot be read."""
    return SchemaError("cannot read the artefact", found, "Make it again.")
