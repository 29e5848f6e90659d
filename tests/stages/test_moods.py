import pytest

from clipkit.engines.lexicon import Lexicon
from clipkit.stages.moods import examples_of, only_praises
from clipkit.stages.read_criteria import understood
from clipkit.types.retrieval import Criterion

ENGLISH = Lexicon("en")


def read(text: str) -> Criterion:
    return understood(text, (), ENGLISH)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("funny moments", "laugh"),
        ("Find the funniest jokes", "laugh"),
        ("key insights", "lesson"),
        ("practical advice", "advice"),
        ("a personal story", "remember"),
        ("emotional moments", "cried"),
        ("controversial takes", "disagree"),
        ("biggest mistakes", "mistake"),
    ],
)
def test_a_kind_of_moment_is_looked_for_by_what_is_said_in_it(text: str, said: str) -> None:
    criterion = read(text)
    assert any(said in example for example in criterion.examples), criterion
    assert not criterion.is_general


@pytest.mark.parametrize(
    "text", ["the remote control", "funny stories about dogs", "advice on mortgages", "sleep"]
)
def test_a_subject_is_no_kind_of_moment(text: str) -> None:
    criterion = read(text)
    assert criterion.examples == ()
    assert not criterion.is_general


@pytest.mark.parametrize(
    "text", ["highlights", "best moments", "the most interesting parts", "clips", "viral clips"]
)
def test_praise_asks_for_any_highlight(text: str) -> None:
    criterion = read(text)
    assert criterion.is_general
    assert criterion.examples == ()


def test_praise_beside_a_kind_of_moment_adds_nothing() -> None:
    assert read("the best funny highlights").examples == read("funny").examples


def test_several_kinds_give_the_examples_of_each() -> None:
    both = read("funny and emotional").examples
    assert set(both) == {*read("funny").examples, *read("emotional").examples}


def test_a_speaker_alone_is_no_praise() -> None:
    assert not understood("What did Anna say?", ("Anna",), ENGLISH).is_general


def test_other_languages_know_no_kinds() -> None:
    german = Lexicon("de")
    assert examples_of(("lustig",), german) == ()
    assert not only_praises(("best",), german)
