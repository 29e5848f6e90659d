# ruff: noqa: RUF001 - titles in other scripts have the marks of these
"""Titles out of a clip's own words."""

import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clipkit.engines.titles import ExtractiveTitles, ranked_titles
from clipkit.engines.titles_checked import TITLE_CHARS, fault_of
from clipkit.engines.titles_spoken import plain
from clipkit.engines.titles_words import ENDS_NEVER, ENDS_RARELY, bare, is_english
from clipkit.types.events import Monitor

SPOKEN = (
    "so and then we found that the very first customers are, in fact, not looking for a cheaper "
    "machine; i think they want one that works - every single day! because time is money. What "
    "about you? Well, I'm sure... it's ß fine ﬁsh … (really) “quoted” don't the of um , uh I- you "
    "know, I mean the the , . ?! F_ eight T_V_ 'm n't 今天 天气 很好。 我们 走吧？ "
    "ราคา שלום مرحبا، 🎂 👩‍👩‍👧 [Music] "
    "é e\u0301 İSTANBUL 1,000 U.S. wo- would \u202e \u200d"
).split(" ")
MONITOR = Monitor("test")

sentences = st.one_of(
    st.lists(st.sampled_from(SPOKEN), min_size=1, max_size=40).map(" ".join),
    st.text(max_size=150),
    st.text("abcdefgh 、。,.-\"'()\u0e33ก我\u3099か\u0301", max_size=150),
)
clips = st.lists(sentences, max_size=5).flatmap(
    lambda texts: st.tuples(
        st.just(texts), st.lists(st.floats(0, 1), min_size=len(texts), max_size=len(texts))
    )
)
Clip = tuple[Sequence[str], Sequence[float]]


def titled(*said: str, weights: Sequence[float] | None = None, taken: Sequence[str] = ()) -> str:
    standing = [0.5] * len(said) if weights is None else weights
    return ExtractiveTitles().title(said, standing, set(taken), MONITOR)


def spoken(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


@given(clips)
@example((["the of"], [1.0]))
@example((["and 今天 um 天气"], [0.0]))
@example((["🎂 we"], [0.0]))
@example((["0_"], [0.0]))
@example((["x" * 69 + "e\u0301" * 5], [1.0]))
@example((["今天天气很好我们出去玩" * 12], [1.0]))
def test_a_clip_with_words_has_a_title_that_keeps_every_rule(clip: Clip) -> None:
    said = clip[0]
    title = titled(*said, weights=clip[1])
    if _tells_something(said):
        assert fault_of(title, said, set()) is None
    assert json.dumps(title)


def _tells_something(said: Sequence[str]) -> bool:
    """Tell whether a clip has a word that may stand alone; "the" and "I" promise more."""
    english = is_english(bare(word) for text in said for word in plain(text).split())
    small = ENDS_NEVER | ENDS_RARELY if english else frozenset[str]()
    words = [word for text in said for word in re.split(r"[\s-]", plain(text))]
    return any(bare(word) not in small and any(map(str.isalnum, word)) for word in words)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (
            "We had a hundred and eighty one million of free cash used in the first half of it.",
            "We had a hundred and eighty one million of free cash used",
        ),
        ("Nobody in this village ever came back to see us for the last.", None),
    ],
)
def test_a_title_parts_no_number_and_does_not_end_before_the_noun_it_promises(
    said: str, title: str | None
) -> None:
    assert titled(said) == (title or said.rstrip("."))


@given(clips)
@example((["0.).0"], [0.0]))
@example((["0:_¢"], [0.0]))
def test_all_that_is_ranked_keeps_every_rule(clip: Clip) -> None:
    for title in ranked_titles(*clip):
        assert fault_of(title, clip[0], set()) is None


@given(clips)
def test_titles_of_a_job_differ(clip: Clip) -> None:
    taken: set[str] = set()
    for _ in range(4):
        title = titled(*clip[0], weights=clip[1], taken=tuple(taken))
        assert title.strip() == title != ""
        assert title.casefold() not in {other.casefold() for other in taken}
        assert len(title) <= TITLE_CHARS
        taken.add(title)


