"""Any artefact as JSON with arrays beside it, and back: its annotations say how.

An artefact is a dataclass of dataclasses, tuples, texts, numbers, None, paths, fractions and
arrays. Values of one kind lie together as a column: the words of a transcript are one list of
texts, one list of starts and so on.

What comes back equals what went in. Numbers keep every bit; where the annotation says float, a
whole number comes back as the float it equals. Infinities are kept, as texts, for JSON has none.
NaN is refused as a plain number, for it equals nothing; arrays keep it.
"""

from typing import Any, TypeVar, cast

from clipkit.schema.artefact_leaves import PATH, Arrays
from clipkit.schema.artefact_shapes import shape_of

_Artefact = TypeVar("_Artefact")


def dump(artefact: object) -> tuple[dict[str, Any], Arrays]:
    """Return an artefact as plain values for JSON, and its arrays by name.

    Raises:
        SchemaError: It holds something that cannot be written, such as a set or a NaN.
    """
    arrays: Arrays = {}
    cls: Any = type(artefact)
    column: dict[str, Any] = shape_of(cls).pack([artefact], arrays)
    return column, arrays


def load(cls: type[_Artefact], document: Any, arrays: Arrays) -> _Artefact:
    """Return the artefact that ``dump`` wrote.

    Raises:
        SchemaError: Document and arrays do not fit together to an artefact of that class.
    """
    hint: Any = cls
    (artefact,) = shape_of(hint).unpack(document, 1, arrays)
    return cast(_Artefact, artefact)


def signature(cls: type) -> str:
    """Return a text that changes whenever the fields of an artefact class change, at any depth.

    Raises:
        SchemaError: It is no class of artefacts that can be written.
    """
    return shape_of(cls).text


def holds_paths(cls: type) -> bool:
    """Tell whether artefacts of a class may hold a path, whose text does not tell what lies there.

    Raises:
        SchemaError: It is no class of artefacts that can be written.
    """
    return PATH in shape_of(cls).text
