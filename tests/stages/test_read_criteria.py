"""Free text becomes a topic, terms and things to avoid, one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.lexicon import Lexicon, language_spoken
from clipkit.errors import OptionError
from clipkit.stages.read_criteria import (
    listed,
    read_criteria,
    understood,
)
from clipkit.types.events import Event, Monitor
from clipkit.types.query import Query
from clipkit.types.retrieval import Criteria
from clipkit.types.speech import Transcript, Word
from clipkit.types.time import Span

ENGLISH = Lexicon("en")
MEETING = ("Industrial Designer", "Marketing", "PhD C", "Professor B", "Project Manager")


def transcript_of(text: str, language: str | None, speaker: str | None = None) -> Transcript:
    words = tuple(
        Word(word, Span(float(place), place + 0.9), None, speaker)
        for place, word in enumerate(text.split())
    )
    return Transcript(words, language, "test")


def read(transcript: Transcript, query: Query) -> tuple[Criteria, list[Event]]:
    told: list[Event] = []
    index = Lexicon(language_spoken(transcript)).index([transcript.text])
    found = read_criteria(query, transcript, index, Monitor("read", told.append))
    return found, told


# What is asked.


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Summarize the discussion about remote controls.", "remote controls"),
        ("What did they say about the budget?", "budget"),
        ("Find me clips where people talk about rockets", "rockets"),
        ("give me the best moments regarding tax reform, please", "tax reform"),
        ("climate change", "climate change"),
        ("Why was the battery chosen?", "battery chosen"),
        ("COVID-19", "COVID-19"),
        ("the US' decision on tariffs!", "US' tariffs"),
    ],
)
def test_a_topic_is_what_is_left_without_instructions(text: str, topic: str) -> None:
    assert understood(text, (), ENGLISH).topic == topic


@pytest.mark.parametrize(
    "text", ["best moments", "discussion", "?!", "what", "🎂", "interview", "what did they say?"]
)
def test_a_text_of_nothing_but_praise_or_small_words_is_its_own_topic(text: str) -> None:
    found = understood(text, (), ENGLISH)
    assert found.text == found.topic == text


@pytest.mark.parametrize(
    ("text", "topic", "terms"),
    [
        ("decisions", "decisions", ("decis",)),
        ("ideas and opinions", "ideas opinions", ("idea", "opinion")),
        ("concerns of the group", "concerns group", ("concern", "group")),
        ("most people", "people", ("peopl",)),
        ("How to introduce a speaker", "introduce speaker", ("introduc", "speaker")),
        ("What did the team discuss about evaluation?", "team evaluation", ("team", "evalu")),
        ("the best ideas", "ideas", ("idea",)),
        ("the discussion", "discussion", ("discuss",)),
        ("What is the summary of the meeting?", "summary meeting", ("summari", "meet")),
        ("IT", "IT", ()),
        ("the decision on tariffs", "tariffs", ("tariff",)),
        ("the team's best ideas on rockets", "team's rockets", ("team", "rocket")),
    ],
)
def test_instructions_alone_are_looked_for_themselves(
    text: str, topic: str, terms: tuple[str, ...]
) -> None:
    found = understood(text, (), ENGLISH)
    assert (found.topic, found.terms, found.is_general) == (topic, terms, False)


def test_terms_are_stems_in_order_and_each_once() -> None:
    found = understood("rockets, rocket fuel and the taxes on fuels", (), ENGLISH)
    assert found.terms == ("rocket", "fuel", "tax")


@pytest.mark.parametrize("text", ["what is it", "?!", "the of and"])
def test_a_text_of_stop_words_has_no_terms(text: str) -> None:
    assert understood(text, (), ENGLISH).terms == ()


def test_terms_are_those_of_the_transcripts_language() -> None:
    found = understood("die Häuser", (), Lexicon("de"))
    assert (found.topic, found.terms) == ("Häuser", ("haus",))


@given(st.text(max_size=80), st.sampled_from(["en", "de", "zh", "ar"]))
def test_any_text_is_understood(text: str, language: str) -> None:
    found = understood(text, MEETING, Lexicon(language))
    assert found.text == text
    assert len(set(found.terms)) == len(found.terms)
    assert set(found.speakers) <= set(MEETING)
    assert found == understood(text, MEETING, Lexicon(language))


def test_criteria_keep_their_order_and_those_to_avoid_come_last() -> None:
    query = Query(criteria=("taxes", "roads"), exclude=("cats",))
    found, _ = read(transcript_of("Taxes fund roads.", "en"), query)
    assert [item.text for item in found.wanted] == ["taxes", "roads"]
    assert [item.text for item in found.avoided] == ["cats"]
    assert [item.text for item in found.all] == ["taxes", "roads", "cats"]


@pytest.mark.parametrize(
    ("text", "has_examples", "is_general"),
    [
        ("the best moments", False, True),
        ("most interesting clips, please", False, True),
        ("funny moments", True, False),
        ("the funniest jokes and an emotional story", True, False),
        ("funny cats", False, False),
        ("taxes", False, False),
        ("What did the Project Manager say?", False, False),
    ],
)
def test_kinds_of_moments_and_praise_are_no_subjects(
    text: str, has_examples: bool, is_general: bool
) -> None:
    found = understood(text, MEETING, ENGLISH)
    assert (bool(found.examples), found.is_general) == (has_examples, is_general)


# What is excluded.


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("pets and dogs", ("pets", "dogs")),
        ("sponsors, ads or giveaways", ("sponsors", "ads", "giveaways")),
        ("sponsors, ads, and giveaways", ("sponsors", "ads", "giveaways")),
        ("anything about sponsors or ads", ("sponsors", "ads")),
        ("sponsors and paid ads", ("sponsors", "paid ads")),
        ("team building and dogs", ("team building", "dogs")),
        ("music or ads", ("music", "ads")),
        ("terms and conditions", ()),
        ("Terms and Conditions.", ()),
        ("big and small dogs", ()),
        ("the war between Russia and Ukraine", ()),
        ("the relationship of men and women", ()),
        ("how to buy or sell houses", ()),
        ("Johnson & Johnson", ()),
        ("Trump, the president of the US", ()),
        ("dogs", ()),
        ("and", ()),
        ("candy land", ()),
    ],
)
def test_a_list_is_taken_apart(text: str, things: tuple[str, ...]) -> None:
    assert listed(understood(text, (), ENGLISH), ENGLISH) == things


def test_lists_are_joined_in_other_languages_too() -> None:
    german = Lexicon("de")
    assert listed(understood("Hunde und Katzen", (), german), german) == ("Hunde", "Katzen")
    assert listed(understood("Hunde und Katzen", (), ENGLISH), ENGLISH) == ()


def test_a_name_with_a_comma_is_no_list() -> None:
    named = understood("Doe, Jane", ("Doe, Jane",), ENGLISH)
    assert (named.speakers, listed(named, ENGLISH)) == (("Doe, Jane",), ())


@given(st.text(max_size=80), st.sampled_from(["en", "de", "zh", "ar"]))
def test_any_text_is_taken_apart(text: str, language: str) -> None:
    lexicon = Lexicon(language)
    for thing in listed(understood(text, (), lexicon), lexicon):
        assert thing


def test_a_list_is_avoided_as_a_whole_and_thing_by_thing() -> None:
    query = Query(criteria=("cats and mice",), exclude=("pets and dogs", "ads", "dogs, best clips"))
    found, _ = read(transcript_of("Taxes fund roads.", "en"), query)
    assert [item.text for item in found.wanted] == ["cats and mice"]
    avoided = [item.text for item in found.avoided]
    assert avoided == ["pets and dogs", "ads", "dogs, best clips", "pets", "dogs"]
    assert found.avoided[-1].terms == ("dog",)


@pytest.mark.parametrize("text", ["the best moments", "highlights"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_to_exclude_praise_alone_is_refused(text: str, language: str) -> None:
    with pytest.raises(OptionError, match=f"cannot exclude “{text}”: it praises"):
        read(transcript_of("Taxes fund roads.", language), Query(exclude=(text,)))
