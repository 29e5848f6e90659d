"""Who is meant: labels in full or by their last part, but not the words that are spelt so."""

import pytest

from clipkit.stages.read_criteria import speakers_named, understood
from clipkit.types.query import Query
from tests.stages.test_read_criteria import ENGLISH, MEETING, read, transcript_of


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("What did the Project Manager say about cost?", ("Project Manager",)),
        ("the project manager's opinion on buttons", ("Project Manager",)),
        ("the Project Manager\u2019s view", ("Project Manager",)),
        ("Project Manager and Marketing on colour", ("Marketing", "Project Manager")),
        ("What did C think about microphones?", ("PhD C",)),
        ("What did Professor B and C agree on?", ("Professor B",)),
        ("projects of the managers", ()),
        ("vitamin c", ()),
        ("C is a language", ()),
        ("the Marketingchef", ()),
        ("taxes", ()),
        ("", ()),
    ],
)
def test_speakers_are_named(text: str, named: tuple[str, ...]) -> None:
    assert speakers_named(text, MEETING) == named


@pytest.mark.parametrize(
    ("labels", "text", "named"),
    [
        (("Barack Obama", "Joe Rogan"), "what does Rogan think", ("Joe Rogan",)),
        (("Barack Obama", "Joe Rogan"), "Obama on healthcare", ("Barack Obama",)),
        (("Grad I",), "what I think", ()),
        (("SPEAKER_0", "SPEAKER_01"), "what SPEAKER_01 says", ("SPEAKER_01",)),
        (("Speaker 1", "Speaker 10"), "what speaker 1 says", ("Speaker 1",)),
        (("A", "B"), "A and B", ()),
        (("J. (Jo) Doe",), "what J. (Jo) Doe says", ("J. (Jo) Doe",)),
        (("Ann", "Ann Lee"), "what Ann Lee says", ("Ann Lee",)),
        (("...", "李雷"), "李雷 怎么 说", ("李雷",)),
        ((), "the Project Manager", ()),
    ],
)
def test_labels_of_all_kinds(labels: tuple[str, ...], text: str, named: tuple[str, ...]) -> None:
    assert speakers_named(text, labels) == named


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("What did the Project Manager say about buttons?", "buttons"),
        ("the Project Manager's opinion on buttons", "buttons"),
        ("the project manager\u2019s opinion on buttons", "buttons"),
        ("What did C think about microphones?", "microphones"),
        ("What did PhD C think about microphones?", "microphones"),
    ],
)
def test_a_speaker_is_no_part_of_the_topic(text: str, topic: str) -> None:
    found = understood(text, MEETING, ENGLISH)
    assert found.topic == topic
    assert len(found.speakers) == 1


def test_a_speaker_alone_is_the_topic_too() -> None:
    found = understood("Project Manager", MEETING, ENGLISH)
    assert (found.speakers, found.topic) == (("Project Manager",), "Project Manager")


@pytest.mark.parametrize(
    ("labels", "text", "named"),
    [
        (("Grace", "Will"), "what will happen next year", ()),
        (("Mark",), "a question mark over the future", ()),
        (("Guest", "Host"), "the host introduces the guest", ()),
        (("Will",), "Will it rain?", ()),
        (("Will",), "Tell me more. Will it rain?", ()),
        (("Will",), "“Will it rain?”", ()),
        (("Will",), "What does Will think?", ("Will",)),
        (("Will",), "what will Will do", ("Will",)),
        (("Will",), "Will's view on dogs", ("Will",)),
        (("Will",), "Will thinks that it rains", ("Will",)),
        (("Will",), "will", ("Will",)),
        (("Host",), "The host?", ("Host",)),
        (("ANNA",), "what Anna says", ("ANNA",)),
        (("host",), "the Host introduces her", ("host",)),
        (("SPEAKER_01",), "speaker_01 on dogs", ("SPEAKER_01",)),
        (("Will Smith",), "will smith on dogs", ("Will Smith",)),
    ],
)
def test_a_label_that_may_be_a_word_needs_its_capital(
    labels: tuple[str, ...], text: str, named: tuple[str, ...]
) -> None:
    assert speakers_named(text, labels) == named


def test_only_the_speaker_leaves_the_topic() -> None:
    found = understood("What will Mark say about the question mark?", ("Mark", "Will"), ENGLISH)
    assert (found.speakers, found.topic) == (("Mark",), "question mark")


@pytest.mark.parametrize(
    ("label", "said", "named"),
    [("Anna", "We like dogs.", True), ("Anna", "My anna said.", False), ("Will", "Dogs.", False)],
)
def test_a_name_that_nobody_says_in_lower_case_may_begin_a_sentence(
    label: str, said: str, named: bool
) -> None:
    query = Query(criteria=(f"{label} on dogs",))
    found, _ = read(transcript_of(said, "en", label), query)
    assert found.wanted[0].speakers == ((label,) if named else ())


def test_the_labels_are_those_of_the_words() -> None:
    said = transcript_of("We need buttons.", "en", "Project Manager")
    found, _ = read(said, Query(criteria=("What did the Project Manager want?",)))
    assert found.wanted[0].speakers == ("Project Manager",)
    found, _ = read(transcript_of("We need buttons.", "en"), Query(criteria=("Project Manager",)))
    assert found.wanted[0].speakers == ()
