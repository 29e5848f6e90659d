"""How values of each kind of annotation are written: many at once, as a column."""

import dataclasses
import inspect
import math
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from clipkit.errors import SchemaError

Arrays = dict[str, npt.NDArray[Any]]
"""Arrays by the name that the document calls them."""

PATH = "<path>"
"""Stands for a path in the text of a shape; no name of a class or field has such signs."""

_INFINITE = {"inf": math.inf, "-inf": -math.inf}

_MOST = 100_000_000
"""More values than any artefact has: a damaged count must not fill the memory."""


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
class _Plain:
    """What JSON knows itself."""

    kinds: frozenset[type]
    allowed: frozenset[Any] | None = None
    """The values of a Literal; None: any."""

    @property
    def text(self) -> str:
        names = sorted(kind.__name__ for kind in self.kinds)
        return "|".join([*names, *sorted(map(repr, self.allowed or ()))])

    def fits(self, value: object) -> bool:
        kind = type(value.item()) if isinstance(value, np.generic) else type(value)
        if self.allowed is not None:
            return kind in self.kinds and value in self.allowed
        return kind in self.kinds or (kind is int and float in self.kinds)

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        column = list(values)
        if not set(map(type, column)) <= self.kinds:
            column = [self._plain(value) for value in column]
        if float in self.kinds:
            column = [self._spelt(v) if type(v) is float else v for v in column]
        if self.allowed is not None and not self.allowed.issuperset(column):
            raise _refusal(f"one of its values is none of {self.text}")
        return column

    def _spelt(self, value: float) -> float | str:
        """Write an infinity as a text, for JSON has none."""
        if math.isfinite(value):
            return value
        if math.isnan(value) or str in self.kinds:
            raise _refusal(f"it holds the number {value}")
        return str(value)

    def _plain(self, value: Any) -> Any:
        if not self.fits(value):
            raise _refusal(f"it holds {value!r} where its annotation says {self.text}")
        item = value.item() if isinstance(value, np.generic) else value
        if type(item) is int and int not in self.kinds:
            if abs(item) > 2**53:
                raise _refusal(f"no float is {item}")
            return float(item)
        return item

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        values = _listed(column, count)
        kinds = set(map(type, values))
        if float in self.kinds and str in kinds - self.kinds:
            values = [_INFINITE.get(v, v) if type(v) is str else v for v in values]
            kinds = set(map(type, values))
        if not kinds <= self.kinds:
            raise _damage(f"a value is not {self.text}")
        if not all(math.isfinite(v) for v in column if type(v) is float):
            raise _damage("a number is written as JSON has none")
        if self.allowed is not None and not self.allowed.issuperset(values):
            raise _damage(f"a value is none of {self.text}")
        return values


@dataclasses.dataclass(frozen=True)
class _Textual:
    """What is written as a text: paths and fractions."""

    cls: type

    @property
    def text(self) -> str:
        return PATH if self.cls is Path else self.cls.__name__

    def fits(self, value: object) -> bool:
        return isinstance(value, self.cls)

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        for value in values:
            if not self.fits(value):
                raise _refusal(f"it holds {value!r} where its annotation says {self.text}")
        return [str(value) for value in values]

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        texts = _listed(column, count)
        if not set(map(type, texts)) <= {str}:
            raise _damage(f"a {self.text} is no text")
        try:
            return [self.cls(text) for text in texts]
        except (ValueError, ZeroDivisionError) as error:
            raise _damage(f"a {self.text} cannot be read ({error})") from error


@dataclasses.dataclass(frozen=True)
class _Array:
    """An array: in the document stands its name."""

    text: str
    """Names its kind of numbers."""

    def fits(self, value: object) -> bool:
        return type(value) is np.ndarray and not value.dtype.hasobject

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        names = []
        for value in values:
            if not self.fits(value):
                raise _refusal(f"it holds a {type(value).__name__} where an array of numbers goes")
            names.append(f"array{len(arrays)}")
            arrays[names[-1]] = value
        return names

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        names = _listed(column, count)
        for name in names:
            if not isinstance(name, str) or name not in arrays:
                raise _damage(f"the array {name!r} is missing")
        return [arrays[name] for name in names]


