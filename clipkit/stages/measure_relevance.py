"""A searchable transcript and criteria to how well each sentence answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import RelevanceJudge
from clipkit.errors import EngineError, OptionError, WiringError
from clipkit.stages.relevance_features import FEATURES, closeness, saying
from clipkit.types.curves import logit, squashed
from clipkit.types.events import Monitor
from clipkit.types.products import product
from clipkit.types.retrieval import (
    Criteria,
    CriteriaEmbeddings,
    Criterion,
    Evidence,
    Relevance,
    Searchable,
)

Floats = npt.NDArray[np.float64]

_OWN = 0.15
"""How much a sentence itself counts beside its passage: little, but a short clip hangs on it."""

_FEW = 12
"""With fewer passages than this it counts more, up to 1: neighbours are then all there is."""

_KIND_CLOSE = 0.25
"""Cosine to an example at which a sentence is as likely as not of its kind; MiniLM's, by eye."""


@dataclass(frozen=True, kw_only=True)
class MeasureRelevance:
    """Judges for each criterion how likely each sentence is part of an answer."""

    engines: tuple[RelevanceJudge, ...]
    """In order of preference; the first that knows the embedder judges."""

    def __call__(
        self,
        searchable: Searchable,
        criteria: Criteria,
        embeddings: CriteriaEmbeddings,
        monitor: Monitor,
    ) -> Relevance:
        """Return the relevance of every sentence to every criterion.

        Raises:
            WiringError: Sentences and criteria were embedded by different models.
        """
        count = len(searchable.sentences.items)
        shape = (len(criteria.all), count)
        is_general = np.array([criterion.is_general for criterion in criteria.all], bool)
        if not count or not criteria.all:
            nothing = np.zeros(shape)
            return Relevance(nothing, nothing, nothing, nothing, is_general)
        model = searchable.sentence_embeddings.model
        if model != embeddings.model:
            raise WiringError(
                "cannot compare sentences with criteria",
                f"the sentences were embedded by {model}, the criteria by {embeddings.model}",
                "Embed both with one model.",
            )
        judge = self._judge(model, monitor)
        to_sentences = _ToSentences(searchable)
        vectors = searchable.sentence_embeddings.vectors
        cosines = np.vecdot(embeddings.topics[:, None], vectors).astype(np.float64)
        weight = max(_OWN, 1.0 - len(searchable.passages) / _FEW)
        answers, meaning, words = [], [], []
        for place, criterion in enumerate(criteria.all):
            text, topic = embeddings.texts[place], embeddings.topics[place]
            close = closeness(searchable, criterion, text, topic)
            if criterion.is_general:
                answers.append(np.zeros(count))
            elif criterion.examples:
                examples = embeddings.examples[embeddings.example_of == place]
                answers.append(_like_examples(searchable, to_sentences, examples))
                # What made the answer is the evidence for it; the kind's name is not said in it.
                cosines[place] = product(vectors, examples.T).max(axis=1)
            else:
                evidence = Evidence(
                    close.features.astype(np.float32),
                    text,
                    topic,
                    searchable.passage_embeddings.vectors,
                    searchable.passage_embeddings.surroundings,
                )
                with exclusive(judge):
                    judged = judge.probabilities(evidence)
                answers.append(_told_apart(to_sentences(judged), cosines[place], weight))
            if place >= len(criteria.wanted):
                # One who wants no dogs wants no sentence that names them, whatever it is about.
                answers[place][saying(searchable, criterion)] = 1.0
            meaning.append(to_sentences(close.meaning))
            words.append(to_sentences(close.words))
        return Relevance(
            answers=np.stack(answers),
            meaning=np.clip(np.stack(meaning), 0.0, 1.0),
            words=np.stack(words),
            similarity=cosines,
            is_general=is_general,
            judge=judge.name if any(map(_is_judged, criteria.all)) else None,
        )

    def _judge(self, embedder: str, monitor: Monitor) -> RelevanceJudge:
        first = first_ready(self.engines, monitor)
        reason = first.suits(embedder, FEATURES)
        if reason is None:
            return first
        for other in self.engines[self.engines.index(first) + 1 :]:
            try:
                with exclusive(other):
                    other.warm_up(monitor)
            except EngineError as error:
                reason = f"{reason}; {other.name}: {error.found}"
                continue
            if other.suits(embedder, FEATURES) is None:
                monitor.fallback(first.name, other.name, reason)
                return other
        raise OptionError(
            f"cannot judge relevance with {first.name}", reason, "Give a judge that knows it."
        )


def _is_judged(criterion: Criterion) -> bool:
    return not (criterion.is_general or criterion.examples)


def _told_apart(answers: Floats, cosines: Floats, weight: float) -> Floats:
    """Return answers moved by how close each sentence is itself, against the others."""
    standing_out = (cosines - cosines.mean()) / max(float(cosines.std()), 0.01)
    return squashed(logit(answers) + 2.0 * weight * standing_out)


def _like_examples(
    searchable: Searchable, to_sentences: "_ToSentences", examples: npt.NDArray[np.float32]
) -> Floats:
    """Return how likely each sentence is of the kind that examples show.

    A kind of moment never comes as close as a subject does, so half of it is how far a sentence
    stands out in this source. Who laughs has told something before: neighbours count too.
    """
    sentences = product(searchable.sentence_embeddings.vectors, examples.T)
    passages = product(searchable.passage_embeddings.vectors, examples.T)
    close = (sentences.max(axis=1) + to_sentences(passages.max(axis=1))) / 2.0
    padded = np.pad(close.astype(np.float64), 1, mode="edge")
    close = (padded[:-2] + 2.0 * padded[1:-1] + padded[2:]) / 4.0
    standing_out = (close - close.mean()) / max(float(close.std()), 0.01)
    likely = squashed(1.5 * (standing_out - 1.0)) * squashed((close - _KIND_CLOSE) / 0.05)
    result: Floats = np.sqrt(likely)
    return result


class _ToSentences:
    """Takes values of passages to sentences: between the passages' middles they change evenly.

    Middles are counted in words.
    """

    def __init__(self, searchable: Searchable) -> None:
        reached = searchable.sentences.words_before
        borders = reached[searchable.passages.starts]
        self._passages = (borders[:-1] + borders[1:]) / 2.0
        self._sentences = (reached[:-1] + reached[1:]) / 2.0

    def __call__(self, values: Floats) -> Floats:
        result: Floats = np.interp(self._sentences, self._passages, values)
        return result
