"""Any artefact written comes back equal; what is damaged or cannot be written is refused."""

import dataclasses
import json
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError, SchemaError
from clipkit.schema.artefacts import dump, holds_paths, load, signature
from clipkit.types.clips import Clips
from clipkit.types.media import MediaInfo, Shots, Source
from clipkit.types.query import Query
from clipkit.types.report import RunReport
from clipkit.types.speech import Cue, Sentences, Speech, Transcript, Word
from clipkit.types.time import Span

_Artefact = TypeVar("_Artefact")

CLASSES = (Clips, MediaInfo, RunReport, Sentences, Shots, Speech, Transcript)

FINITE = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, FINITE)
st.register_type_strategy(Path, st.text("ab/é\udc80.", min_size=1).map(Path))
st.register_type_strategy(
    Span,
    st.tuples(FINITE, FINITE).map(lambda ends: Span(min(ends), max(ends))),
)

st.register_type_strategy(
    Speech, st.builds(Speech, st.lists(st.from_type(Span)).map(tuple), st.floats(0.0, 9.0))
)


def _again(artefact: _Artefact) -> _Artefact:
    """Return an artefact after a way through text."""
    document, arrays = dump(artefact)
    return load(type(artefact), json.loads(json.dumps(document, allow_nan=False)), arrays)


@pytest.mark.parametrize("cls", CLASSES)
@given(data=st.data())
def test_what_is_loaded_equals_what_was_dumped(cls: type, data: st.DataObject) -> None:
    artefact = data.draw(st.from_type(cls))
    again = _again(artefact)
    assert again == artefact
    assert repr(again) == repr(artefact), "minus zero and the kinds of numbers too"


@dataclass(frozen=True, eq=False)
class Arrays:
    """Arrays at several depths."""

    one: npt.NDArray[np.float32]
    many: tuple[npt.NDArray[Any], ...]


@pytest.mark.parametrize(
    "array",
    [
        np.array([1.5, np.nan, -np.inf, -0.0], np.float32),
        np.zeros((0, 7), np.float64),
        np.array(3, np.int64),
        np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)),
        np.array([True, False]),
        np.arange(4, dtype=">i2"),
    ],
)
def test_arrays_keep_their_bits_type_and_shape(array: npt.NDArray[Any]) -> None:
    again = _again(Arrays(array, (array, array[:0] if array.ndim else array)))
    for found in (again.one, again.many[0]):
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes()


def test_infinities_are_kept() -> None:
    shots = Shots((float("-inf"), 1.0), float("inf"))
    assert _again(shots) == shots


def test_numbers_of_numpy_come_back_as_the_plain_ones_they_equal() -> None:
    word = Word("a", Span(cast(float, np.float32(0.1)), np.float64(2.5)), 1)
    again = _again(word)
    assert again == word
    assert [type(t) for t in (again.span.start_s, again.span.end_s, again.confidence)] == [
        float
    ] * 3


@dataclass(frozen=True, kw_only=True)
class Odd:
    """What annotations allow."""

    kind: Literal["a", "b"] | None
    either: int | str | Span | None
    row: tuple[int, str]
    nested: tuple[tuple[int, ...], ...]
    rate: Fraction
    empty: tuple[()] = ()


@pytest.mark.parametrize(
    "odd",
    [
        Odd(
            kind="a", either=3, row=(1, "x"), nested=((), (1, 2), (3,)), rate=Fraction(30000, 1001)
        ),
        Odd(kind=None, either=Span(0.0, 1.0), row=(-(10**30), ""), nested=(), rate=Fraction(0)),
        Odd(kind="b", either="3", row=(0, "\0"), nested=((),), rate=Fraction(-1, 3)),
        Odd(kind="b", either=None, row=(0, "é"), nested=((1,),), rate=Fraction(5)),
    ],
)
def test_all_that_annotations_allow(odd: Odd) -> None:
    assert _again(odd) == odd


@dataclass(frozen=True)
class Sets:
    items: frozenset[str]


@dataclass(frozen=True)
class Derived:
    items: tuple[int, ...]
    count: int = field(init=False, default=0)


