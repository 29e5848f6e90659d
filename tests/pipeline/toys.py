"""Toy artefacts and the stages that make them, and which stages of a run ran."""

from collections.abc import Iterable
from dataclasses import dataclass

from clipkit.types.events import Event, StageStarted


@dataclass(frozen=True)
class Seed:
    """What the caller gives."""

    text: str = "seed"


@dataclass(frozen=True)
class Left:
    """Made of the seed."""

    text: str


@dataclass(frozen=True)
class Right:
    """Made of the seed."""

    text: str


@dataclass(frozen=True)
class Both:
    """Made of left and right."""

    text: str


def make_left(seed: Seed) -> Left:
    return Left(f"left({seed.text})")


def make_right(seed: Seed) -> Right:
    return Right(f"right({seed.text})")


def join(left: Left, right: Right) -> Both:
    return Both(f"{left.text}+{right.text}")


STAGES = (make_left, make_right, join)


def started(told: Iterable[Event]) -> list[str]:
    """Return the names of the stages that ran, sorted."""
    return sorted(event.stage for event in told if isinstance(event, StageStarted))
