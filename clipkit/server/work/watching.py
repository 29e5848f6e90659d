"""Keeps a record up to date with work that runs, and stops the work when it has to."""

import logging
import os
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from clipkit.errors import TimedOut
from clipkit.types.events import Cancellation, Event, Monitor, Progress, StageStarted

_EVERY_S = 1.0
_DEAF = 70
"""Exit code of a worker whose work does not stop when told to."""

_log = logging.getLogger(__name__)


class Unwanted(Exception):
    """Nobody wants the work any more: its job was deleted."""


class Stopping(BaseException):
    """This process is told to end: the work stays begun, for another to go on with.

    No ``Exception``: it is nothing that went wrong with the work, and must not be kept as that.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long work may take."""

    limit_s: float = 6 * 3600.0
    """From its start to its end: four hours of talk on a slow machine."""

    silence_s: float = 900.0
    """From one sign of life to the next: the longest stage that tells nothing takes a minute."""

    deaf_s: float = 30.0
    """From when it is told to stop to when it does; it looks for that at least every second."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of a job is being done."""

    name: str
    """What is being done, until a stage says so more exactly."""

    first: float
    """Share of the job that is done when it begins."""

    last: float
    """Share of the job that is done when it ends."""

    leading: frozenset[str] = frozenset()
    """Stages whose progress is its own; empty: any stage's."""


class Watched(Protocol):
    """Work with a record."""

    @property
    def work_id(self) -> str:
        """What the queue calls it."""

    def keep(self, stage: str, share: float) -> bool:
        """Write down what is being done and how far it is; tell whether it is still wanted."""

    def fail(self, reason: str) -> None:
        """Write down why it came to nothing."""


class Watch:
    """Watches work within its block.

    Where the work does not stop when told to, this process ends, and others go on without it.

    Args:
        work: What is done.
        stretch: Which part of it.
        patience: How long it may take.
        stopping: Set where this process is to end.
    """

    def __init__(
        self,
        work: Watched,
        stretch: Stretch,
        patience: Patience,
        stopping: threading.Event,
    ) -> None:
        self.cancellation = Cancellation()
        self._work = work
        self._stretch = stretch
        self._patience = patience
        self._stopping = stopping
        self._stage = stretch.name
        self._share = stretch.first
        self._started_s = self._heard_s = time.monotonic()
        self._stopped_s: float | None = None
        self._why: Unwanted | TimedOut | Stopping | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="clipkit-watch", daemon=True)

    def tell(self, event: Event) -> None:
        """Take an event of the work."""
        self._heard_s = time.monotonic()
        leads = not self._stretch.leading or event.stage in self._stretch.leading
        if isinstance(event, Progress) and leads:
            span = self._stretch.last - self._stretch.first
            self._share = max(self._share, self._stretch.first + span * event.done / event.total)
            self._stage = event.stage
        elif isinstance(event, StageStarted):
            _log.info("%s: %s", self._work.work_id, event.stage)
            self._stage = event.stage

    def monitor(self, stage: str) -> Monitor:
        """Return a line to this watch for work that is no stage of a pipeline."""
        return Monitor(stage, self.tell, self.cancellation)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if self._why is not None:
            raise self._why from error

    def _watch(self) -> None:
        while True:
            self._look()
            if self._ended.wait(_EVERY_S):
                return

    def _look(self) -> None:
        """Write down how far the work is, and stop it if it has to."""
        self._why = self._why or self._reason()
        if self._why is None:
            return
        self.cancellation.cancel()
        self._stopped_s = self._stopped_s or time.monotonic()
        if time.monotonic() - self._stopped_s <= self._patience.deaf_s:
            return
        _log.error("%s does not stop, so this worker does", self._work.work_id)
        if isinstance(self._why, TimedOut):
            self._work.fail(str(self._why))
        os._exit(_DEAF)

    def _reason(self) -> Unwanted | TimedOut | Stopping | None:
        """Return why the work has to stop; None where it may go on."""
        if self._stopping.is_set():
            return Stopping()
        now_s = time.monotonic()
        for since_s, limit_s, what in (
            (self._started_s, self._patience.limit_s, "it took longer than"),
            (self._heard_s, self._patience.silence_s, "nothing was heard of it for"),
        ):
            if now_s - since_s > limit_s:
                return TimedOut(f"{self._stage} was stopped", f"{what} {limit_s:g} s")
        try:
            return None if self._work.keep(self._stage, self._share) else Unwanted()
        except SQLAlchemyError:
            return None  # the database is away; the next look may find it
