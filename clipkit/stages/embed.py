"""Sentences and criteria to vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import Embedder
from clipkit.errors import EngineError
from clipkit.types.events import Monitor
from clipkit.types.query import Query
from clipkit.types.speech import CriteriaEmbeddings, SentenceEmbeddings, Sentences


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
class EmbedCriteria:
    """Gives each criterion a vector that stands for its meaning."""

    engines: tuple[Embedder, ...]
    """The same as for the sentences."""

    def __call__(
        self, query: Query, embeddings: SentenceEmbeddings, monitor: Monitor
    ) -> CriteriaEmbeddings:
        """Return a row for each criterion, made by the engine that embedded the sentences.

        Raises:
            EngineError: That engine is not among these; vectors of two models do not compare.
        """
        if not query.criteria or not len(embeddings.vectors):
            return CriteriaEmbeddings(np.zeros((0, 1), np.float32), embeddings.model)
        able = [engine for engine in self.engines if engine.name == embeddings.model]
        if not able:
            raise EngineError(
                "cannot embed the criteria",
                f"the sentences were embedded by {embeddings.model}, which this pipeline lacks",
                "Analyse the source again, or give the pipeline that embedder.",
            )
        return CriteriaEmbeddings(*_embedded(able, query.criteria, monitor))


def _embedded(
    engines: Sequence[Embedder], texts: Sequence[str], monitor: Monitor
) -> tuple[npt.NDArray[np.float32], str]:
    if not texts:
        return np.zeros((0, 1), np.float32), "none"
    engine = first_ready(engines, monitor)
    with exclusive(engine):
        return engine.embed(texts, monitor), engine.name
