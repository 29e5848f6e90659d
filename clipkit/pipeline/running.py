"""Running steps: those that don't wait for each other run at the same time.

A step whose outcome grows hands it on before it is whole; those that need it start then, and wait
within it for as much as they ask for.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from clipkit.errors import Cancelled, WiringError
from clipkit.pipeline.keys import TELLS_ITSELF
from clipkit.pipeline.measuring import peak_ram_bytes, peak_vram_bytes
from clipkit.pipeline.store_keeping import Keeping
from clipkit.pipeline.wiring import Slot, Step, Wiring
from clipkit.types.events import (
    Cancellation,
    Event,
    Fallback,
    Monitor,
    Notice,
    StageFinished,
    StageStarted,
)
from clipkit.types.growing import watched
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
        keeping: Keeps what steps make and knows what was kept; None: nothing is.
    """

    def __init__(
        self,
        slots: dict[Slot, Any],
        on_event: Callable[[Event], None] | None,
        cancellation: Cancellation | None,
        keeping: Keeping | None = None,
    ) -> None:
        self._slots = slots
        self._keeping = keeping
        self._on_event = on_event
        self._outer = cancellation
        self._inner = Cancellation()
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._whole: dict[Slot, threading.Event] = {}
        """Set when the step that fills a slot has ended."""

        if keeping is not None:
            keeping.tell_to(self._tell, cancellation)

    def reach(self, wanted: Collection[type], wiring: Wiring) -> RunReport:
        """Make what is wanted, or find it kept, and return what happened.

        Raises:
            Cancelled: Somebody asked to stop.
            WiringError: There is no way, or a stage gave something else than it says.
            ClipkitError: A stage failed; the others were stopped.
        """
        have = {slot.artefact for slot in self._slots}
        steps = wiring.steps_towards(wanted, have)
        if self._keeping is not None:
            # What tells itself by its content has to be there for the keys of all that follows.
            first = {step.gives for step in steps} & TELLS_ITSELF
            known = wiring.steps_towards(first, have)
            self.execute(known)
            steps = wiring.steps_towards(wanted, have | first, self._is_there)
            self._keeping.retell([*known, *steps])
        self.execute(steps)
        return self._report(wiring.steps)

    def execute(self, steps: Sequence[Step]) -> None:
        """Run steps; the threads of the stages have ended by the time this returns.

        Where a run fails or is stopped, engines may still have threads that are inside a call into
        a model, which nobody can break off; each ends with its call, and what it gives is lost.

        Raises:
            Cancelled: Somebody asked to stop.
            WiringError: A stage gave something else than it says.
            ClipkitError: A stage failed; the others were stopped.
        """
        waiting = list(steps)
        self._whole |= {step.fills: threading.Event() for step in steps if step.fills is not None}
        running = 0
        news: queue.SimpleQueue[_News] = queue.SimpleQueue()
        has_failed = True
        with ThreadPoolExecutor(max(1, len(steps)), thread_name_prefix="clipkit") as threads:
            try:
                while waiting or running:
                    if self._outer is not None and self._outer.requested:
                        raise Cancelled
                    for step in [step for step in waiting if self._is_ready(step)]:
                        waiting.remove(step)
                        threads.submit(self._run_and_tell, step, news)
                        running += 1
                    told = _next_of(news)
                    if told is not None:
                        running -= told.has_ended
                        self._put(told)
                has_failed = False
            finally:
                # It may hold the error, which holds this frame: a circle, and sound and pictures
                # in it would stay until somebody looks for circles.
                told = None
                if has_failed:
                    self._inner.cancel()

    def _put(self, told: "_News") -> None:
        if told.error is not None:
            try:
                raise told.error
            finally:
                del told  # as in ``execute``
        assert told.step.fills is not None
        self._slots[told.step.fills] = told.outcome

    def _run_and_tell(self, step: Step, news: "queue.SimpleQueue[_News]") -> None:
        """Run a step in its thread; what comes of it, and what goes wrong, is news."""
        try:
            outcome = self._run(step, lambda early: news.put(_News(step, early)))
        except BaseException as error:
            news.put(_News(step, error=error, has_ended=True))
        else:
            assert step.fills is not None
            self._whole[step.fills].set()
            news.put(_News(step, outcome, has_ended=True))

    def _is_there(self, slot: Slot) -> bool:
        """Tell whether a slot is filled, after trying to fill it with what was kept."""
        if slot in self._slots:
            return True
        return self._keeping is not None and self._keeping.restore(slot)

    def _is_ready(self, step: Step) -> bool:
        return all(slot in self._slots for _, slot in step.takes)

    def _run(self, step: Step, hand_on: Callable[[Any], None]) -> Any:
        """Run a step and return what remains of it; what it yields before is handed on."""
        arguments: dict[str, Any] = {name: self._slots[slot] for name, slot in step.takes}
        told: list[Event] = []

        def hear(event: Event) -> None:
            told.append(event)
            self._tell(event)

        if step.monitor is not None:
            arguments[step.monitor] = Monitor(step.name, hear, self._inner)
        if self._inner.requested:
            raise Cancelled
        self._tell(StageStarted(step.name))
        _log.debug("%s starts", step.name)
        started = time.perf_counter()
        outcome, waited_s = _last_of(step, arguments, hand_on)
        wall_s = time.perf_counter() - started
        length_s = self._source_s(outcome)
        _log.debug("%s ends after %.2f s, of which it waited %.2f s", step.name, wall_s, waited_s)
        self._tell(
            StageFinished(
                stage=step.name,
                wall_s=wall_s,
                real_time_factor=(wall_s - waited_s) / length_s if length_s > 0.0 else 0.0,
                peak_ram_bytes=peak_ram_bytes(),
                peak_vram_bytes=peak_vram_bytes(),
                waited_s=waited_s,
            )
        )
        if self._keeping is not None:
            self._await_whole(step)
            self._keeping.learn(step, outcome, told)
        return outcome

    def _await_whole(self, step: Step) -> None:
        """Wait until all that a step has taken is whole: what came of it hangs on all of it."""
        for _, slot in step.takes:
            while slot in self._whole and not self._whole[slot].wait(_POLL_S):
                if self._inner.requested:
                    raise Cancelled

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
        # A kept notice may be of a stage that goes by another name in this pipeline.
        ordered = sorted(self._events, key=lambda event: place.get(event.stage, len(place)))
        return RunReport(
            tuple(event for event in ordered if isinstance(event, Fallback)),
            tuple(event for event in ordered if isinstance(event, Notice)),
            tuple(event for event in ordered if isinstance(event, StageFinished)),
        )


