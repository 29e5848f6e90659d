"""What speaks for a moment: one function, one signal, each in [0, 1] and for all moments at once.

Means over runs of sentences come from prefix sums, so the cost grows with the number of moments
and not with their length.
"""

from collections.abc import Callable
from copy import copy

import numpy as np
import numpy.typing as npt

from clipkit.types.clips import Moment
from clipkit.types.media import Audio
from clipkit.types.speech import SentenceEmbeddings, Sentences

Floats = npt.NDArray[np.float64]

_OPENERS_THAT_LEAN = frozenset(
    """
    and but so or because then also which that this these those it he she they his her their
    him them well yeah yes no
    """.split()
)
"""A first word that needs what came before."""

_PART = 2048
"""Runs whose vectors are held at once: 6 MB for each array at 384 dimensions."""

_CONTEXT = 3
"""Sentences on either side of a border that tell whether the topic changes there."""


class Runs:
    """Runs of sentences, with means over them.

    Args:
        moments: The runs.
        embeddings: A row for each sentence.
    """

    def __init__(self, moments: tuple[Moment, ...], embeddings: SentenceEmbeddings) -> None:
        self.first = np.array([moment.first for moment in moments])
        self.last = np.array([moment.last for moment in moments])
        self.length_s = np.array([moment.span.duration_s for moment in moments])
        rows = embeddings.vectors.astype(np.float64)
        self._sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])

    def by_parts(self, signal: "Callable[[Runs], Floats]") -> Floats:
        """Return a signal of all runs, computed some thousand runs at a time.

        A row of vectors for each run at once would take gigabytes for long clips of long talks.
        """
        parts = []
        for start in range(0, len(self.first), _PART):
            part = copy(self)
            part.first = self.first[start : start + _PART]
            part.last = self.last[start : start + _PART]
            part.length_s = self.length_s[start : start + _PART]
            parts.append(signal(part))
        return np.concatenate(parts)

    @property
    def sentences(self) -> int:
        """Number of sentences."""
        return len(self._sums) - 1

    def mean(self, first: npt.NDArray[np.int64], stop: npt.NDArray[np.int64]) -> Floats:
        """Return the mean vector of sentences ``first`` to ``stop``: shape (runs, dimensions)."""
        count = np.maximum(stop - first, 1)[:, None]
        result: Floats = (self._sums[stop] - self._sums[first]) / count
        return result

    def total(self, per_sentence: Floats) -> Floats:
        """Return the sum of a value of the sentences over each run."""
        sums = np.concatenate([[0.0], np.cumsum(per_sentence)])
        result: Floats = sums[self.last + 1] - sums[self.first]
        return result


def relevance(runs: Runs, match: Floats, criteria: Floats) -> Floats:
    """Return how well each run answers each criterion: shape (criteria, runs).

    Half is the run as a whole and half its best two sentences; half of the outcome is the cosine
    as such and half how far it stands out in this source: a mood ("funny") never comes close in
    words, but still closer in one place than in another.

    Args:
        runs: The runs.
        match: Cosine of each sentence to each criterion: shape (criteria, sentences).
        criteria: Vectors of the criteria.
    """
    whole = runs.by_parts(lambda part: _unit(part.mean(part.first, part.last + 1)) @ criteria.T)
    best = np.array(
        [
            np.sort(match[:, first : last + 1], axis=1)[:, -2:].mean(axis=1)
            for first, last in zip(runs.first, runs.last, strict=True)
        ]
    )
    closeness: Floats = ((whole + best) / 2.0).T
    spread = closeness.std(axis=1, keepdims=True)
    stands_out = (closeness - closeness.mean(axis=1, keepdims=True)) / np.maximum(spread, 0.02)
    # Centre and width of MiniLM's cosines, set by hand on the demo.
    return (_squashed((closeness - 0.25) / 0.07) + _squashed(stands_out)) / 2.0