@dataclasses.dataclass(frozen=True, eq=False)
class _Record:
    """A dataclass: a column for each field."""

    cls: type
    fields: dict[str, Shape]
    by_name: bool
    """Whether some of its fields are taken by name only."""
    defaults: dict[str, Any]
    """What fields hold that a document does not have, for they came after it was written."""

    @property
    def text(self) -> str:
        inner = ",".join(f"{name}:{shape.text}" for name, shape in self.fields.items())
        return f"{self.cls.__module__}.{self.cls.__qualname__}({inner})"

    def fits(self, value: object) -> bool:
        return type(value) is self.cls

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        for kind in set(map(type, values)) - {self.cls}:
            raise _refusal(f"it holds a {kind.__name__} where a {self.cls.__name__} goes")
        return {
            name: shape.pack(list(map(attrgetter(name), values)), arrays)
            for name, shape in self.fields.items()
        }

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        if (
            not isinstance(column, dict)
            or not column.keys() <= self.fields.keys()
            or not self.fields.keys() - column.keys() <= self.defaults.keys()
        ):
            raise _damage(f"the fields of a {self.cls.__name__} are not what they should be")
        columns = [
            shape.unpack(column[name], count, arrays)
            if name in column
            else [self.defaults[name]] * count
            for name, shape in self.fields.items()
        ]
        make: Callable[..., Any] = self.cls
        try:
            if not columns:
                return [make() for _ in range(count)]
            if self.by_name:
                rows = zip(*columns, strict=True)
                return [make(**dict(zip(self.fields, row, strict=True))) for row in rows]
            return list(map(make, *columns))
        except Exception as error:  # a class may check its fields as it likes
            raise _damage(f"a {self.cls.__name__} cannot be made ({error})") from error


@dataclasses.dataclass(frozen=True)
class _Many:
    """A tuple of any length: the lengths, and all items as one column."""

    item: Shape

    @property
    def text(self) -> str:
        return f"[{self.item.text}]"

    def fits(self, value: object) -> bool:
        return type(value) is tuple

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        _check_tuples(values)
        items = [item for value in values for item in value]
        return {"lengths": [len(value) for value in values], "items": self.item.pack(items, arrays)}

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        if not isinstance(column, dict) or column.keys() != {"lengths", "items"}:
            raise _damage("a tuple has no lengths or no items")
        lengths = _listed(column["lengths"], count)
        if any(type(length) is not int or length < 0 for length in lengths) or sum(lengths) > _MOST:
            raise _damage("a tuple has a length that cannot be")
        items = self.item.unpack(column["items"], sum(lengths), arrays)
        ends = accumulate(lengths, initial=0)
        return [tuple(items[start:end]) for start, end in pairwise(ends)]


@dataclasses.dataclass(frozen=True)
class _Row:
    """A tuple with an annotation for each place: a column each."""

    places: tuple[Shape, ...]

    @property
    def text(self) -> str:
        return f"({','.join(place.text for place in self.places)})"

    def fits(self, value: object) -> bool:
        return type(value) is tuple and len(value) == len(self.places)

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        _check_tuples(values)
        if any(len(value) != len(self.places) for value in values):
            raise _refusal(f"it holds a tuple that has not {len(self.places)} items")
        return [
            shape.pack([value[place] for value in values], arrays)
            for place, shape in enumerate(self.places)
        ]

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        columns = [
            shape.unpack(inner, count, arrays)
            for shape, inner in zip(self.places, _listed(column, len(self.places)), strict=True)
        ]
        return list(zip(*columns, strict=True)) if columns else [()] * count


