"""An outline cuts in the pauses and knows where the topic changes."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.stages.draw_outline import DrawOutline, topic_changes
from clipkit.types.media import Shots
from clipkit.types.speech import SentenceEmbeddings, Word
from clipkit.types.time import Span
from tests.stages.talks import (
    NO_SHOTS,
    TALK,
    cuts,
    embedded,
    inside_a_word,
    outline_of,
    sentences_of,
    spoken,
    talks,
    timeline,
)

Floats = npt.NDArray[np.float64]


def _end_s(words: tuple[Word, ...]) -> float:
    return max(word.span.end_s for word in words)


@given(talks(), cuts, st.floats(0.0, 3.0))
def test_every_sentence_is_cut_in_the_pauses_around_it(
    words: tuple[Word, ...], shots: Shots, rest_s: float
) -> None:
    duration_s = _end_s(words) + rest_s
    outline = outline_of(words, duration_s, shots)
    for place, sentence in enumerate(sentences_of(words).items):
        start_s, end_s = outline.clip_start_s[place], outline.clip_end_s[place]
        assert 0.0 <= start_s <= sentence.span.start_s
        assert sentence.span.end_s <= end_s <= duration_s
        assert inside_a_word(start_s, words) is None
        assert inside_a_word(end_s, words) is None


@given(talks(overlapping=True), cuts)
def test_a_clip_that_follows_another_begins_where_it_ends_or_later(
    words: tuple[Word, ...], shots: Shots
) -> None:
    outline = outline_of(words, shots=shots)
    for place in np.flatnonzero(outline.is_border[1:-1]) + 1:
        assert outline.clip_end_s[:place].max() <= outline.clip_start_s[place]


@given(talks(overlapping=True), cuts)
def test_no_edge_lies_inside_a_word_of_anybody(words: tuple[Word, ...], shots: Shots) -> None:
    outline = outline_of(words, shots=shots)
    for edge_s in (*outline.clip_start_s, *outline.clip_end_s):
        assert inside_a_word(edge_s, words) is None


@given(talks(overlapping=True), cuts)
def test_the_places_where_clips_begin_are_in_order(words: tuple[Word, ...], shots: Shots) -> None:
    outline = outline_of(words, shots=shots)
    assert (np.diff(outline.clip_start_s) >= 0.0).all()


def test_a_clip_takes_a_little_of_the_pauses() -> None:
    words = spoken("one two three four five.", "next one.", start_s=2.0, word_s=1.0, pause_s=2.0)
    outline = outline_of(words, 60.0)
    assert (outline.clip_start_s[0], outline.clip_end_s[0]) == (1.85, 7.25)


def test_a_clip_leaves_the_neighbours_their_half_of_a_short_pause() -> None:
    outline = outline_of(spoken("a b c d e.", "f g h i j.", word_s=1.0, pause_s=0.2), 60.0)
    assert outline.clip_end_s[0] == outline.clip_start_s[1] == pytest.approx(6.1)


def test_how_much_of_a_pause_goes_along_can_be_said() -> None:
    sentences = sentences_of(spoken("a b c.", "d e f.", start_s=2.0, word_s=1.0, pause_s=2.0))
    draw = DrawOutline(lead_s=0.0, tail_s=1.0)
    outline = draw(sentences, embedded(sentences), timeline(60.0), NO_SHOTS)
    assert outline.clip_start_s.tolist() == [2.0, 7.0]
    assert outline.clip_end_s.tolist() == [6.0, 11.0]


def test_the_first_and_the_last_sentence_stay_within_the_media() -> None:
    outline = outline_of(spoken("a b c d e.", start_s=0.0, word_s=1.0), 5.0)
    assert (outline.clip_start_s[0], outline.clip_end_s[0]) == (0.0, 5.0)


def test_a_length_in_fractions_of_a_millisecond_is_not_overrun() -> None:
    outline = outline_of(spoken("a b c d e.", start_s=0.0, word_s=1.0), 5.1006)
    assert 5.0 < outline.clip_end_s[0] <= 5.1006


def test_edges_are_whole_milliseconds() -> None:
    outline = outline_of(spoken(*["a b c."] * 20, word_s=0.333, pause_s=0.123))
    for edge_s in (*outline.clip_start_s, *outline.clip_end_s):
        assert edge_s == round(edge_s, 3)


@pytest.mark.parametrize(("start_s", "end_s"), [(2.007, 3.001), (8.037, 8.043)])
def test_what_is_a_whole_millisecond_but_for_the_floats_stays(start_s: float, end_s: float) -> None:
    sentences = sentences_of([Word("Word.", Span(start_s, end_s))])
    draw = DrawOutline(lead_s=0.0, tail_s=0.0)
    outline = draw(sentences, embedded(sentences), timeline(60.0), NO_SHOTS)
    assert (outline.clip_start_s[0], outline.clip_end_s[0]) == (start_s, end_s)


_BETWEEN = spoken("Ah.", "b c d e f.", "Oh.", word_s=1.0, pause_s=1.0)
"""The middle sentence from 3 to 8 s, a second of pause on either side."""


@pytest.mark.parametrize(
    ("cuts_s", "expected"),
    [
        ((2.6, 8.4), (2.6, 8.4)),
        ((2.55, 2.8, 8.1, 8.3), (2.8, 8.1)),  # the nearest to the words
        ((2.1, 8.9), (2.85, 8.25)),  # too far from the words
        ((3.5, 7.5), (2.85, 8.25)),  # within words
        ((2.5, 8.499), (2.5, 8.499)),
        ((3.0, 8.0), (3.0, 8.0)),  # with the first word, and with the end of the last
    ],
)
def test_a_cut_in_the_pause_is_the_edge(
    cuts_s: tuple[float, ...], expected: tuple[float, float]
) -> None:
    outline = outline_of(_BETWEEN, 60.0, Shots(cuts_s, 60.0))
    assert (outline.clip_start_s[1], outline.clip_end_s[1]) == expected


def test_a_cut_between_milliseconds_leaves_no_picture_of_the_other_shot() -> None:
    cut_in_s, cut_out_s = 2 + 2 / 3 + 1e-4 / 3, 8 + 1 / 3 + 3e-4
    outline = outline_of(_BETWEEN, 60.0, Shots((cut_in_s, cut_out_s), 60.0))
    assert cut_in_s <= outline.clip_start_s[1] < cut_in_s + 0.0011
    assert cut_out_s - 0.0011 < outline.clip_end_s[1] <= cut_out_s


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_all_that_is_said_of_sentences_and_borders_has_their_number(count: int) -> None:
    outline = outline_of(spoken(*["We talk."] * count))
    per_sentence = ("start_s", "end_s", "clip_start_s", "clip_end_s", "words", "content")
    assert len(outline) == count
    for name in (*per_sentence, "stands_alone", "rounds_off"):
        assert getattr(outline, name).shape == (count,), name
        assert getattr(outline, name).dtype == np.float64, name
    for name in ("pause_s", "turn", "topic_change"):
        assert getattr(outline, name).shape == (count + 1,), name
        assert getattr(outline, name).dtype == (np.bool_ if name == "turn" else np.float64), name
    assert outline.topic_change[[0, -1]].tolist() == [1.0, 1.0]


def test_what_is_said_after_the_end_of_the_source_is_left_out() -> None:
    words = spoken(*["a b c d e."] * 6, word_s=1.0, pause_s=1.0)  # from 1, 7, 13, 19 ...
    outline = outline_of(words, 20.0)
    assert len(outline) == 4
    assert (outline.end_s[-1], outline.clip_end_s[-1], outline.pause_s[-1]) == (20.0, 20.0, 0.0)


def test_pauses_are_those_between_the_sentences_and_at_both_ends() -> None:
    words = spoken("a b.", "c d.", "e f.", start_s=2.0, word_s=1.0, pause_s=0.5)
    np.testing.assert_allclose(outline_of(words, 12.0).pause_s, [2.0, 0.5, 0.5, 3.0])


def test_a_turn_is_where_the_speaker_changes_and_at_both_ends() -> None:
    words = [
        Word(f"Word{place}.", Span(place, place + 0.5), None, speaker)
        for place, speaker in enumerate(["A", "A", "B", None, None])
    ]
    expected = [True, False, True, True, False, True]
    assert outline_of(words).turn.tolist() == expected


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ("A: We go. A: It rains.", [1.0, 1.0]),
        ("A: Shall we go? A: We do.", [0.3, 1.0]),
        ("A: He asked “why?” B: So.", [0.3, 1.0]),
        # Who has just taken the floor and goes on is cut off; an answer of one sentence is not.
        ("A: We go. B: Next. B: Please, Bo.", [1.0, 0.4, 1.0]),
        ("A: We go. B: Fine. A: It rains.", [1.0, 1.0, 1.0]),
        ("A: We go. B: Fine.", [1.0, 1.0]),
    ],
)
def test_a_clip_does_not_end_well_with_what_leaves_something_open(
    turns: str, expected: list[float]
) -> None:
    words, speaker = list[Word](), ""
    for place, text in enumerate(turns.split()):
        if text.endswith(":"):
            speaker = text
        else:
            words.append(Word(text, Span(float(place), place + 0.9), None, speaker))
    assert outline_of(words).rounds_off.tolist() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We go on.", 0),
        ("The rocket burns fuel.", 1),  # "burns" is short
        ("It costs 12 dollars.", 2),
        ("Yesterday Anna met Bo.", 3),
        ("Anna and I agree.", 0),  # the first word's capital and "I" tell nothing
        ("We go (often).", 0),
    ],
)
def test_content_is_long_words_numbers_and_names(text: str, expected: int) -> None:
    assert outline_of(spoken(text)).content.tolist() == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cats purr softly.", 1.0),
        ("And cats purr softly.", 0.3),
        ("“That” is why.", 0.3),
        ("It's about that.", 0.3),
        ("They\u2019re gone now.", 0.3),
        ("That's why we left.", 0.3),
        ("And—so we went.", 0.3),
        ("OK. So, we left.", 0.3),
        ("Mm-hmm, cats purr.", 0.3),
        ("There were two of them.", 0.3),
        ("So-called experts met.", 1.0),
        ("Itching cats purr.", 1.0),
        ("I've seen cats purr.", 1.0),
        ("— Cats purr softly.", 1.0),
        ("Well, cats purr.", 0.3),
        ("Exactly.", 0.3),
        ("Cats.", 0.6),
        ("Yes.", 0.3),
    ],
)
def test_what_leans_on_the_sentence_before_does_not_stand_alone(text: str, expected: float) -> None:
    assert outline_of(spoken(text)).stands_alone[0] == expected


def test_the_topic_changes_most_where_another_begins() -> None:
    outline = outline_of(TALK)
    inner = outline.topic_change[1:-1]
    assert ((inner > 0.0) & (inner < 1.0)).all()
    cats, taxes, rockets = inner[0], inner[2], inner[4]
    assert max(cats, taxes, rockets) < max(inner[1], inner[3])


def _mean(vectors: Floats, words: Floats, places: list[int]) -> Floats:
    total = np.zeros(vectors.shape[1])
    for place in places:
        total = total + words[place] * vectors[place]
    return total


def _slowly(vectors: Floats, words: Floats) -> list[float]:
    """Return the change at each border, one by one: the oracle.

    On either side the nearest sentence counts, and further ones while all of them together have
    no more words than the scale.
    """
    count = len(words)
    if count < 2:
        return [1.0] * (count + 1)
    changes = []
    for scale in (40, 120, 360):
        of_scale = []
        for border in range(1, count):
            before, after = [border - 1], [border]
            while before[-1] > 0 and sum(words[p] for p in before) + words[before[-1] - 1] <= scale:
                before.append(before[-1] - 1)
            while (
                after[-1] < count - 1
                and sum(words[p] for p in after) + words[after[-1] + 1] <= scale
            ):
                after.append(after[-1] + 1)
            left, right = _mean(vectors, words, before), _mean(vectors, words, after)
            lengths = math.sqrt(float(left @ left)) * math.sqrt(float(right @ right))
            of_scale.append(1.0 - float(left @ right) / max(lengths, 1e-9))
        mean = sum(of_scale) / len(of_scale)
        deviation = math.sqrt(sum((change - mean) ** 2 for change in of_scale) / len(of_scale))
        changes.append([(change - mean) / max(deviation, 0.01) for change in of_scale])
    outstanding = [sum(scales) / 3.0 for scales in zip(*changes, strict=True)]
    return [1.0, *(1.0 / (1.0 + math.exp(-value)) for value in outstanding), 1.0]


@st.composite
def _meanings(draw: st.DrawFn) -> tuple[npt.NDArray[np.float32], Floats]:
    """Draw vectors and numbers of words; some sentences are longer than a scale."""
    counts = draw(st.lists(st.sampled_from([1, 5, 20, 40, 41, 60, 130, 400]), max_size=14))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = random.standard_normal((len(counts), 5))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), np.array(counts, np.float64)


@given(_meanings())
def test_topic_changes_are_those_counted_one_by_one(
    drawn: tuple[npt.NDArray[np.float32], Floats],
) -> None:
    vectors, words = drawn
    found = topic_changes(vectors, words)
    np.testing.assert_allclose(found, _slowly(vectors.astype(np.float64), words), atol=1e-6)


@given(_meanings())
def test_told_backwards_the_topic_changes_at_the_same_borders(
    drawn: tuple[npt.NDArray[np.float32], Floats],
) -> None:
    vectors, words = drawn
    backwards = topic_changes(vectors[::-1], words[::-1])[::-1]
    np.testing.assert_allclose(topic_changes(vectors, words), backwards, atol=1e-6)


def test_where_all_borders_are_alike_each_is_usual() -> None:
    vectors = np.tile(np.array([[0.6, 0.8]], np.float32), (6, 1))
    np.testing.assert_allclose(topic_changes(vectors, np.full(6, 50.0))[1:-1], 0.5, atol=1e-6)


def test_only_the_vectors_of_the_sentences_in_the_source_are_compared() -> None:
    words = spoken(*["Cats purr now.", "Taxes fund roads.", "Cats purr now."], word_s=1.0)
    full, cut = outline_of(words, 60.0), outline_of(words, 8.0)
    assert (len(full), len(cut)) == (3, 2)
    sentences = sentences_of(words)
    vectors = SentenceEmbeddings(embedded(sentences).vectors[:2], "test").vectors
    expected = topic_changes(vectors, np.array([3.0, 3.0]))
    np.testing.assert_array_equal(cut.topic_change, expected)


@pytest.mark.parametrize("options", [{"lead_s": -0.1}, {"tail_s": -0.1}, {"lead_s": math.nan}])
def test_an_edge_inside_the_words_cannot_be_asked_for(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"lead_s|tail_s"):
        DrawOutline(**options)
