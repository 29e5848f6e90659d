"""Sentences where several voices speak: each goes on until it is finished."""

from collections.abc import Sequence

import pytest

from clipkit.stages.split_sentences import SplitSentences
from clipkit.types.speech import Speech, Transcript, Word
from clipkit.types.time import Span
from tests.stages.talks import NO_SPEECH, outline_of, sentences_of

_MARKED = "This talk has marks. They are set. "
"""What shows that sentences end in marks."""


def _said(script: str, word_s: float = 0.3, gap_s: float = 0.0) -> tuple[Word, ...]:
    """Say words one after the other; "A:" hands over to A, "-:" to nobody, a number waits."""
    words, reached_s, speaker = [], 0.0, None
    for token in script.split():
        if token.endswith(":"):
            speaker = None if token == "-:" else token[:-1]
        elif token.replace(".", "", 1).isdigit():
            reached_s += float(token)
        else:
            words.append(
                Word(token, Span(round(reached_s, 3), round(reached_s + word_s, 3)), None, speaker)
            )
            reached_s += word_s + gap_s
    return tuple(words)


def _texts(words: Sequence[Word]) -> list[str]:
    return [item.text for item in sentences_of(words).items]


def test_what_is_thrown_in_ends_no_sentence() -> None:
    words = _said(
        f"A: {_MARKED} We went to B: Mhm. A: the store B: Right. A: yesterday. It rained."
    )
    assert _texts(words)[2:] == ["We went to the store yesterday.", "Mhm.", "Right.", "It rained."]


def test_no_clip_begins_or_ends_while_a_sentence_is_unfinished() -> None:
    words = _said(f"A: {_MARKED} We went to B: Mhm. A: the store yesterday. It rained.")
    items = sentences_of(words).items
    assert [item.goes_on for item in items] == [False, False, True, False, False]
    assert outline_of(words).is_border.tolist() == [True, True, True, False, True, True]


def test_what_is_thrown_in_is_no_turn() -> None:
    words = _said(f"A: {_MARKED} We went to B: Mhm. A: the store. B: Did it rain? A: It did.")
    items = [item.text for item in sentences_of(words).items]
    assert items[2:] == ["We went to the store.", "Mhm.", "Did it rain?", "It did."]
    assert outline_of(words).turn.tolist() == [True, False, False, False, False, True, True]


def test_after_a_turn_of_another_the_sentence_before_it_is_over() -> None:
    turn = "But what would you say to the people who think so?"  # 3.3 s
    words = _said(f"A: {_MARKED} We went to B: {turn} A: the store yesterday.")
    assert _texts(words)[2:] == ["We went to", turn, "the store yesterday."]


def test_both_may_speak_at_once() -> None:
    first = _said(f"A: {_MARKED} We all went to the store yesterday.")
    second = [
        Word(text, Span(2.5 + 0.4 * place, 2.9 + 0.4 * place), None, "B")
        for place, text in enumerate("No we did not at all.".split())
    ]
    words = sorted([*first, *second], key=lambda word: word.span.start_s)
    assert _texts(words)[2:] == ["We all went to the store yesterday.", "No we did not at all."]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("A: We went to the B: store. Yes, I know.", ["We went to the store.", "Yes, I know."]),
        ("A: We went B: to the A: store. Yes.", ["We went to the store.", "Yes."]),
        # Capitals, a pause and more than a few words are the other's own.
        ("A: We went to the B: Mhm. A: store.", ["We went to the store.", "Mhm."]),
        ("A: We went to the B: 0.5 store. Yes.", ["We went to the", "store.", "Yes."]),
        ("A: We went B: to the big store. Yes.", ["We went", "to the big store.", "Yes."]),
        ("A: We went. B: to the store. Yes.", ["We went.", "to the store.", "Yes."]),
    ],
)
def test_a_few_words_that_go_on_with_a_sentence_belong_to_it(
    script: str, expected: list[str]
) -> None:
    assert _texts(_said(f"A: {_MARKED} {script}"))[2:] == expected


def test_words_without_a_label_belong_to_the_voice_before() -> None:
    items = sentences_of(_said(f"-: This talk A: has -: marks. {_MARKED} We A: go.")).items
    assert [item.text for item in items][-1] == "We go."
    assert items[-1].speaker == "A"


def test_words_without_a_label_at_the_start_of_a_turn_belong_to_it() -> None:
    words = _said(f"-: So today A: we talk. {_MARKED} -: Well B: I agree. -: Oh dear.")
    assert _texts(words)[0] == "So today we talk."
    assert _texts(words)[-2:] == ["Well I agree.", "Oh dear."]


def test_without_punctuation_an_answer_ends_the_sentence() -> None:
    words = _said("A: do you think so B: yes I do A: good then we go")
    assert _texts(words) == ["do you think so", "yes I do", "good then we go"]


def test_without_punctuation_a_syllable_does_not() -> None:
    words = _said("A: we went to B: mhm A: the store")
    assert _texts(words) == ["we went to the store", "mhm"]


def _patchy(*stretches: bool) -> tuple[Word, ...]:
    """Say stretches of 240 words, a pause of .4 s after each eight, with marks there or without."""
    words: list[Word] = []
    for is_marked in stretches:
        for _ in range(30):
            reached_s = words[-1].span.end_s + 0.4 if words else 0.0
            texts = ["word"] * 7 + ["end." if is_marked else "end"]
            words += [
                Word(text, Span(reached_s + 0.3 * place, reached_s + 0.3 * place + 0.3))
                for place, text in enumerate(texts)
            ]
    return tuple(words)


@pytest.mark.parametrize("stretches", [(True, False), (False, True), (True, False, True)])
def test_where_marks_are_missing_pauses_tell_the_sentences(stretches: Sequence[bool]) -> None:
    items = sentences_of(_patchy(*stretches)).items
    assert len(items) >= 24 * len(stretches)
    assert max(len(item.words) for item in items) <= 8 * 12
    assert sum(item.goes_on for item in items) <= 8 * len(stretches)


def test_a_stretch_without_marks_too_short_to_show_is_split_at_its_pauses() -> None:
    marked = _patchy(True)
    reached_s = marked[-1].span.end_s + 0.4
    unmarked = [
        Word(
            "word",
            Span(
                reached_s + 3.4 * group + 0.3 * place, reached_s + 3.4 * group + 0.3 * place + 0.3
            ),
        )
        for group in range(13)
        for place in range(10)
    ]
    items = SplitSentences()(
        Transcript((*marked, *unmarked), None, "test"), Speech((), 999.0)
    ).items
    assert [len(item.words) for item in items] == [8] * 30 + [10] * 13
    # Of its pauses those within ten seconds of the last mark or of the end count for no border.
    assert [item.goes_on for item in items] == [False] * 30 + [True] * 2 + [False] * 8 + [
        True
    ] * 2 + [False]


def test_speech_found_by_the_detector_counts_for_every_voice() -> None:
    words = _said(f"A: {_MARKED} We went B: Mhm. A: home.")
    transcript = Transcript(words, None, "test")
    assert SplitSentences()(transcript, Speech((Span(0.0, 9.0),), 9.0)) == SplitSentences()(
        transcript, NO_SPEECH
    )
