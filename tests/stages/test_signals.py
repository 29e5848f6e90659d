"""Each signal lies in [0, 1], and ranks what anybody would rank."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.stages import signals
from clipkit.types.clips import Moment
from clipkit.types.media import Audio
from clipkit.types.speech import Sentence, SentenceEmbeddings, Sentences, Word
from clipkit.types.time import Span
from tests.stages.talks import embedded, embedded_criteria, noise, runs_of, sentences_of, spoken

Floats = signals.Floats


def _unit_rows(random: np.random.Generator, count: int, dimensions: int = 5) -> Floats:
    rows = random.standard_normal((count, dimensions))
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@st.composite
def sources(draw: st.DrawFn) -> tuple[signals.Runs, Sentences, Floats, np.random.Generator]:
    """Draw sentences with random meanings, words and pauses, and runs of them."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 12))
    rows = _unit_rows(random, count)
    texts = ["and", "extraordinary", "42", "oh,", "plain", "He", "electricity."]
    items = []
    for number in range(count):
        length_s = float(random.uniform(0.0, 9.0))
        words = tuple(
            Word(texts[random.integers(len(texts))], Span(10.0 * number, 10.0 * number + length_s))
            for _ in range(random.integers(1, 9))
        )
        before_s, after_s = random.choice([0.0, 0.2, 3.0, np.inf], 2)
        items.append(Sentence(words, float(before_s), float(after_s)))
    moments = draw(runs_of(count))
    runs = signals.Runs(moments, SentenceEmbeddings(rows.astype(np.float32), "test"))
    return runs, Sentences(tuple(items)), rows.astype(np.float32).astype(np.float64), random


@given(sources())
def test_means_and_totals_are_those_of_the_rows(source: Any) -> None:
    runs, _, rows, random = source
    spans = list(zip(runs.first, runs.last + 1, strict=True))
    naive = np.array([rows[first:stop].mean(axis=0) for first, stop in spans])
    np.testing.assert_allclose(runs.mean(runs.first, runs.last + 1), naive, atol=1e-9)
    values = random.uniform(-5.0, 5.0, len(rows))
    np.testing.assert_allclose(
        runs.total(values), [values[first:stop].sum() for first, stop in spans], atol=1e-9
    )
    assert runs.sentences == len(rows)


@given(sources())
def test_the_mean_of_no_rows_is_zero(source: Any) -> None:
    runs = source[0]
    assert not runs.mean(runs.first, runs.first).any()


@given(sources(), st.floats(0.0, 1.0))
def test_every_signal_lies_between_0_and_1(source: Any, loud: float) -> None:
    runs, sentences, rows, random = source
    criteria = _unit_rows(random, 2)
    audio = Audio(noise(20.0, seed=1, loud=loud))
    found = {
        "relevance": signals.relevance(runs, criteria @ rows.T, criteria).max(axis=0),
        "coherence": signals.coherence(runs),
        "borders": signals.borders(runs),
        "pauses": signals.pauses(runs, sentences),
        "flow": signals.flow(runs, sentences),
        "opening": signals.opening(runs, sentences),
        "substance": signals.substance(runs, sentences),
        "delivery": signals.delivery(runs, sentences, audio),
    }
    for name, values in found.items():
        assert values.shape == runs.first.shape, name
        assert np.isfinite(values).all(), name
        assert (values >= 0.0).all(), name
        assert (values <= 1.0).all(), name


CATS = ("cats purr softly", "cats sleep softly", "cats purr often")
TAXES = ("taxes fund roads", "taxes fund schools", "roads need taxes")
ODDS = ("violins sing", "rockets burn fuel", "bread smells nice")


def _runs(texts: tuple[str, ...], *pairs: tuple[int, int]) -> tuple[signals.Runs, Sentences]:
    sentences = sentences_of(spoken(*(f"{text}." for text in texts)))
    moments = tuple(
        Moment(
            first,
            last,
            Span(sentences.items[first].span.start_s, sentences.items[last].span.end_s),
        )
        for first, last in pairs
    )
    return signals.Runs(moments, embedded(sentences)), sentences


def _first_is_higher(values: Floats) -> bool:
    first, second = values
    return bool(first > second)


def test_one_subject_is_more_coherent_than_three() -> None:
    runs, _ = _runs(CATS + ODDS, (0, 2), (3, 5))
    assert _first_is_higher(signals.coherence(runs))


def test_the_same_sentence_again_and_again_is_all_coherent_and_one_alone_is_neither() -> None:
    runs, _ = _runs((CATS[0],) * 3, (0, 2), (1, 1))
    assert signals.coherence(runs).tolist() == [1.0, 0.5]


def test_a_run_that_ends_where_the_topic_changes_has_better_borders() -> None:
    runs, _ = _runs(CATS + TAXES + CATS, (3, 5), (2, 4))
    assert _first_is_higher(signals.borders(runs))


