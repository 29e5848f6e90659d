"""What a run tells while it runs, and how it is told to stop."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from clipkit.errors import Cancelled

_PROGRESS_S = 0.1


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage began."""

    stage: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage got further."""

    stage: str

    done: float
    """How much is done, in the unit of ``total``."""

    total: float
    """How much there is to do; above 0."""

    unit: str
    """What is counted: "s" for seconds of media, "clips", "bytes"."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Something else ran than what was asked for."""

    stage: str

    asked: str
    """What was preferred."""

    ran: str
    """What runs instead."""

    reason: str
    """Why."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A choice or a defect of the input that a user wants to know of."""

    stage: str

    code: str
    """A stable name, such as "truncated" or "audio_choice"."""

    message: str
    """In words."""


@dataclass(frozen=True, slots=True)
class ClipReady:
    """The preview of one clip can be played."""

    stage: str

    clip_id: str

    path: Path


@dataclass(frozen=True, slots=True)
class StageFinished:
    """A stage ended."""

    stage: str

    wall_s: float
    """How long it took, from its start to its end."""

    real_time_factor: float
    """``busy_s`` over the length of the source; below 1 is faster than playing it."""

    peak_ram_bytes: int
    """The most memory the process had used by its end."""

    peak_vram_bytes: int
    """The most memory PyTorch had used on a CUDA device by its end; 0 without one."""

    waited_s: float = 0.0
    """How much of ``wall_s`` it waited, with nothing else to do, for what it reads while that is
    still made."""

    @property
    def busy_s(self) -> float:
        """How long it was at work: ``wall_s`` without ``waited_s``."""
        return self.wall_s - self.waited_s


@dataclass(frozen=True, slots=True)
class Restored:
    """What a stage would have made was made before and is used again; the stage does not run."""

    stage: str

    artefact: str
    """Class of what is used again."""


Event: TypeAlias = (
    StageStarted | Progress | Fallback | Notice | ClipReady | StageFinished | Restored
)


class Cancellation:
    """A switch that stops a run from another thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the run to stop at its next check."""
        self._event.set()

    @property
    def requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()


class Monitor:
    """A stage's line to the run: it reports through it and asks it whether to go on.

    Args:
        stage: Name of the stage that reports.
        on_event: Receives each event; may be called from any thread.
        cancellation: Checked by ``checkpoint``.
    """

    def __init__(
        self,
        stage: str,
        on_event: Callable[[Event], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> None:
        self.stage = stage
        self._on_event = on_event
        self._cancellation = cancellation
        self._told_at = float("-inf")

    def silent(self) -> "Monitor":
        """Return a line that tells nothing, but still asks whether to go on."""
        return Monitor(self.stage, None, self._cancellation)

    def checkpoint(self) -> None:
        """Raise ``Cancelled`` if the run was asked to stop; called often in long work."""
        if self._cancellation is not None and self._cancellation.requested:
            raise Cancelled

    def progress(self, done: float, total: float, unit: str = "s") -> None:
        """Report how far the stage is, ten times a second at most, and check whether to go on."""
        self.checkpoint()
        now = time.monotonic()
        if total > 0.0 and (now - self._told_at >= _PROGRESS_S or done >= total):
            self._told_at = now
            self._tell(Progress(self.stage, min(done, total), total, unit))

    def fallback(self, asked: str, ran: str, reason: str) -> None:
        """Report that something else runs than was asked for."""
        self._tell(Fallback(self.stage, asked, ran, reason))

    def notice(self, code: str, message: str) -> None:
        """Report a choice or a defect of the input."""
        self._tell(Notice(self.stage, code, message))

    def clip_ready(self, clip_id: str, path: Path) -> None:
        """Report that a preview can be played."""
        self._tell(ClipReady(self.stage, clip_id, path))

    def _tell(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)
