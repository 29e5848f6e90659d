import pytest

from clipkit.engines.lexicon import Lexicon, languages_with_stop_words
from clipkit.stages import moods
from clipkit.stages.moods import examples_of, kinds_abroad, only_praises
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
    "text",
    [
        "highlights",
        "best moments",
        "the most interesting parts",
        "viral clips",
        "What are the highlights of the meeting?",
        "the best of the podcast",
        "top 5 moments",
        "main points",
    ],
)
def test_praise_asks_for_any_highlight(text: str) -> None:
    criterion = read(text)
    assert criterion.is_general
    assert criterion.examples == ()


@pytest.mark.parametrize(
    "text",
    [
        "decisions",
        "ideas and opinions",
        "concerns of the group",
        "IT",
        "what did they say?",
        "most people",
        "How to introduce a speaker",
        "the best ideas",
        "good decisions",
        "clips",
        "the best dogs",
        "power",
        "interest",
        "5",
    ],
)
def test_what_does_not_praise_alone_asks_for_itself(text: str) -> None:
    assert not read(text).is_general
    assert not only_praises(text)


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
    assert examples_of(("funni",), german) == ()
    assert not only_praises("die besten Momente")


def test_praise_in_english_asks_for_highlights_in_any_language() -> None:
    assert understood("the best moments", (), Lexicon("de")).is_general
    assert not understood("la main", (), Lexicon("fr")).is_general


@pytest.mark.parametrize("language", languages_with_stop_words())
def test_words_that_ask_abroad_are_no_english_ones(language: str) -> None:
    asking = kinds_abroad(language)
    assert len(asking) >= 9 or language == "en"
    english = ENGLISH.stop_words.union(moods._PRAISE.split(), moods.ASKING)
    english = english.union(*(mood.words.split() for mood in moods._MOODS))
    assert not asking & english
    assert asking == {word.lower() for word in asking}