@given(st.lists(st.sampled_from("we found the first a machine of and works for".split())))
def test_the_words_of_a_title_stand_in_the_clip_in_their_order(words: list[str]) -> None:
    said = iter(words)
    title = titled(" ".join(words))
    if title == "Clip":
        assert not set(words) & {"found", "first", "machine", "works"}
    else:
        assert all(word in said for word in spoken(title))


def test_many_clips_with_the_same_words_stay_within_the_length() -> None:
    taken: set[str] = set()
    for _ in range(120):
        taken.add(titled("many of the words " * 5, taken=tuple(taken)))
    assert len(taken) == 120
    assert max(map(len, taken)) <= TITLE_CHARS


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        ("And so we built a house.", "We built a house"),
        ("Well, that went wrong!", "That went wrong!"),
        ("so it goes.", "So it goes"),
        ("when i came home i'm told i slept", "When I came home I'm told I slept"),
        ("What are you waiting for?", "What are you waiting for?"),
        ("That is the world we live in.", "That is the world we live in"),
        ("Wait…", "Wait"),
        ("ßtart", "ßtart"),
        ("iPhones were new to us.", "iPhones were new to us"),
        ("OK , we 're on ninety stations .", "We're on ninety stations"),
        ("Do n't touch the T_V_ !", "Don't touch the TV!"),
        ('We call it " the pit " , all of us .', 'We call it "the pit", all of us'),
        ("Um, the the dog ate, uh, my- my birthday cake.", "The dog ate my birthday cake"),
        ("I think I think y you know, robots, um, need rules.", "Robots need rules"),
        ("Do you know the mayor of Oslo?", "Do you know the mayor of Oslo?"),
        ("They were very very cold that winter.", "They were very very cold that winter"),
        ("[Music] The storm hit Beira. [Applause]", "The storm hit Beira"),
        ("FOLKS, I'M TALKING ABOUT THE F-6 KNIGHT.", "Folks, I'm talking about the F-6 knight"),
        ("The rate is 4.5 percent in the U.S.", "The rate is 4.5 percent in the U.S."),
        (
            "The most important lesson is that sleep is a part of learning, not a break from it.",
            "The most important lesson is that sleep is a part of learning",
        ),
        (
            "Students who stay awake the whole night often remember nothing of what they learned",
            "Students who stay awake the whole night often remember nothing",
        ),
        (
            "I see the strangest parallels and language recurrences that—I mean, it is uncanny.",
            "I see the strangest parallels and language recurrences",
        ),
        (
            "I have all these students in positions of—I hesitate to say authority.",
            "I hesitate to say authority",
        ),
        (
            "The personal one—my partner—was Steve Hales.",
            "The personal one—my partner—was Steve Hales",
        ),
        ("The dog – my own dog – ate cake.", "The dog – my own dog – ate cake"),
        ("We slept and–we left the house in May.", "We left the house in May"),
        (
            "We sailed the Paris–Dakar route in 1990–1991.",
            "We sailed the Paris–Dakar route in 1990–1991",
        ),
        ("I went home--we all did--and slept.", "I went home—we all did—and slept"),
        ("We sold that--I hesitate--house of ours.", "I hesitate—house of ours"),
        ("I have-It's kind of in three sections.", "It's kind of in three sections"),
        ("We need a well-known thank-you note.", "We need a well-known thank-you note"),
        ("The poems live in the classroom-?", "The poems live in the classroom?"),
        ("I know that the New York Times had a page.", "The New York Times had a page"),
        ("x" * 100, "X" + "x" * 69),
        # Elsewhere "um" is a word, and doubled words say something.
        ("Vi bor i Stockholm", "Vi bor i Stockholm"),
        ("Wir kümmern uns um die Kinder", "Wir kümmern uns um die Kinder"),
        ("Anh ấy luôn luôn đến đúng giờ", "Anh ấy luôn luôn đến đúng giờ"),
        ("今天 我们 来 谈谈 天气。", "今天我们来谈谈天气"),
        (
            "昨天下了很大的雨所以我们没有出门，" * 3 + "后来天晴了。",
            "昨天下了很大的雨所以我们没有出门，" * 3 + "后来天晴了",
        ),
        ("ما هي عاصمة فرنسا؟", "ما هي عاصمة فرنسا؟"),
        ("آب و هوا خوب است،", "آب و هوا خوب است"),
        ("Cake 🎂👩‍👩‍👧 for all of us!", "Cake 🎂👩‍👩‍👧 for all of us!"),
    ],
)
def test_examples(sentence: str, title: str) -> None:
    assert titled(sentence) == title


