"""Candidate moments to scores."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.stages import signals
from clipkit.types.clips import Moments, ScoredMoments
from clipkit.types.curves import logit, squashed
from clipkit.types.delivery import Activity, Delivery
from clipkit.types.outline import Outline
from clipkit.types.query import Query
from clipkit.types.retrieval import Relevance

Floats = npt.NDArray[np.float64]

_WITH_CRITERIA = {
    "relevance": 0.92,
    "borders": 0.02,
    "opening": 0.015,
    "closing": 0.015,
    "pauses": 0.015,
    "flow": 0.01,
    "reactions": 0.005,
    "meaning": 0.0,
    "words": 0.0,
}
"""What answers the question decides; a clean cut decides between answers. Closeness in meaning and
in words has no weight of its own, for relevance is made of both; it is there to be read."""

_WITHOUT_CRITERIA = {
    "centrality": 0.20,
    "telling": 0.15,
    "coherence": 0.14,
    "delivery": 0.12,
    "reactions": 0.12,
    "substance": 0.10,
    "fullness": 0.10,
    "opening": 0.05,
    "closing": 0.05,
    "borders": 0.06,
    "pauses": 0.03,
    "flow": 0.02,
    "length": 0.50,
}
"""Set by hand: what people called highlights is too little to train on, so it only checks this.
Length counts where it is free: a complete thought takes more than a sentence."""

_WITHOUT_SPEECH = {"loudness": 0.4, "onsets": 0.35, "cuts": 0.25}
"""Energy alone: loud, eventful, fast."""

_CONFIDENCE_WITHOUT_SPEECH = 0.6
"""Share that is left of a score for energy alone: it says that something happens, not what."""

_AVOIDED = 0.5
"""From this probability on, a sentence answers what was to be avoided; one is too many."""

_UNANSWERED_S = 10.0
"""Set by hand: a quarter of a minute that answers fully is worth a minute that answers by 70 %."""

CALIBRATION = (0.631, -1.079)
"""Slope and shift of the logit of the weighted sum: fitted on the clips that answer questions of
QMSum's train split, each third judged by nets that had not seen it, so that of clips with a score
of .6 three in five are hits. ``models.relevance.calibrate`` prints them."""


@dataclass(frozen=True, kw_only=True)
class ScoreMoments:
    """Measures what speaks for each candidate and weighs it to one score.

    A signal that the source cannot have, such as liveliness of delivery without sound, is left out,
    and the others make up for its weight.
    """

    def __call__(  # noqa: PLR0917
        self,
        moments: Moments,
        outline: Outline,
        relevance: Relevance,
        delivery: Delivery,
        activity: Activity,
        query: Query,
    ) -> ScoredMoments:
        """Return the candidates with their signals."""
        count = len(moments)
        criterion = np.full(count, -1, np.int64)
        avoided = np.full(count, -1, np.int64)
        if not len(outline):
            columns = _energy(moments, activity)
            names, weights, values = _stacked(columns, _WITHOUT_SPEECH, count)
            scores = np.round(_CONFIDENCE_WITHOUT_SPEECH * _calibrated(_sums(values, weights)), 4)
            times_s = np.stack([moments.start_s, moments.end_s], axis=1)
            return ScoredMoments(
                moments, names, weights, values, scores, criterion, avoided, times_s
            )
        runs = signals.Runs(moments, outline)
        is_free = query.target_duration_s is None
        columns = _form(runs, outline, delivery)
        if is_free:
            columns["length"] = _worth_its_length(runs.is_said.astype(np.float64), runs.length_s)
        shares = _WITHOUT_CRITERIA
        wanted = slice(0, len(query.criteria))
        if query.criteria:
            criterion = np.where(runs.is_said, 0, -1)
        if not relevance.is_general[wanted].all():
            answers = _answers(runs, relevance, wanted, is_free=is_free)
            highlights = _weighted(columns, _WITHOUT_CRITERIA, count)
            answers[relevance.is_general[wanted]] = highlights
            shares = _WITH_CRITERIA
            best = np.argmax(answers, axis=0)
            criterion = np.where(runs.is_said, best, -1)
            columns["relevance"] = np.max(answers, axis=0)
            for name, rows in (("meaning", relevance.meaning), ("words", relevance.words)):
                per_criterion = np.stack([runs.by_words(row) for row in rows[wanted]])
                columns[name] = per_criterion[best, np.arange(count)]
        names, weights, values = _stacked(columns, shares, count)
        scores = _calibrated(_sums(values, weights))
        rows = relevance.answers[len(query.criteria) :]
        if len(rows):
            touched = [runs.total((row >= _AVOIDED).astype(np.float64)) > 0.0 for row in rows]
            avoided = np.where(np.any(touched, axis=0), np.argmax(touched, axis=0), -1)
            scores = scores * (1.0 - np.max([runs.by_words(row) for row in rows], axis=0))
        # Four decimals: what differs below that is the arithmetic of another machine.
        return ScoredMoments(
            moments,
            names,
            weights,
            values,
            np.round(scores, 4),
            criterion,
            avoided,
            signals.topic_times(moments, outline),
        )


def _answers(runs: signals.Runs, relevance: Relevance, wanted: slice, *, is_free: bool) -> Floats:
    """Return how well each run answers each criterion: shape (criteria, moments)."""
    rows = [runs.by_words(row) for row in relevance.answers[wanted]]
    if is_free:
        rows = [_worth_its_length(row, runs.length_s) for row in rows]
    return np.stack(rows)


def _form(runs: signals.Runs, outline: Outline, delivery: Delivery) -> dict[str, Floats]:
    columns = {
        "borders": signals.borders(runs, outline),
        "coherence": signals.coherence(runs, outline),
        "opening": signals.opening(runs, outline),
        "closing": signals.closing(runs, outline),
        "pauses": signals.pauses(runs, outline),
        "flow": signals.flow(runs, outline),
        "substance": signals.substance(runs, outline),
        "centrality": signals.centrality(runs, outline),
        "fullness": signals.fullness(runs, outline),
    }
    if signals.has_turns(outline):
        columns["telling"] = signals.telling(runs, outline)
    if delivery.has_sound:
        columns["delivery"] = signals.delivery(runs, delivery)
    if signals.has_reactions(delivery):
        columns["reactions"] = signals.reactions(runs, delivery)
    return columns


def _worth_its_length(relevance: Floats, length_s: Floats) -> Floats:
    """Return relevance as if some seconds that answer nothing belonged to every moment.

    The mean over a moment is highest for the shortest that hold the best sentence; where the
    length is free, an answer should be told to its end. At a minute nothing changes.
    """
    whole = 1.0 + _UNANSWERED_S / 60.0
    result: Floats = np.clip(relevance * whole * length_s / (length_s + _UNANSWERED_S), 0.0, 1.0)
    return result


def _weighted(columns: dict[str, Floats], shares: dict[str, float], count: int) -> Floats:
    _, weights, values = _stacked(columns, shares, count)
    return _sums(values, weights)


def _sums(values: Floats, weights: Floats) -> Floats:
    """Return the weighted sum of each moment's signals, on one thread."""
    result: Floats = np.einsum("ij,j->i", values, weights)
    return result


def _energy(moments: Moments, activity: Activity) -> dict[str, Floats]:
    if not len(moments):
        return {}
    columns = {"cuts": signals.cuts(moments, activity)}
    if activity.has_sound:
        columns["loudness"] = signals.loudness(moments, activity)
        columns["onsets"] = signals.onsets(moments, activity)
    return columns


def _stacked(
    columns: dict[str, Floats], shares: dict[str, float], count: int
) -> tuple[tuple[str, ...], Floats, Floats]:
    """Return the names, the weights made to sum to 1, and shape (moments, signals) values."""
    names = tuple(name for name in shares if name in columns)
    weights = np.array([shares[name] for name in names])
    rows = np.stack([columns[name] for name in names]) if names else np.zeros((0, count))
    return names, weights / max(float(weights.sum()), 1e-9), np.round(rows, 4, out=rows).T


def _calibrated(raw: Floats) -> Floats:
    slope, shift = CALIBRATION
    return squashed(slope * logit(raw) + shift)
