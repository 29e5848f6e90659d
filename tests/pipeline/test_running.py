"""Stages that do not wait for each other run at once; a run ends whole, failed or cancelled.

No test looks at a clock: threads meet at barriers, and every wait has an end.
"""

import _thread
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clipkit.errors import Cancelled, EngineError, WiringError
from clipkit.pipeline.pipeline import Pipeline
from clipkit.types.events import (
    Cancellation,
    Event,
    Monitor,
    Notice,
    StageFinished,
    StageStarted,
)
from clipkit.types.media import MediaInfo

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Seed:
    """What the caller gives."""


@dataclass(frozen=True)
class Left:
    """Made of the seed."""


@dataclass(frozen=True)
class Right:
    """Made of the seed, beside left."""


@dataclass(frozen=True)
class Both:
    """Made of left and right."""


def join(left: Left, right: Right) -> Both:
    return Both()


def _pipeline(left: Callable[[Monitor], object], right: Callable[[Monitor], object]) -> Pipeline:
    """Return three stages, of which the first two do the given work."""

    def make_left(seed: Seed, monitor: Monitor) -> Left:
        left(monitor)
        return Left()

    def make_right(seed: Seed, monitor: Monitor) -> Right:
        right(monitor)
        return Right()

    return Pipeline((make_left, make_right, join), given=(Seed,))


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("clipkit")]


def _until_stopped(monitor: Monitor, entered: threading.Event | None = None) -> None:
    """Work that never ends by itself."""
    if entered is not None:
        entered.set()
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.01)):
        monitor.checkpoint()
        pause.wait(0.01)
    raise AssertionError("nobody stopped this stage")


def _nothing(monitor: Monitor) -> None:
    """Work that is done at once."""


def test_stages_that_do_not_wait_for_each_other_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=PATIENCE_S)
    pipeline = _pipeline(lambda monitor: meeting.wait(), lambda monitor: meeting.wait())
    made, _ = pipeline.run((Both,), (Seed(),))
    assert made[Both] == Both()
    assert not _threads()


def test_a_stage_starts_as_soon_as_its_own_needs_are_there() -> None:
    after_left = threading.Event()

    @dataclass(frozen=True)
    class OfLeft:
        pass

    def make_more(left: Left) -> OfLeft:
        after_left.set()
        return OfLeft()

    # Right ends only when what follows left has run: a run in waves would never get there.
    pipeline = _pipeline(_nothing, lambda monitor: _checked(after_left.wait(PATIENCE_S)))
    pipeline.then(make_more).run((Both, OfLeft), (Seed(),))


def _checked(came: bool) -> None:
    assert came, "what was waited for never came"


def test_events_arrive_one_at_a_time() -> None:
    meeting = threading.Barrier(2, timeout=PATIENCE_S)
    inside = threading.Lock()
    overlaps: list[Event] = []
    told: list[Event] = []

    def work(monitor: Monitor) -> None:
        for number in range(100):
            if number % 10 == 0:
                meeting.wait()
            monitor.notice("step", str(number))

    def listen(event: Event) -> None:
        if not inside.acquire(blocking=False):
            overlaps.append(event)
            return
        told.append(event)
        threading.Event().wait(0.0001)  # lets go of the interpreter
        inside.release()

    _pipeline(work, work).run((Both,), (Seed(),), listen)
    assert not overlaps
    for stage in ("make_left", "make_right"):
        said = [e.message for e in told if isinstance(e, Notice) and e.stage == stage]
        assert said == [str(number) for number in range(100)]


def test_events_come_in_a_sane_order() -> None:
    told: list[Event] = []
    work = lambda monitor: monitor.notice("found", "something")  # noqa: E731
    _pipeline(work, work).run((Both,), (Seed(),), told.append)
    for stage in ("make_left", "make_right"):
        kinds = [type(event) for event in told if event.stage == stage]
        assert kinds == [StageStarted, Notice, StageFinished]
    assert [type(event) for event in told if event.stage == "join"] == [StageStarted, StageFinished]
    assert [event.stage for event in told[-2:]] == ["join", "join"]


def test_the_report_is_in_the_order_of_the_stages_whatever_the_threads_do() -> None:
    orders = []
    for late in ("left", "right"):
        other_is_done = threading.Event()

        def slow(monitor: Monitor, gate: threading.Event = other_is_done) -> None:
            _checked(gate.wait(PATIENCE_S))
            monitor.notice("n", monitor.stage)
            monitor.fallback("a", "b", monitor.stage)

        def quick(monitor: Monitor) -> None:
            monitor.notice("n", monitor.stage)
            monitor.fallback("a", "b", monitor.stage)

        def listen(event: Event, gate: threading.Event = other_is_done) -> None:
            if isinstance(event, StageFinished):
                gate.set()

        works = (slow, quick) if late == "left" else (quick, slow)
        _, report = _pipeline(*works).run((Both,), (Seed(),), listen)
        orders.append(
            (
                [item.reason for item in report.fallbacks],
                [item.message for item in report.notices],
                [item.stage for item in report.timings],
            )
        )
    stages = ["make_left", "make_right"]
    assert orders == [(stages, stages, [*stages, "join"])] * 2


def test_a_failing_stage_stops_the_others_and_its_error_is_raised() -> None:
    entered = threading.Event()
    stopped: list[BaseException] = []
    boom = EngineError("cannot run", "it is broken", "Use another.")

    def fail(monitor: Monitor) -> None:
        _checked(entered.wait(PATIENCE_S))
        raise boom

    def work(monitor: Monitor) -> None:
        try:
            _until_stopped(monitor, entered)
        except BaseException as error:
            stopped.append(error)
            raise

    told: list[Event] = []
    with pytest.raises(EngineError) as caught:
        _pipeline(fail, work).run((Both,), (Seed(),), told.append)
    assert caught.value is boom
    assert [type(error) for error in stopped] == [Cancelled]
    assert not any(isinstance(event, StageFinished) for event in told)
    assert not any(event.stage == "join" for event in told)
    assert not _threads()


