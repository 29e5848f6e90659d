"""The rules of titles, and what is taken off a model's answer before they are held to it."""

import pytest

from clipkit.engines.titles_checked import alike, fault_of, stripped

SAID = [
    "In 2007 The Washington Post reported that the military was testing a robot.",
    "It's the world we live in. Colonel Smith called three mine-clearing tests inhumane.",
    "We are learning how robots make us feel.",
]


@pytest.mark.parametrize(
    "title",
    [
        "How robots make us feel",
        "The military was testing a robot",
        "Testing a military robot in 2007",
        "Colonel Smith called 3 tests inhumane",
        "The Washington Post reports on the military's robots",
        "Mine clearing robots",
        "It's the world we live in",
        "What are robots for?",
        "How robots make us feel—testing a robot",
        "The robot was testing more—we feel inhumane",
        "Inhumane tests of a fallen military robot",  # one word of four is the writer's
    ],
)
def test_titles_in_the_clips_words_pass(title: str) -> None:
    assert fault_of(title, SAID, {"Another title"}) is None


@pytest.mark.parametrize(
    ("title", "fault"),
    [
        ("", "no words"),
        ("—!", "no words"),
        ("robot " * 11 + "robots", "72 characters"),
        ("How robots\nmake us feel", "one line"),
        (" How robots make us feel", "one line"),
        ("How robots make…", "ellipsis"),
        ("How robots... make us feel", "ellipsis"),
        ("how  ROBOTS make us feel alike", "another clip has it"),
        ("How robots make us feel", "another clip has 'How robots make us feel alike'"),
        ("How robots make us feel alike, 'testing'", "another clip has 'How robots make us feel"),
        ("The military was testing that—I hesitate", "breaks off at 'that—'"),
        ("The military reported that--testing a robot", "breaks off at 'that—'"),
        ("The military was-It's the world we live in", "breaks off at 'was—'"),
        ("The military was testing a robot—I", "ends on 'i'"),
        ("The", "ends on 'the'"),
        ("The military and", "ends on 'and'"),
        ("The Washington Post reported that the", "ends on 'the'"),
        ("The military was testing in", "where no sentence ends"),
        ("The robot,", "ends on ','"),
        ("The military tested a robot in 2008", "no number '2008'"),
        ("Colonel Smith called five tests inhumane", "no number 'five'"),
        ("Colonel Jones called tests inhumane", "'Jones', which may be a name"),
        ("Obama feels robots", "'Obama', which may be a name"),
        ("Smiths called tests inhumane", "'Smiths', which may be a name"),
        ("The weather ruins a picnic", "does not speak of 'weather', 'ruins', 'picnic'"),
        ("Robots feel jealous sorrow", "does not speak of 'jealous', 'sorrow'"),
    ],
)
def test_each_rule_is_named_when_broken(title: str, fault: str) -> None:
    taken = {"How robots make us feel alike"}
    assert fault in (fault_of(title, SAID, taken) or "")


@pytest.mark.parametrize(
    ("title", "other", "expected"),
    [
        ("We built a house", "we  built a HOUSE", True),
        ("We built a house", "We built a house; often", True),
        ("We built a house", "We built a houseboat", False),
        ("We built a house", "In May we built a house", False),
        ("Robots", "Robots on the moon", False),
    ],
)
def test_titles_are_alike_if_one_goes_on_from_the_other(
    title: str, other: str, expected: bool
) -> None:
    assert alike(title, other) is alike(other, title) is expected


def test_words_of_scripts_without_spaces_are_sought_in_the_run_of_letters() -> None:
    said = ["今天 我们 来 谈谈 天气。", "机器 学习 很 难。"]
    assert fault_of("我们来谈谈天气", said, set()) is None
    assert fault_of("经济危机", said, set()) == "the clip does not speak of '经济危机'"


def test_small_words_of_other_languages_may_end_a_title() -> None:
    assert fault_of("Sie kam nicht an", ["Gestern kam sie nicht an"], set()) is None


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("How robots feel", "How robots feel"),
        ('  "How robots feel."  ', "How robots feel"),
        ("**Title:** “How robots feel”", "How robots feel"),
        ("Title: How robots feel\nIt is about robots.", "How robots feel"),
        ("# How robots feel", "How robots feel"),
        ("\n\n*How robots feel*\n", "How robots feel"),
        ("「机器人」", "机器人"),
        ("How do robots feel?", "How do robots feel?"),
        ('He said "no" and "yes"', 'He said "no" and "yes"'),
        ("How robots…", "How robots…"),
        ("...", ""),
        ("", ""),
    ],
)
def test_what_wraps_a_title_is_taken_off(answer: str, title: str) -> None:
    assert stripped(answer) == title
