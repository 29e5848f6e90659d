"""The error tree: stable codes, builtins to catch, and errors that survive a process border."""

import builtins
import copy
import pickle
import re

import pytest

from clipkit import errors
from clipkit.errors import Cancelled, ClipkitError


def _tree(root: type[ClipkitError]) -> list[type[ClipkitError]]:
    return [root, *(found for child in root.__subclasses__() for found in _tree(child))]


ALL = [found for found in _tree(ClipkitError) if found.__module__ == errors.__name__]
DRAWN = re.findall(r"[├└]── (\w+)(?:.*\(also (\w+)\))?", errors.__doc__ or "")


def _made(kind: type[ClipkitError], remedy: str = "Record it again.") -> ClipkitError:
    if kind is Cancelled:
        return Cancelled()
    return kind("cannot open talk.mp4", "the file is empty", remedy)


def test_the_drawn_tree_shows_every_class() -> None:
    assert sorted(name for name, _ in DRAWN) == sorted(
        kind.__name__ for kind in ALL if kind is not ClipkitError
    )


@pytest.mark.parametrize(("name", "builtin"), [(n, b) for n, b in DRAWN if b])
def test_an_error_is_caught_as_the_builtin_it_claims(name: str, builtin: str) -> None:
    with pytest.raises(getattr(builtins, builtin)):
        raise _made(getattr(errors, name))


def test_an_error_is_no_builtin_that_the_tree_does_not_show() -> None:
    found = [
        (kind.__name__, base.__name__)
        for kind in ALL
        for base in kind.__bases__
        if base.__module__ == "builtins"
    ]
    drawn = [(name, builtin) for name, builtin in DRAWN if builtin]
    assert sorted(found) == sorted([*drawn, ("ClipkitError", "Exception")])


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [vars(kind).get("code") for kind in ALL]
    assert None not in codes
    assert len(set(codes)) == len(ALL)


@pytest.mark.parametrize("kind", ALL)
def test_a_message_says_what_was_asked_and_found_and_what_to_do(kind: type[ClipkitError]) -> None:
    error = _made(kind)
    if kind is Cancelled:
        assert str(error) == "the run did not finish: it was cancelled"
    else:
        assert str(error) == "cannot open talk.mp4: the file is empty. Record it again."
        assert str(_made(kind, remedy="")) == "cannot open talk.mp4: the file is empty"


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("remedy", ["", "Record it again."])
def test_an_error_crosses_a_process_border(kind: type[ClipkitError], remedy: str) -> None:
    error = _made(kind, remedy)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert (back.asked, back.found, back.remedy) == (error.asked, error.found, error.remedy)
    assert (str(back), back.code, back.args) == (str(error), error.code, error.args)


@pytest.mark.parametrize("kind", ALL)
def test_an_error_can_be_copied(kind: type[ClipkitError]) -> None:
    assert str(copy.copy(_made(kind))) == str(_made(kind))


@pytest.mark.parametrize("kind", [kind for kind in ALL if issubclass(kind, OSError)])
def test_the_fields_of_an_operating_system_error_hold_no_prose(kind: type[ClipkitError]) -> None:
    error = _made(kind)
    assert isinstance(error, OSError)
    assert (error.errno, error.strerror, error.filename) == (None, None, None)


def test_notes_survive_a_process_border() -> None:
    error = _made(errors.EngineError)
    error.add_note("while transcribing")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["while transcribing"]
