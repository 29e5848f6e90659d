"""Whether no clip comes back where there is no answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.quality.measures import Answer, hit_at
from benchmarks.quality.samples import Question, Sample
from clipkit.errors import OptionError

THRESHOLDS = tuple(step / 20 for step in range(20))
_SEED = 11


@dataclass(frozen=True, slots=True)
class Threshold:
    """What becomes of questions when clips below a score are dropped as well."""

    score: float

    declined: float
    """Share of questions without an answer that get no clip; higher is better."""

    answered: float
    """Share of questions with an answer that get one; higher is better."""

    kept: float | None
    """Of the clips that hit at threshold 0, the share that is still there; None where none hit."""


@dataclass(frozen=True, slots=True)
class Declining:
    """How clipkit declines. The threshold 0 is clipkit as it is."""

    foreign_questions: int
    """Questions asked of a meeting of another domain."""

    own_questions: int
    """Questions asked of their own meeting."""

    hit_5: float
    """Of the own questions, as clipkit is."""

    thresholds: tuple[Threshold, ...]
    """Ascending."""


def foreign_pairs(samples: Sequence[Sample]) -> tuple[tuple[Question, Sample], ...]:
    """Pair each question with a meeting of another domain, the same one in every run.

    Raises:
        OptionError: All meetings are of one domain.
    """
    draw = Random(_SEED)
    pairs = []
    for sample in samples:
        others = [other for other in samples if other.domain != sample.domain]
        if not others:
            raise OptionError(
                "declining is measured between domains", f"all meetings are of {sample.domain}"
            )
        pairs += [(question, draw.choice(others)) for question in sample.questions]
    return tuple(pairs)


def declining(
    own: Sequence[Answer],
    foreign: Sequence[Answer],
    thresholds: Sequence[float] = THRESHOLDS,
) -> Declining:
    """Count what is declined rightly and wrongly.

    Args:
        own: Answers to questions about their own meeting; at least one.
        foreign: Answers to questions about another; at least one. Their gold does not count.
        thresholds: Scores below which a clip is dropped, ascending.
    """
    right = [
        found.score
        for answer in own
        for found, hit in zip(answer.found, answer.hits, strict=True)
        if hit
    ]
    return Declining(
        foreign_questions=len(foreign),
        own_questions=len(own),
        hit_5=sum(hit_at(answer, 5) for answer in own) / len(own),
        thresholds=tuple(
            Threshold(
                score=score,
                declined=1.0 - _share_with_clips(foreign, score),
                answered=_share_with_clips(own, score),
                kept=sum(hit >= score for hit in right) / len(right) if right else None,
            )
            for score in thresholds
        ),
    )


def _share_with_clips(answers: Sequence[Answer], score: float) -> float:
    return sum(any(found.score >= score for found in answer.found) for answer in answers) / len(
        answers
    )