def coherence(runs: Runs) -> Floats:
    """Return how much the sentences of each run have one subject: the length of their mean."""
    length = runs.by_parts(
        lambda part: np.linalg.norm(part.mean(part.first, part.last + 1), axis=1)
    )
    count = runs.last + 1 - runs.first
    # The mean of n unrelated unit vectors is 1 / sqrt(n) long; that is no coherence.
    chance = 1.0 / np.sqrt(count)
    result: Floats = np.where(
        count == 1, 0.5, np.clip((length - chance) / np.maximum(1e-9, 0.9 - chance), 0, 1)
    )
    return result


def borders(runs: Runs) -> Floats:
    """Return how much the topic changes at both ends of each run.

    The source's own start and end count half: greetings and goodbyes are there, not topics.
    """
    return runs.by_parts(_borders)


def _borders(runs: Runs) -> Floats:
    first, stop, count = runs.first, runs.last + 1, runs.sentences
    opening = runs.mean(first, np.minimum(first + _CONTEXT, stop))
    before = runs.mean(np.maximum(first - _CONTEXT, 0), first)
    closing = runs.mean(np.maximum(stop - _CONTEXT, first), stop)
    after = runs.mean(stop, np.minimum(stop + _CONTEXT, count))
    at_start = np.where(first == 0, 0.5, 1.0 - _cosine(before, opening))
    at_end = np.where(stop == count, 0.5, 1.0 - _cosine(closing, after))
    result: Floats = np.clip((at_start + at_end) / 2.0, 0.0, 1.0)
    return result


def pauses(runs: Runs, sentences: Sentences) -> Floats:
    """Return how much of a pause lies at both ends of each run; a second or more is 1."""
    before = np.array([min(1.0, item.pause_before_s) for item in sentences.items])
    after = np.array([min(1.0, item.pause_after_s) for item in sentences.items])
    result: Floats = (before[runs.first] + after[runs.last]) / 2.0
    return result


def flow(runs: Runs, sentences: Sentences) -> Floats:
    """Return the share of each run during which somebody speaks."""
    spoken = np.array([item.span.duration_s for item in sentences.items])
    result: Floats = np.clip(runs.total(spoken) / np.maximum(runs.length_s, 1e-9), 0.0, 1.0)
    return result


def opening(runs: Runs, sentences: Sentences) -> Floats:
    """Return whether each run begins with a sentence that needs nothing before it."""
    stands = np.array(
        [
            0.3 if item.words[0].text.lower().strip(",.!?'\"") in _OPENERS_THAT_LEAN else 1.0
            for item in sentences.items
        ]
    )
    result: Floats = stands[runs.first]
    return result


def substance(runs: Runs, sentences: Sentences) -> Floats:
    """Return how many long words and numbers each run has a second, against the source's best."""
    weighty = np.array(
        [
            sum(
                len(word.text.strip(".,;:!?")) >= 6 or any(c.isdigit() for c in word.text)
                for word in item.words
            )
            for item in sentences.items
        ],
        dtype=np.float64,
    )
    rate = runs.total(weighty) / np.maximum(runs.length_s, 1e-9)
    result: Floats = np.clip(rate / max(float(rate.max(initial=0.0)), 0.2), 0.0, 1.0)
    return result


def delivery(runs: Runs, sentences: Sentences, audio: Audio) -> Floats:
    """Return how loud each run's sentences are against the source's, in standard deviations."""
    loudness = np.array(
        [
            10.0
            * np.log10(float(np.mean(np.square(audio.cut(item.span)), dtype=np.float64)) + 1e-9)
            if len(audio.cut(item.span))
            else -90.0
            for item in sentences.items
        ]
    )
    mean: Floats = runs.total(loudness) / (runs.last + 1 - runs.first)
    return _squashed((mean - loudness.mean()) / max(float(loudness.std()), 1.0))


def _squashed(values: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(values, -30.0, 30.0)))
    return result


def _unit(vectors: Floats) -> Floats:
    result: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return result


def _cosine(left: Floats, right: Floats) -> Floats:
    result: Floats = np.sum(_unit(left) * _unit(right), axis=1)
    return result
