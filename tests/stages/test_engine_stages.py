"""Stages that hand their work to one engine."""

import numpy as np
import pytest

from clipkit.errors import EngineError
from clipkit.stages.detect_shots import DetectShots
from clipkit.stages.detect_speech import DetectSpeech
from clipkit.stages.embed import EmbedCriteria, EmbedPassages, EmbedSentences
from clipkit.testing import EnergyVad, FixedShots, HashEmbedder
from clipkit.types.events import Event, Fallback, Monitor
from clipkit.types.media import Audio, Shots
from clipkit.types.retrieval import Criteria, Criterion, Passages
from clipkit.types.speech import SentenceEmbeddings, Sentences
from tests.stages.talks import MONITOR, TALK, embedded, info, sentences_of, spoken


class _BrokenEmbedder(HashEmbedder):
    def warm_up(self, monitor: Monitor) -> None:
        raise EngineError("cannot load", "it is broken")


def test_each_sentence_has_its_row_in_order() -> None:
    sentences = sentences_of(spoken("Cats purr.", "Taxes fund roads."))
    double = HashEmbedder()
    found = EmbedSentences(engines=(double,))(sentences, MONITOR)
    expected = double.embed(["Cats purr.", "Taxes fund roads."], MONITOR)
    assert (found.model, found.vectors.shape) == ("hash-embedder", (2, 64))
    np.testing.assert_array_equal(found.vectors, expected)


def _embedded(engine: HashEmbedder) -> SentenceEmbeddings:
    return EmbedSentences(engines=(engine,))(sentences_of(spoken("Cats purr.")), MONITOR)


def _criterion(text: str, topic: str | None = None) -> Criterion:
    return Criterion(text, text if topic is None else topic, ())


ASKED = Criteria((_criterion("a"),))


def test_criteria_are_embedded_by_the_engine_that_embedded_the_sentences() -> None:
    """Also where another, preferred one has become able to run since."""
    first, second = HashEmbedder(name="first"), HashEmbedder(name="second")
    found = EmbedCriteria(engines=(first, second))(ASKED, _embedded(second), MONITOR)
    assert found.model == "second"
    assert first.warmed_up == 0


def test_criteria_for_sentences_of_a_model_that_is_gone_are_refused() -> None:
    sentences = _embedded(HashEmbedder(name="gone"))
    with pytest.raises(EngineError, match=r"criteria.*gone"):
        EmbedCriteria(engines=(HashEmbedder(),))(ASKED, sentences, MONITOR)


def test_each_criterion_has_its_rows_in_order_and_those_to_avoid_come_last() -> None:
    double = HashEmbedder()
    criteria = Criteria(
        (_criterion("find cats", "cats"), _criterion("b")), (_criterion("no taxes", "taxes"),)
    )
    found = EmbedCriteria(engines=(double,))(criteria, _embedded(double), MONITOR)
    texts = double.embed(["find cats", "b", "no taxes"], MONITOR)
    topics = double.embed(["cats", "b", "taxes"], MONITOR)
    np.testing.assert_array_equal(found.texts, texts)
    np.testing.assert_array_equal(found.topics, topics)


def test_examples_have_rows_of_their_own_and_know_their_criterion() -> None:
    double = HashEmbedder()
    criteria = Criteria(
        (
            Criterion("funny", "funny", ("funni",), (), ("we laughed", "a joke")),
            _criterion("cats"),
            Criterion("sad", "sad", ("sad",), (), ("she cried",)),
        )
    )
    found = EmbedCriteria(engines=(double,))(criteria, _embedded(double), MONITOR)
    expected = double.embed(["we laughed", "a joke", "she cried"], MONITOR)
    np.testing.assert_array_equal(found.examples, expected)
    assert found.example_of.tolist() == [0, 0, 2]
    assert len(found.texts) == len(found.topics) == 3


def test_each_passage_has_a_row_for_itself_and_one_with_its_neighbours() -> None:
    double = HashEmbedder()
    sentences = sentences_of(TALK)
    said = [item.text for item in sentences.items]
    passages = Passages(np.array([0, 1, 3, 6]))
    found = EmbedPassages(engines=(double,))(sentences, passages, embedded(sentences), MONITOR)
    texts = [said[0], " ".join(said[1:3]), " ".join(said[3:])]
    around = [" ".join(said[:3]), " ".join(said), " ".join(said[1:])]
    assert found.model == "hash-embedder"
    np.testing.assert_array_equal(found.vectors, double.embed(texts, MONITOR))
    np.testing.assert_array_equal(found.surroundings, double.embed(around, MONITOR))


def test_passages_are_embedded_by_the_engine_that_embedded_the_sentences() -> None:
    first, second = HashEmbedder(name="first"), HashEmbedder(name="second")
    sentences, passages = sentences_of(spoken("Cats purr.")), Passages(np.array([0, 1]))
    found = EmbedPassages(engines=(first, second))(sentences, passages, _embedded(second), MONITOR)
    assert found.model == "second"
    assert first.warmed_up == 0
    with pytest.raises(EngineError, match=r"passages.*second"):
        EmbedPassages(engines=(first,))(sentences, passages, _embedded(second), MONITOR)


def test_nothing_to_embed_loads_no_model() -> None:
    broken = _BrokenEmbedder()
    nothing = Sentences(())
    vectors = EmbedSentences(engines=(broken,))(nothing, MONITOR)
    assert vectors.vectors.shape[0] == 0
    passages = Passages(np.array([0]))
    near = EmbedPassages(engines=(broken,))(nothing, passages, vectors, MONITOR)
    assert near.vectors.shape[0] == near.surroundings.shape[0] == 0
    sentences = _embedded(HashEmbedder())
    for criteria, held in ((Criteria(()), sentences), (ASKED, vectors)):
        found = EmbedCriteria(engines=(broken,))(criteria, held, MONITOR)
        assert found.texts.shape[0] == found.topics.shape[0] == found.examples.shape[0] == 0


def test_an_embedder_that_cannot_run_is_passed_over_and_told() -> None:
    told: list[Event] = []
    engines = (_BrokenEmbedder(name="broken"), HashEmbedder())
    sentences = sentences_of(spoken("Cats purr."))
    found = EmbedSentences(engines=engines)(sentences, Monitor("embed", told.append))
    assert found.model == "hash-embedder"
    assert told == [Fallback("embed", "broken", "hash-embedder", "cannot load: it is broken")]


def test_speech_is_what_the_detector_finds() -> None:
    samples = np.zeros(16000, np.float32)
    samples[4000:8000] = 0.5
    (speech,) = DetectSpeech(engines=(EnergyVad(),))(Audio(samples), MONITOR)
    assert [(span.start_s, span.end_s) for span in speech.spans] == [(0.24, 0.5)]


def test_a_source_without_pictures_has_no_cuts_and_asks_no_engine() -> None:
    double = FixedShots()
    assert DetectShots(engines=(double,))(info(10.0), MONITOR) == Shots((), 0.0)
    assert double.warmed_up == 0
