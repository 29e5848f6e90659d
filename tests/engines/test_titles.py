"""Titles out of a clip's own words."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.titles import _DANGLING, TITLE_CHARS, ExtractiveTitles, shortened

ENGLISH = (
    "so and then we found that the very first customers are, in fact, not looking for a cheaper "
    "machine; i think they want one that works - every single day! because time is money. What "
    "about you? Well, I'm sure... it's ß fine ﬁsh … (really) “quoted” don't the of"
).split()

sentences = st.one_of(
    st.lists(st.sampled_from(ENGLISH), min_size=1, max_size=40).map(" ".join), st.text(max_size=150)
)


def spoken(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


@given(sentences)
def test_a_title_is_one_line_of_at_most_70_characters(sentence: str) -> None:
    title = shortened(sentence)
    assert len(title) <= TITLE_CHARS
    assert len(title.splitlines()) <= 1
    assert title == title.strip()
    assert not title.endswith(("…", "...", ",", ";", ":"))


@given(sentences)
def test_a_title_is_words_of_the_sentence_in_their_order(sentence: str) -> None:
    words, title = spoken(sentence.replace("…", " ")), spoken(shortened(sentence))
    if not any(len(word) > TITLE_CHARS for word in sentence.split()):
        starts = range(len(words) - len(title) + 1)
        assert any(words[start : start + len(title)] == title for start in starts)


@given(sentences)
def test_words_give_a_title(sentence: str) -> None:
    if any(character.isalnum() for character in sentence):
        assert shortened(sentence)


@given(st.lists(st.sampled_from(ENGLISH), min_size=40, max_size=60).map(" ".join))
def test_a_shortened_title_does_not_end_on_a_word_that_promises_more(rest: str) -> None:
    title = shortened("Today " + rest)  # always too long
    assert title == "Today" or spoken(title)[-1] not in _DANGLING


@given(
    st.lists(sentences, max_size=5).flatmap(
        lambda texts: st.tuples(
            st.just(texts), st.lists(st.floats(0, 1), min_size=len(texts), max_size=len(texts))
        )
    )
)
def test_titles_of_a_job_differ(clip: tuple[Sequence[str], Sequence[float]]) -> None:
    taken: set[str] = set()
    for _ in range(4):
        title = ExtractiveTitles().title(*clip, taken)
        assert title
        assert title not in taken
        assert len(title) <= TITLE_CHARS
        taken.add(title)


def test_many_clips_with_the_same_words_stay_within_the_length() -> None:
    taken: set[str] = set()
    for _ in range(120):
        taken.add(ExtractiveTitles().title(["many of the words " * 5], [1.0], taken))
    assert len(taken) == 120
    assert max(map(len, taken)) <= TITLE_CHARS


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        ("And so we built a house.", "We built a house"),
        ("Well, that went wrong!", "That went wrong!"),
        ("so it goes", "So it goes"),
        ("when i came home i'm told i slept", "When I came home I'm told I slept"),
        ("Vi bor i Stockholm", "Vi bor i Stockholm"),
        ("What are you waiting for?", "What are you waiting for?"),
        ("Wait…", "Wait"),
        ("...", ""),
        (" — ", ""),
        ("", ""),
        ("ßtart", "ßtart"),
        (
            "The most important lesson is that sleep is a part of learning, not a break from it.",
            "The most important lesson is that sleep is a part of learning",
        ),
        (
            "Students who stay awake the whole night often remember nothing of what they learned",
            "Students who stay awake the whole night often remember nothing",
        ),
        ("x" * 100, "X" + "x" * 69),
    ],
)
def test_examples(sentence: str, title: str) -> None:
    assert shortened(sentence) == title


def test_the_sentence_that_weighs_most_gives_the_title() -> None:
    said = ["We talked about the weather.", "The dog ate my birthday cake.", "Later we left it."]
    engine = ExtractiveTitles()
    assert engine.title(said, [0.1, 0.9, 0.2], set()) == "The dog ate my birthday cake"
    taken = {"The dog ate my birthday cake"}
    assert engine.title(said, [0.1, 0.9, 0.2], taken) == "Later we left it"
    assert engine.title(said, [0.5, 0.5, 0.5], set()) == "We talked about the weather"


def test_an_exclamation_is_no_title_while_there_is_a_sentence() -> None:
    said = ["Really?", "The dog ate my birthday cake."]
    assert ExtractiveTitles().title(said, [0.9, 0.1], set()) == "The dog ate my birthday cake"


def test_without_words_a_clip_is_a_clip() -> None:
    assert ExtractiveTitles().title([], [], set()) == "Clip"
    assert ExtractiveTitles().title(["..."], [1.0], {"Clip"}) == "Clip (2)"