def test_text_without_spaces_is_cut_at_a_mark() -> None:
    clause = "機械学習は過去の記録から規則を見つける方法であり"
    assert titled(clause + "、" + "人が規則を書く方法とは違います" * 4) == clause


def test_a_letter_is_not_parted_from_its_signs() -> None:
    title = titled("ก" + "กำ" * 60)
    assert 60 < len(title) <= TITLE_CHARS
    assert titled("กำ" * 60).endswith("\u0e33")
    assert titled("x" * 69 + "e\u0301" * 9) == "X" + "x" * 68


def test_the_sentence_that_weighs_most_gives_the_title() -> None:
    said = ["We talked about the weather.", "The dog ate my birthday cake.", "Later we left it."]
    weights = [0.1, 0.9, 0.2]
    assert titled(*said, weights=weights) == "The dog ate my birthday cake"
    taken = ["the dog ate  my birthday CAKE"]
    assert titled(*said, weights=weights, taken=taken) == "We talked about the weather"


def test_a_title_that_another_goes_on_from_is_taken() -> None:
    said = ["The sections might be written on different days; often are.", "The dog ate my cake."]
    taken = ["The sections might be written on different days"]
    assert titled(*said, weights=[0.9, 0.1], taken=taken) == "The dog ate my cake"
    assert titled("We built a house.", taken=["We built a house in May"]) == "We built a house"


def test_words_that_promise_more_are_no_title() -> None:
    for said in ("the the the the", "I think that", "we"):
        assert titled(said) == "Clip"
    assert titled("I think that.") == "I think that"
    assert titled("No.") == "No"


@given(clips)
@example((["it was that—I mean the—first machine"], [0.0]))
def test_no_title_holds_a_clause_that_breaks_off(clip: Clip) -> None:
    for title in ranked_titles(*clip):
        assert not re.search(r"\b(?:the|and|that)\s?[—–]\s?\w", title)


def test_an_exclamation_is_no_title_while_there_is_a_sentence() -> None:
    assert titled("Really?", "The dog ate my birthday cake.", weights=[0.9, 0.1]) == (
        "The dog ate my birthday cake"
    )


def test_what_points_back_yields_to_what_stands_on_its_own() -> None:
    assert titled("It was like that for them.", "Farmers lost their cattle.") == (
        "Farmers lost their cattle"
    )


def test_names_and_numbers_win_over_small_talk() -> None:
    said = ["We can look at this thing now.", "Cyclone Idai hit Beira in March 2019."]
    assert titled(*said) == "Cyclone Idai hit Beira in March 2019"


def test_what_was_not_understood_is_no_title() -> None:
    said = ["The profit rose inaudible in Europe last year.", "Steel prices fell in Asia."]
    assert titled(*said, weights=[0.6, 0.5]) == "Steel prices fell in Asia"


def test_a_number_is_not_cut() -> None:
    title = titled("the tax rate that we expect for the whole of next year is about twenty four")
    assert "twenty" not in title


def test_without_words_a_clip_is_a_clip() -> None:
    assert titled() == "Clip"
    assert titled("...", taken=["Clip"]) == "Clip (2)"
