"""Candidate moments to scores."""

from dataclasses import dataclass

import numpy as np

from clipkit.errors import WiringError
from clipkit.stages import signals
from clipkit.types.clips import Moments, ScoredMoments
from clipkit.types.media import Audio
from clipkit.types.query import Query
from clipkit.types.speech import CriteriaEmbeddings, SentenceEmbeddings, Sentences

_WITH_CRITERIA = {
    "relevance": 0.58,
    "borders": 0.12,
    "coherence": 0.08,
    "opening": 0.08,
    "pauses": 0.06,
    "flow": 0.05,
    "delivery": 0.03,
}
_WITHOUT_CRITERIA = {
    "borders": 0.25,
    "substance": 0.20,
    "coherence": 0.20,
    "opening": 0.12,
    "pauses": 0.10,
    "flow": 0.08,
    "delivery": 0.05,
}
"""Set by hand on the demo: what answers the question counts most, a clean cut next."""


@dataclass(frozen=True, kw_only=True)
class ScoreMoments:
    """Measures what speaks for each candidate and weighs it to one score."""

    def __call__(  # noqa: PLR0917
        self,
        moments: Moments,
        sentences: Sentences,
        embeddings: SentenceEmbeddings,
        criteria: CriteriaEmbeddings,
        audio: Audio,
        query: Query,
    ) -> ScoredMoments:
        """Return the candidates with their signals.

        Raises:
            WiringError: Sentences and criteria were embedded by different models.
        """
        weights = _WITH_CRITERIA if query.criteria else _WITHOUT_CRITERIA
        names = tuple(weights)
        shares = np.array(list(weights.values()))
        if not moments.items:
            return ScoredMoments(
                moments=(),
                signals=names,
                weights=shares,
                values=np.zeros((0, len(names))),
                criterion=np.zeros(0, np.int64),
                sentence_match=np.zeros((len(query.criteria), len(sentences.items))),
                reason=moments.reason,
            )
        runs = signals.Runs(moments.items, embeddings)
        columns = {
            "borders": signals.borders(runs),
            "coherence": signals.coherence(runs),
            "opening": signals.opening(runs, sentences),
            "pauses": signals.pauses(runs, sentences),
            "flow": signals.flow(runs, sentences),
        }
        if len(audio.samples):
            columns["delivery"] = signals.delivery(runs, sentences, audio)
        else:
            columns["delivery"] = np.full(len(moments.items), 0.5)
        criterion = np.full(len(moments.items), -1, np.int64)
        match = np.zeros((0, len(sentences.items)))
        if query.criteria:
            match = _match(embeddings, criteria)
            answers = signals.relevance(runs, match, criteria.vectors.astype(np.float64))
            criterion = np.argmax(answers, axis=0)
            columns["relevance"] = answers.max(axis=0)
        else:
            columns["substance"] = signals.substance(runs, sentences)
        # Four decimals: what differs below that is the arithmetic of another machine.
        values: signals.Floats = np.stack([columns[name] for name in names], axis=1).round(4)
        return ScoredMoments(moments.items, names, shares, values, criterion, match)


def _match(embeddings: SentenceEmbeddings, criteria: CriteriaEmbeddings) -> signals.Floats:
    if embeddings.model != criteria.model:
        raise WiringError(
            "cannot compare sentences with criteria",
            f"the sentences were embedded by {embeddings.model}, the criteria by {criteria.model}",
            "Embed both with one model.",
        )
    match: signals.Floats = (criteria.vectors @ embeddings.vectors.T).astype(np.float64)
    return match