@dataclasses.dataclass(frozen=True)
class _Either:
    """One of several: which, and a column for each."""

    options: tuple[Shape, ...]

    @property
    def text(self) -> str:
        return f"<{'|'.join(option.text for option in self.options)}>"

    def fits(self, value: object) -> bool:
        return any(option.fits(value) for option in self.options)

    def pack(self, values: Sequence[Any], arrays: Arrays) -> Any:
        which = [self._place(value) for value in values]
        return {
            "which": which,
            "columns": [
                option.pack([v for v, w in zip(values, which, strict=True) if w == place], arrays)
                for place, option in enumerate(self.options)
            ],
        }

    def _place(self, value: object) -> int:
        for place, option in enumerate(self.options):
            if option.fits(value):
                return place
        raise _refusal(f"it holds {value!r} where its annotation says {self.text}")

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        if not isinstance(column, dict) or column.keys() != {"which", "columns"}:
            raise _damage("a choice does not say which")
        which = _listed(column["which"], count)
        if any(type(w) is not int or not 0 <= w < len(self.options) for w in which):
            raise _damage("a choice is none of those there are")
        inner = _listed(column["columns"], len(self.options))
        values = [
            iter(option.unpack(inner[place], which.count(place), arrays))
            for place, option in enumerate(self.options)
        ]
        return [next(values[w]) for w in which]


@cache
def shape_of(hint: Any) -> Shape:  # noqa: PLR0911 - a line for each kind of annotation
    """Return how values of an annotation are written."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in {str, int, float, bool, type(None)}:
        return _Plain(frozenset({hint}))
    if hint in {Path, Fraction}:
        return _Textual(hint)
    if hint is np.ndarray or origin is np.ndarray:
        return _Array(f"array of {arguments[1] if arguments else 'any'}")
    if origin is Literal:
        return _Plain(frozenset(map(type, arguments)), frozenset(arguments))
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is ...:
            return _Many(shape_of(arguments[0]))
        return _Row(tuple(shape_of(argument) for argument in arguments))
    if origin in {typing.Union, types.UnionType}:
        return _either([shape_of(argument) for argument in arguments])
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _record(hint)
    raise _refusal(f"{getattr(hint, '__name__', hint)} is nothing that can be written")


def _either(options: Sequence[Shape]) -> Shape:
    plain = [option for option in options if isinstance(option, _Plain)]
    others = [option for option in options if not isinstance(option, _Plain)]
    if sum(isinstance(option, _Many | _Row) for option in others) > 1:
        raise _refusal("a choice between tuples cannot be told apart")
    if len(plain) > 1 and all(option.allowed is None for option in plain):
        plain = [_Plain(frozenset().union(*(option.kinds for option in plain)))]
    together = (*plain, *others)
    return _Either(together) if len(together) > 1 else together[0]


def _record(cls: type) -> Shape:
    fields = {field.name: field for field in dataclasses.fields(cls)}
    if inspect.signature(cls).parameters.keys() != fields.keys():
        raise _refusal(f"{cls.__name__} is not made of its fields alone")
    try:
        hints = typing.get_type_hints(cls)
        shapes = {name: shape_of(hints[name]) for name in fields}
    except NameError as error:
        raise _refusal(f"an annotation of {cls.__name__} is unknown ({error})") from error
    except RecursionError as error:
        raise _refusal(f"{cls.__name__} holds itself") from error
    defaults = {
        name: field.default
        for name, field in fields.items()
        if field.default is not dataclasses.MISSING
    }
    return _Record(cls, shapes, any(field.kw_only for field in fields.values()), defaults)


def _listed(column: Any, count: int) -> list[Any]:
    if not isinstance(column, list) or len(column) != count:
        raise _damage(f"a column has not the {count} values it should have")
    return column


def _check_tuples(values: Iterable[object]) -> None:
    for kind in set(map(type, values)) - {tuple}:
        raise _refusal(f"it holds a {kind.__name__} where a tuple goes")


def _refusal(found: str) -> SchemaError:
    return SchemaError("cannot write the artefact", found)


def _damage(found: str) -> SchemaError:
    return SchemaError("cannot read the artefact", found, "Make it again.")