@dataclass(frozen=True)
class Louder(Word):
    """Not what the annotation of a transcript says."""


@pytest.mark.parametrize(
    "artefact",
    [
        Sets(frozenset({"a"})),
        Derived((1,)),
        Shots((float("nan"),), 1.0),
        Odd(kind="a", either=float("inf"), row=(1, "x"), nested=(), rate=Fraction(1)),  # type: ignore[arg-type]
        Shots([1.0], 1.0),  # type: ignore[arg-type]
        Shots((True,), 1.0),
        Speech(("a",), 1.0),  # type: ignore[arg-type]
        Shots((2**60 + 1,), 1.0),
        Odd(kind="c", either=1, row=(1, "x"), nested=(), rate=Fraction(1)),  # type: ignore[arg-type]
        Odd(kind="a", either=1, row=(1,), nested=(), rate=Fraction(1)),  # type: ignore[arg-type]
        Transcript((Louder("a", Span(0.0, 1.0)),), "en", "x"),
        Arrays(np.array([{}], object), ()),
        Arrays(np.ma.masked_array([1.0], [True]), ()),
    ],
)
def test_what_would_not_come_back_is_refused(artefact: object) -> None:
    with pytest.raises(SchemaError):
        dump(artefact)


TALK = Transcript((Word("a", Span(0.0, 0.5), 0.5), Word("b", Span(1.0, 2.0), None, "A")), "en", "x")


def _places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to everything in a document."""
    inner = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


@pytest.mark.parametrize("wrong", [[], {}, -1, "2", [[1]], 10**12, float("nan")])
def test_a_damaged_document_is_refused_or_is_another_artefact(wrong: Any) -> None:
    document, arrays = dump(TALK)
    for path in _places(document)[1:]:
        damaged = json.loads(json.dumps(document))
        inner = damaged
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = wrong
        try:
            other = load(Transcript, damaged, arrays)
        except SchemaError:
            continue
        assert dump(other)[0] == damaged, path


@pytest.mark.parametrize("key", ["words", "language", "origin"])
def test_a_field_too_few_or_too_many_is_refused(key: str) -> None:
    document, arrays = dump(TALK)
    with pytest.raises(SchemaError):
        load(Transcript, {k: v for k, v in document.items() if k != key}, arrays)
    with pytest.raises(SchemaError):
        load(Transcript, document | {"more": [1]}, arrays)


def test_a_field_that_came_after_a_document_was_written_has_its_default() -> None:
    document, arrays = dump(TALK)
    del document["marks"]
    assert load(Transcript, document, arrays) == TALK
    del document["words"]["items"]["confidence"]
    assert [word.confidence for word in load(Transcript, document, arrays).words] == [None, None]


def test_marks_come_back() -> None:
    marked = dataclasses.replace(TALK, marks=(Cue(Span(0.5, 1.0), "[Laughter]", "A"),))
    assert load(Transcript, *dump(marked)) == marked


def test_an_array_that_is_missing_is_refused() -> None:
    document, arrays = dump(Arrays(np.zeros(1, np.float32), ()))
    assert list(arrays)
    with pytest.raises(SchemaError, match="missing"):
        load(Arrays, document, {})


def test_what_a_class_itself_refuses_is_a_damage() -> None:
    document, arrays = dump(Span(1.0, 2.0))
    document["end_s"] = [0.0]
    with pytest.raises(SchemaError, match="ends at or after") as caught:
        load(Span, document, arrays)
    assert isinstance(caught.value.__cause__, OptionError)


def test_a_signature_tells_the_fields_of_what_lies_within() -> None:
    assert signature(Sentences) == signature(Sentences)
    assert "confidence" in signature(Sentences)
    first = dataclasses.make_dataclass("Made", [("a", int)])
    second = dataclasses.make_dataclass("Made", [("a", int), ("b", int, 0)])
    third = dataclasses.make_dataclass("Made", [("a", float)])
    assert len({signature(first), signature(second), signature(third)}) == 3


def test_paths_are_found_at_any_depth() -> None:
    assert holds_paths(Source)
    assert holds_paths(MediaInfo)
    assert not holds_paths(Transcript)
    assert not holds_paths(Query)