@dataclass(frozen=True, slots=True)
class _News:
    """What the thread of a step tells."""

    step: Step
    outcome: Any = None
    error: BaseException | None = None
    has_ended: bool = False


def _next_of(news: "queue.SimpleQueue[_News]") -> _News | None:
    """Wait a moment for news."""
    try:
        return news.get(timeout=_POLL_S)
    except queue.Empty:
        return None


def _last_of(
    step: Step, arguments: dict[str, Any], hand_on: Callable[[Any], None]
) -> tuple[Any, float]:
    """Call a stage, and hand on what it yields first.

    Returns:
        What it gives last, which is whole, and how many seconds it waited for what it reads.
    """
    outcome = None
    with watched() as watch:
        for number, outcome in enumerate(_outcomes(step, arguments)):
            _check(step, outcome)
            if step.is_growing and number == 0:
                hand_on(outcome)
        _check(step, outcome)
        if watch.is_growing:
            raise WiringError(
                f"{step.name} did not finish what it gives",
                "it ended, and what it had made to grow had not",
                "Fill what grows, whatever happens, before the stage ends.",
            )
    return outcome, watch.waited_s


def _outcomes(step: Step, arguments: dict[str, Any]) -> Iterator[Any]:
    outcome = step.stage(**arguments)
    if step.is_growing and isinstance(outcome, Iterator):
        yield from outcome
    else:
        yield outcome


def _check(step: Step, outcome: Any) -> None:
    if not isinstance(outcome, step.gives):
        raise WiringError(
            f"{step.name} did not give what its annotation says",
            f"it gave {type(outcome).__name__}, not {step.gives.__name__}",
            "Check what it returns.",
        )
