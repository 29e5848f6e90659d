"""Whether a score of .7 is right seven times in ten."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.quality.measures import Answer

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The clips whose scores lie in ``[low, high)``; the last bin holds 1 as well."""

    low: float
    high: float
    clips: int

    score: float | None
    """Their mean score; None where there are none."""

    hits: float | None
    """Their share of hits; None where there are none."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What scores mean."""

    bins: tuple[Bin, ...]
    """Of equal width, from 0 to 1."""

    clips: int

    error: float | None
    """Expected calibration error: the mean distance of score and share of hits, each bin weighed by
    its clips. None without clips. Source: Guo et al. 2017, "On Calibration of Modern Neural
    Networks"."""


def calibration(answers: Iterable[Answer], bins: int = BINS) -> Calibration:
    """Sort all returned clips by score and count the hits.

    Args:
        answers: With scores in [0, 1].
        bins: How many.
    """
    scored = [
        (found.score, hit)
        for answer in answers
        for found, hit in zip(answer.found, answer.hits, strict=True)
    ]
    held: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for score, hit in scored:
        held[min(int(score * bins), bins - 1)].append((score, hit))
    made = tuple(
        _bin(index / bins, (index + 1) / bins, inside) for index, inside in enumerate(held)
    )
    distance = sum(
        part.clips * abs(part.score - part.hits)
        for part in made
        if part.score is not None and part.hits is not None
    )
    return Calibration(made, len(scored), distance / len(scored) if scored else None)


def _bin(low: float, high: float, inside: list[tuple[float, bool]]) -> Bin:
    if not inside:
        return Bin(low, high, 0, None, None)
    count = len(inside)
    mean = sum(score for score, _ in inside) / count
    return Bin(low, high, count, mean, sum(hit for _, hit in inside) / count)
