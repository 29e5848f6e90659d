"""What happened while stages ran."""

from dataclasses import dataclass

from clipkit.types.events import Fallback, Notice, StageFinished


@dataclass(frozen=True, slots=True)
class RunReport:
    """What happened while stages ran."""

    fallbacks: tuple[Fallback, ...] = ()
    """What ran instead of what was asked for, in the order of the stages."""

    notices: tuple[Notice, ...] = ()
    """Choices made and defects found, in the order of the stages."""

    timings: tuple[StageFinished, ...] = ()
    """What each stage cost, in the order of the stages."""
