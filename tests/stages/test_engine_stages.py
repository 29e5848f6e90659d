"""Stages that hand their work to one engine."""

import numpy as np
import pytest

from clipkit.errors import EngineError
from clipkit.stages.detect_shots import DetectShots
from clipkit.stages.detect_speech import DetectSpeech
from clipkit.stages.embed import EmbedCriteria, EmbedSentences
from clipkit.testing import EnergyVad, FixedShots, HashEmbedder
from clipkit.types.events import Event, Fallback, Monitor
from clipkit.types.media import Audio, Shots
from clipkit.types.query import Query
from clipkit.types.speech import SentenceEmbeddings, Sentences
from tests.stages.talks import MONITOR, info, sentences_of, spoken


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


def test_criteria_are_embedded_by_the_engine_that_embedded_the_sentences() -> None:
    """Also where another, preferred one has become able to run since."""
    first, second = HashEmbedder(name="first"), HashEmbedder(name="second")
    sentences = _embedded(second)
    found = EmbedCriteria(engines=(first, second))(Query(criteria=("a",)), sentences, MONITOR)
    assert found.model == "second"
    assert first.warmed_up == 0


def test_criteria_for_sentences_of_a_model_that_is_gone_are_refused() -> None:
    sentences = _embedded(HashEmbedder(name="gone"))
    with pytest.raises(EngineError, match="gone"):
        EmbedCriteria(engines=(HashEmbedder(),))(Query(criteria=("a",)), sentences, MONITOR)


def test_each_criterion_has_its_row_in_order() -> None:
    double = HashEmbedder()
    sentences = _embedded(double)
    found = EmbedCriteria(engines=(double,))(Query(criteria=("b", "a")), sentences, MONITOR)
    np.testing.assert_array_equal(found.vectors, double.embed(["b", "a"], MONITOR))


def test_nothing_to_embed_loads_no_model() -> None:
    broken = _BrokenEmbedder()
    assert EmbedSentences(engines=(broken,))(Sentences(()), MONITOR).vectors.shape[0] == 0
    sentences = _embedded(HashEmbedder())
    assert EmbedCriteria(engines=(broken,))(Query(), sentences, MONITOR).vectors.shape[0] == 0


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
    speech = DetectSpeech(engines=(EnergyVad(),))(Audio(samples), MONITOR)
    assert [(span.start_s, span.end_s) for span in speech.spans] == [(0.24, 0.5)]


def test_a_source_without_pictures_has_no_cuts_and_asks_no_engine() -> None:
    double = FixedShots()
    assert DetectShots(engines=(double,))(info(10.0), MONITOR) == Shots((), 0.0)
    assert double.warmed_up == 0
