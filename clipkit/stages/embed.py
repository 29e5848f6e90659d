"""Sentences and criteria to vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import Embedder
from clipkit.errors import EngineError
from clipkit.stages.index_words import texts_of
from clipkit.types.events import Monitor
from clipkit.types.retrieval import Criteria, CriteriaEmbeddings, PassageEmbeddings, Passages
from clipkit.types.speech import SentenceEmbeddings, Sentences


@dataclass(frozen=True, kw_only=True)
class EmbedSentences:
    """Gives each sentence a vector that stands for its meaning."""

    engines: tuple[Embedder, ...]
    """In order of preference."""

    def __call__(self, sentences: Sentences, monitor: Monitor) -> SentenceEmbeddings:
        """Return a row for each sentence."""
        texts = [sentence.text for sentence in sentences.items]
        return SentenceEmbeddings(*_embedded(self.engines, texts, monitor))


@dataclass(frozen=True, kw_only=True)
class EmbedPassages:
    """Gives each passage a vector for itself and one for it with its neighbours."""

    engines: tuple[Embedder, ...]
    """The same as for the sentences."""

    def __call__(
        self,
        sentences: Sentences,
        passages: Passages,
        embeddings: SentenceEmbeddings,
        monitor: Monitor,
    ) -> PassageEmbeddings:
        """Return two rows for each passage, made by the engine that embedded the sentences.

        Raises:
            EngineError: That engine is not among these; vectors of two models do not compare.
        """
        texts = texts_of(sentences, passages)
        if not texts:
            empty = np.zeros((0, embeddings.vectors.shape[1]), np.float32)
            return PassageEmbeddings(empty, empty, embeddings.model)
        around = [" ".join(texts[max(0, place - 1) : place + 2]) for place in range(len(texts))]
        engine = _same(self.engines, embeddings, "passages")
        vectors, model = _embedded(engine, [*texts, *around], monitor)
        return PassageEmbeddings(vectors[: len(texts)], vectors[len(texts) :], model)


@dataclass(frozen=True, kw_only=True)
class EmbedCriteria:
    """Gives each criterion a vector for its text and one for its topic."""

    engines: tuple[Embedder, ...]
    """The same as for the sentences."""

    def __call__(
        self, criteria: Criteria, embeddings: SentenceEmbeddings, monitor: Monitor
    ) -> CriteriaEmbeddings:
        """Return two rows for each criterion and one for each of its examples.

        They are made by the engine that embedded the sentences.

        Raises:
            EngineError: That engine is not among these; vectors of two models do not compare.
        """
        if not criteria.all or not len(embeddings.vectors):
            empty = np.zeros((0, embeddings.vectors.shape[1]), np.float32)
            return CriteriaEmbeddings(empty, empty, empty, np.zeros(0, np.int64), embeddings.model)
        texts = [criterion.text for criterion in criteria.all]
        topics = [criterion.topic for criterion in criteria.all]
        examples = [text for criterion in criteria.all for text in criterion.examples]
        counts = [len(criterion.examples) for criterion in criteria.all]
        engine = _same(self.engines, embeddings, "criteria")
        vectors, model = _embedded(engine, [*texts, *topics, *examples], monitor)
        return CriteriaEmbeddings(
            texts=vectors[: len(texts)],
            topics=vectors[len(texts) : 2 * len(texts)],
            examples=vectors[2 * len(texts) :],
            example_of=np.repeat(np.arange(len(texts)), counts),
            model=model,
        )


def _same(
    engines: Sequence[Embedder], embeddings: SentenceEmbeddings, what: str
) -> tuple[Embedder, ...]:
    able = tuple(engine for engine in engines if engine.name == embeddings.model)
    if not able:
        raise EngineError(
            f"cannot embed the {what}",
            f"the sentences were embedded by {embeddings.model}, which this pipeline lacks",
            "Analyse the source again, or give the pipeline that embedder.",
        )
    return able


def _embedded(
    engines: Sequence[Embedder], texts: Sequence[str], monitor: Monitor
) -> tuple[npt.NDArray[np.float32], str]:
    if not texts:
        return np.zeros((0, 1), np.float32), "none"
    engine = first_ready(engines, monitor)
    with exclusive(engine):
        return engine.embed(texts, monitor), engine.name
