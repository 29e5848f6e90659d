"""How often answers lie where people found them, and how sure that number is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.samples import WordRange

RESAMPLES = 2000
_SEED = 7
"""Of the bootstrap: the same answers give the same interval."""


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch that a method returned."""

    words: WordRange

    score: float
    """Higher is better; only clipkit's is a probability."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method returned to one question, and what is right."""

    gold: tuple[WordRange, ...]
    """Ascending, without overlap; empty: nothing is right."""

    found: tuple[Found, ...]
    """Best first, without overlap; empty: it declined."""

    @property
    def hits(self) -> tuple[bool, ...]:
        """Whether each stretch is right."""
        return tuple(is_hit(found.words, self.gold) for found in self.found)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rates:
    """How good one method is."""

    method: str
    questions: int
    """Answers that count, chance's draws each."""

    hit_1: Estimate
    """Share of questions whose first clip hits."""

    hit_3: Estimate
    """Share where any of the first three does."""

    hit_5: Estimate
    """Share where any of the first five does."""

    precision_3: Estimate
    """Mean share of hits among the first three; 0 where nothing was returned."""


def is_hit(words: WordRange, gold: Sequence[WordRange]) -> bool:
    """Tell whether at least half of the words lie in gold.

    Args:
        words: What was returned.
        gold: Ranges without overlap.
    """
    return len(words) > 0 and 2 * sum(words.shared(piece) for piece in gold) >= len(words)


def hit_at(answer: Answer, count: int) -> float:
    """Return 1.0 where any of the first stretches hits."""
    return float(any(answer.hits[:count]))


def precision_at(answer: Answer, count: int) -> float:
    """Return the share of hits among the first stretches, of as many as there are."""
    hits = answer.hits[:count]
    return sum(hits) / len(hits) if hits else 0.0


def rates(method: str, answers: Mapping[str, Sequence[Answer]]) -> Rates:
    """Measure a method.

    Args:
        method: Its name.
        answers: By the name of the meeting; at least one in all.
    """
    meetings = list(answers.values())

    return Rates(
        method=method,
        questions=sum(len(meeting) for meeting in meetings),
        hit_1=bootstrapped([[hit_at(answer, 1) for answer in meeting] for meeting in meetings]),
        hit_3=bootstrapped([[hit_at(answer, 3) for answer in meeting] for meeting in meetings]),
        hit_5=bootstrapped([[hit_at(answer, 5) for answer in meeting] for meeting in meetings]),
        precision_3=bootstrapped(
            [[precision_at(answer, 3) for answer in meeting] for meeting in meetings]
        ),
    )


def bootstrapped(values: Sequence[Sequence[float]]) -> Estimate:
    """Return the mean of all values and its interval when meetings are drawn anew.

    Questions of one meeting are not independent, so whole meetings are drawn, with replacement.

    Args:
        values: For each meeting one value a question; at least one value in all.
    """
    filled = [meeting for meeting in values if len(meeting)]
    totals = np.array([sum(meeting) for meeting in filled])
    counts = np.array([len(meeting) for meeting in filled])
    draws = np.random.default_rng(_SEED).integers(0, len(filled), (RESAMPLES, len(filled)))
    means = totals[draws].sum(axis=1) / counts[draws].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(totals.sum() / counts.sum()), float(low), float(high))