@pytest.mark.parametrize("kind", [ZeroDivisionError, queue.Empty])
def test_any_error_of_a_stage_comes_out_unchanged(kind: type[Exception]) -> None:
    def fail(monitor: Monitor) -> None:
        raise kind("a bug in a stage of the caller's")

    with pytest.raises(kind, match="a bug"):
        _pipeline(fail, _nothing).run((Both,), (Seed(),))
    assert not _threads()


def test_cancelling_from_another_thread_ends_the_run_and_leaves_no_thread() -> None:
    cancellation = Cancellation()
    entered = threading.Event()

    def cancel() -> None:
        entered.wait(PATIENCE_S)
        cancellation.cancel()

    canceller = threading.Thread(target=cancel, daemon=True)
    canceller.start()
    with pytest.raises(Cancelled):
        _pipeline(lambda monitor: _until_stopped(monitor, entered), _nothing).run(
            (Both,), (Seed(),), None, cancellation
        )
    assert not _threads()
    canceller.join(PATIENCE_S)


def test_a_run_that_was_cancelled_before_it_began_starts_nothing() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    told: list[Event] = []
    with pytest.raises(Cancelled):
        _pipeline(_nothing, _nothing).run((Both,), (Seed(),), told.append, cancellation)
    assert told == []
    assert not _threads()


def test_a_failed_run_does_not_cancel_what_the_caller_holds() -> None:
    def fail(monitor: Monitor) -> None:
        raise EngineError("cannot run", "it is broken")

    cancellation = Cancellation()
    with pytest.raises(EngineError):
        _pipeline(fail, _nothing).run((Both,), (Seed(),), None, cancellation)
    assert not cancellation.requested
    _pipeline(_nothing, _nothing).run((Both,), (Seed(),), None, cancellation)


@pytest.mark.usefixtures("heard_interrupts")
def test_an_interrupt_from_the_keyboard_stops_the_stages() -> None:
    def interrupt(monitor: Monitor) -> None:
        threading.Event().wait(0.2)  # as a hand would: long after the threads were started
        _thread.interrupt_main()
        _until_stopped(monitor)

    with pytest.raises(KeyboardInterrupt):
        _pipeline(interrupt, _until_stopped).run((Both,), (Seed(),))
    assert not _threads()


@pytest.mark.parametrize("kind", [StageStarted, Notice, StageFinished])
def test_a_listener_that_raises_ends_the_run_with_its_error(kind: type) -> None:
    def listen(event: Event) -> None:
        if isinstance(event, kind) and event.stage == "make_left":
            raise ZeroDivisionError("the listener is broken")

    work = lambda monitor: monitor.notice("n", "m")  # noqa: E731
    with pytest.raises(ZeroDivisionError, match="the listener"):
        _pipeline(work, _until_stopped).run((Both,), (Seed(),), listen)
    assert not _threads()


def test_a_listener_may_cancel() -> None:
    cancellation = Cancellation()

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            cancellation.cancel()

    def work(monitor: Monitor) -> None:
        monitor.notice("n", "m")
        _until_stopped(monitor)

    with pytest.raises(Cancelled):
        _pipeline(work, _nothing).run((Both,), (Seed(),), listen, cancellation)


def test_a_stage_that_gives_something_else_than_it_says_is_named() -> None:
    def forgetful(left: Left) -> Right:
        return None  # type: ignore[return-value]

    def make_left(seed: Seed) -> Left:
        return Left()

    with pytest.raises(WiringError, match=r"forgetful.*NoneType.*Right"):
        Pipeline((make_left, forgetful, join), given=(Seed,)).run((Both,), (Seed(),))


def test_a_stage_may_give_a_subclass() -> None:
    class OddLeft(Left):
        pass

    def make_left(seed: Seed) -> Left:
        return OddLeft()

    made, _ = Pipeline((make_left,), given=(Seed,)).run((Left,), (Seed(),))
    assert isinstance(made[Left], OddLeft)


def test_pipelines_may_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=PATIENCE_S)
    pipeline = _pipeline(lambda monitor: meeting.wait(), _nothing)
    outcomes: list[Any] = []

    def run() -> None:
        outcomes.append(pipeline.run((Both,), (Seed(),))[0][Both])

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert outcomes == [Both(), Both()]


def test_a_run_of_nothing_is_an_empty_report() -> None:
    made, report = _pipeline(_nothing, _nothing).run((Both,), (Both(),))
    assert made == {Both: Both()}
    assert (report.fallbacks, report.notices, report.timings) == ((), (), ())


def test_timings_tell_the_cost_of_each_stage() -> None:
    _, report = _pipeline(_nothing, _nothing).run((Both,), (Seed(),))
    for timing in report.timings:
        assert timing.wall_s >= 0.0
        assert timing.real_time_factor == 0.0, "there is no media in this run"
        assert timing.peak_ram_bytes > 1_000_000


def test_real_time_is_measured_against_the_length_of_the_source() -> None:
    info = MediaInfo(Path("talk.mp4"), "ab" * 32, "mp4", 100.0, 0.0, None, None)

    def probe(seed: Seed) -> MediaInfo:
        return info

    def make_left(info: MediaInfo) -> Left:
        return Left()

    _, report = Pipeline((probe, make_left), given=(Seed,)).run((Left,), (Seed(),))
    for timing in report.timings:
        assert timing.real_time_factor == pytest.approx(timing.wall_s / 100.0)