def test_a_run_that_starts_where_the_topic_changes_has_better_borders() -> None:
    runs, _ = _runs(CATS + TAXES, (3, 5), (4, 5))
    assert _first_is_higher(signals.borders(runs))


def test_the_ends_of_the_source_are_half_a_border() -> None:
    runs, _ = _runs(CATS, (0, 2), (1, 1))
    whole, _ = signals.borders(runs)
    assert whole == 0.5


def test_a_run_between_long_pauses_is_better_set_off() -> None:
    short, long = spoken("a b.", "c d.", pause_s=0.1), spoken("e f.", start_s=5.0)
    sentences = sentences_of((*short, *long))
    moments = (Moment(2, 2, Span(5.0, 5.8)), Moment(0, 0, Span(1.0, 1.8)))
    runs = signals.Runs(moments, embedded(sentences))
    values = signals.pauses(runs, sentences)
    assert values.tolist() == pytest.approx([1.0, 0.55])


def test_talk_without_gaps_flows_better() -> None:
    sentences = sentences_of((*spoken("a b.", "c d.", pause_s=0.0), *spoken("e f.", start_s=9.0)))
    runs = signals.Runs(
        (Moment(0, 1, Span(1.0, 2.6)), Moment(1, 2, Span(1.8, 9.8))), embedded(sentences)
    )
    values = signals.flow(runs, sentences)
    assert values.tolist() == pytest.approx([1.0, 0.2])


@pytest.mark.parametrize("leaning", ["And", "but,", "Because", "it", "They"])
def test_a_first_word_that_leans_on_what_came_before_opens_worse(leaning: str) -> None:
    runs, sentences = _runs(("Stars are old", f"{leaning} they shine"), (0, 0), (1, 1))
    assert _first_is_higher(signals.opening(runs, sentences))


def test_long_words_and_numbers_are_substance() -> None:
    texts = ("photosynthesis converts 42 percent", "so we do it now", "in 1984 we saw 7 of them")
    runs, sentences = _runs(texts, (0, 0), (1, 1), (2, 2))
    rich, poor, numbers = signals.substance(runs, sentences)
    assert rich > numbers > poor == 0.0


def test_louder_sentences_are_delivered_better() -> None:
    runs, sentences = _runs(("a b c", "d e f", "g h i"), (1, 1), (0, 0))
    samples = noise(8.0, loud=0.01)
    audio = Audio(samples)
    audio.cut(sentences.items[1].span)[:] *= 20.0
    values = signals.delivery(runs, sentences, audio)
    assert values[0] > 0.7
    assert values[1] < 0.5


def test_evenly_loud_sound_tells_nothing() -> None:
    runs, sentences = _runs(("a b c", "d e f", "g h i"), (0, 0), (1, 1))
    values = signals.delivery(runs, sentences, Audio(noise(8.0)))
    assert values.tolist() == pytest.approx([0.5, 0.5], abs=0.02)


def test_sentences_beyond_the_sound_are_no_error() -> None:
    runs, sentences = _runs(("a b c", "d e f"), (0, 0), (1, 1))
    assert np.isfinite(signals.delivery(runs, sentences, Audio(noise(0.5)))).all()


def test_a_run_that_says_the_criterion_is_the_most_relevant() -> None:
    runs, sentences = _runs(CATS + TAXES + ODDS, *((place, place + 1) for place in range(8)))
    vectors = embedded_criteria(["taxes fund roads", "rockets burn"]).vectors.astype(np.float64)
    match = vectors @ embedded(sentences).vectors.T.astype(np.float64)
    values = signals.relevance(runs, match, vectors)
    assert values.shape == (2, 8)
    assert values.argmax(axis=1).tolist()[0] in {3, 4}
    assert values.argmax(axis=1).tolist()[1] in {6, 7}


def test_relevance_of_one_criterion_does_not_depend_on_the_others() -> None:
    runs, sentences = _runs(CATS + TAXES, (0, 1), (2, 4), (3, 5))
    both = embedded_criteria(["taxes fund roads", "cats"]).vectors.astype(np.float64)
    match = both @ embedded(sentences).vectors.T.astype(np.float64)
    alone = signals.relevance(runs, match[:1], both[:1])
    np.testing.assert_allclose(signals.relevance(runs, match, both)[:1], alone)


def test_signals_do_not_depend_on_how_many_runs_are_taken_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = CATS + TAXES
    pairs = [(first, last) for first in range(6) for last in range(first, 6)]
    runs, sentences = _runs(texts, *pairs)
    vectors = embedded(sentences).vectors.astype(np.float64)
    match = vectors[:1] @ vectors.T

    def measured() -> list[signals.Floats]:
        return [
            signals.borders(runs),
            signals.coherence(runs),
            signals.relevance(runs, match, vectors[:1]),
        ]

    at_once = measured()
    monkeypatch.setattr(signals, "_PART", 2)
    for whole, parts in zip(at_once, measured(), strict=True):
        assert len(whole if whole.ndim == 1 else whole[0]) == len(pairs)
        np.testing.assert_allclose(whole, parts, rtol=1e-12)
