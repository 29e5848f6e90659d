"""How values of each kind of annotation are written: leaves, and what is made of them."""

import collections.abc
import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

import numpy as np

from clipkit.schema.artefact_leaves import (
    Arrays,
    ArrayShape,
    Plain,
    Shape,
    Textual,
    damage,
    listed,
    refusal,
)
from clipkit.types.media import Samples

_MOST = 100_000_000
"""More values than any artefact has: a damaged count must not fill the memory."""


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
            raise refusal(f"it holds a {kind.__name__} where a {self.cls.__name__} goes")
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
            raise damage(f"the fields of a {self.cls.__name__} are not what they should be")
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
            raise damage(f"a {self.cls.__name__} cannot be made ({error})") from error


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
            raise damage("a tuple has no lengths or no items")
        lengths = listed(column["lengths"], count)
        if any(type(length) is not int or length < 0 for length in lengths) or sum(lengths) > _MOST:
            raise damage("a tuple has a length that cannot be")
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
            raise refusal(f"it holds a tuple that has not {len(self.places)} items")
        return [
            shape.pack([value[place] for value in values], arrays)
            for place, shape in enumerate(self.places)
        ]

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        columns = [
            shape.unpack(inner, count, arrays)
            for shape, inner in zip(self.places, listed(column, len(self.places)), strict=True)
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
        raise refusal(f"it holds {value!r} where its annotation says {self.text}")

    def unpack(self, column: Any, count: int, arrays: Arrays) -> Sequence[Any]:
        if not isinstance(column, dict) or column.keys() != {"which", "columns"}:
            raise damage("a choice does not say which")
        which = listed(column["which"], count)
        if any(type(w) is not int or not 0 <= w < len(self.options) for w in which):
            raise damage("a choice is none of those there are")
        inner = listed(column["columns"], len(self.options))
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
        return Plain(frozenset({hint}))
    if hint in {Path, Fraction}:
        return Textual(hint)
    if hint is Samples:
        return ArrayShape("array of float32", is_sound=True)
    if hint is np.ndarray or origin is np.ndarray:
        return ArrayShape(f"array of {arguments[1] if arguments else 'any'}")
    if origin is Literal:
        return Plain(frozenset(map(type, arguments)), frozenset(arguments))
    # A sequence lies as a tuple; while it grows it cannot be written.
    if origin is collections.abc.Sequence or (origin is tuple and arguments[1:] == (...,)):
        return _Many(shape_of(arguments[0]))
    if origin is tuple:
        return _Row(tuple(shape_of(argument) for argument in arguments))
    if origin in {typing.Union, types.UnionType}:
        return _either([shape_of(argument) for argument in arguments])
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _record(hint)
    raise refusal(f"{getattr(hint, '__name__', hint)} is nothing that can be written")


def _either(options: Sequence[Shape]) -> Shape:
    plain = [option for option in options if isinstance(option, Plain)]
    others = [option for option in options if not isinstance(option, Plain)]
    if sum(isinstance(option, _Many | _Row) for option in others) > 1:
        raise refusal("a choice between tuples cannot be told apart")
    if len(plain) > 1 and all(option.allowed is None for option in plain):
        plain = [Plain(frozenset().union(*(option.kinds for option in plain)))]
    together = (*plain, *others)
    return _Either(together) if len(together) > 1 else together[0]


def _record(cls: type) -> Shape:
    fields = {field.name: field for field in dataclasses.fields(cls)}
    if inspect.signature(cls).parameters.keys() != fields.keys():
        raise refusal(f"{cls.__name__} is not made of its fields alone")
    try:
        hints = typing.get_type_hints(cls)
        shapes = {name: shape_of(hints[name]) for name in fields}
    except NameError as error:
        raise refusal(f"an annotation of {cls.__name__} is unknown ({error})") from error
    except RecursionError as error:
        raise refusal(f"{cls.__name__} holds itself") from error
    defaults = {
        name: field.default
        for name, field in fields.items()
        if field.default is not dataclasses.MISSING
    }
    return _Record(cls, shapes, any(field.kw_only for field in fields.values()), defaults)


def _check_tuples(values: Iterable[object]) -> None:
    for kind in set(map(type, values)) - {tuple}:
        raise refusal(f"it holds a {kind.__name__} where a tuple goes")
