"""Running steps: those that don't wait for each other run at the same time."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from clipkit.errors import Cancelled, WiringError
from clipkit.pipeline.measuring import peak_ram_bytes, peak_vram_bytes
from clipkit.pipeline.wiring import Slot, Step
from clipkit.types.events import (
    Cancellation,
    Event,
    Fallback,
    Monitor,
    Notice,
    StageFinished,
    StageStarted,
)
from clipkit.types.media import MediaInfo
from clipkit.types.report import RunReport

_POLL_S = 0.1
"""How often a run looks for a stop from outside; the main thread hears Ctrl-C in between."""

_log = logging.getLogger(__name__)


class Run:
    """One run of some steps over a set of artefacts.

    Args:
        slots: What is there; steps add to it.
        on_event: Told what happens, one event at a time.
        cancellation: Stops the run from outside.
    """

    def __init__(
        self,
        slots: dict[Slot, Any],
        on_event: Callable[[Event], None] | None,
        cancellation: Cancellation | None,
    ) -> None:
        self._slots = slots
        self._on_event = on_event
        self._outer = cancellation
        self._inner = Cancellation()
        self._lock = threading.Lock()
        self._events: list[Event] = []

    def execute(self, steps: Sequence[Step]) -> RunReport:
        """Run steps and return what happened; all threads have ended by then.

        Raises:
            Cancelled: Somebody asked to stop.
            WiringError: A stage gave something else than it says.
            ClipkitError: A stage failed; the others were stopped.
        """
        waiting = list(steps)
        running: dict[Future[Any], Step] = {}
        first_error: BaseException | None = None
        with ThreadPoolExecutor(max(1, len(steps)), thread_name_prefix="clipkit") as threads:
            try:
                while waiting or running:
                    if self._outer is not None and self._outer.requested:
                        raise Cancelled
                    for step in [step for step in waiting if self._is_ready(step)]:
                        waiting.remove(step)
                        running[threads.submit(self._run, step)] = step
                    finished, _ = wait(running, timeout=_POLL_S, return_when=FIRST_COMPLETED)
                    for future in finished:
                        step = running.pop(future)
                        assert step.fills is not None
                        self._slots[step.fills] = future.result()
            except BaseException as error:
                first_error = error
                raise
            finally:
                if first_error is not None:
                    self._inner.cancel()
        return self._report(steps)

    def _is_ready(self, step: Step) -> bool:
        return all(slot in self._slots for _, slot in step.takes)

    def _run(self, step: Step) -> Any:
        arguments: dict[str, Any] = {name: self._slots[slot] for name, slot in step.takes}
        if step.monitor is not None:
            arguments[step.monitor] = Monitor(step.name, self._tell, self._inner)
        if self._inner.requested:
            raise Cancelled
        self._tell(StageStarted(step.name))
        _log.debug("%s starts", step.name)
        started = time.perf_counter()
        outcome = step.stage(**arguments)
        if not isinstance(outcome, step.gives):
            raise WiringError(
                f"{step.name} did not give what its annotation says",
                f"it gave {type(outcome).__name__}, not {step.gives.__name__}",
                "Check what it returns.",
            )
        wall_s = time.perf_counter() - started
        length_s = self._source_s(outcome)
        _log.debug("%s ends after %.2f s", step.name, wall_s)
        self._tell(
            StageFinished(
                stage=step.name,
                wall_s=wall_s,
                real_time_factor=wall_s / length_s if length_s > 0.0 else 0.0,
                peak_ram_bytes=peak_ram_bytes(),
                peak_vram_bytes=peak_vram_bytes(),
            )
        )
        return outcome

    def _source_s(self, outcome: Any) -> float:
        known = [*self._slots.values(), outcome]
        return next((item.duration_s for item in known if isinstance(item, MediaInfo)), 0.0)

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._events.append(event)
            if self._on_event is not None:
                self._on_event(event)

    def _report(self, steps: Sequence[Step]) -> RunReport:
        """Collect the events that are kept, in the order of the steps, whatever threads raced."""
        place = {step.name: index for index, step in enumerate(steps)}
        ordered = sorted(self._events, key=lambda event: place[event.stage])
        return RunReport(
            tuple(event for event in ordered if isinstance(event, Fallback)),
            tuple(event for event in ordered if isinstance(event, Notice)),
            tuple(event for event in ordered if isinstance(event, StageFinished)),
        )
