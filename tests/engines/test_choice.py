"""Which engine runs, and for one caller at a time."""

import pickle
import threading

import pytest

from clipkit.engines.choice import exclusive, first_ready
from clipkit.errors import EngineError, MissingExtra
from clipkit.testing import BrokenRecogniser, ScriptedRecogniser
from clipkit.types.events import Event, Fallback, Monitor


class Missing(ScriptedRecogniser):
    """Lacks its package."""

    def warm_up(self, monitor: Monitor) -> None:
        raise MissingExtra("cannot run the other", "no package", "Run: pip install other")


class Buggy(ScriptedRecogniser):
    """Has a defect, which is no reason to pass it over."""

    def warm_up(self, monitor: Monitor) -> None:
        raise ZeroDivisionError


def test_the_first_that_warms_up_runs(monitor: Monitor, events: list[Event]) -> None:
    first, second = ScriptedRecogniser("first"), ScriptedRecogniser("second")
    assert first_ready([first, second], monitor) is first
    assert (first.warmed_up, second.warmed_up) == (1, 0)
    assert events == []


def test_each_engine_passed_over_is_told_in_order(monitor: Monitor, events: list[Event]) -> None:
    last = ScriptedRecogniser("last")
    assert first_ready([BrokenRecogniser(), Missing("other"), last], monitor) is last
    assert events == [
        Fallback("test", "broken", "last", "cannot run the broken recogniser: it is broken"),
        Fallback("test", "other", "last", "cannot run the other: no package"),
    ]


def test_nothing_is_called_a_fallback_where_nothing_runs(
    monitor: Monitor, events: list[Event]
) -> None:
    with pytest.raises(EngineError) as caught:
        first_ready([BrokenRecogniser(), Missing("other")], monitor)
    message = str(caught.value)
    for part in ("broken: it is broken", "other: no package", "Use another.", "pip install other"):
        assert part in message
    assert isinstance(caught.value.__cause__, EngineError)
    assert events == []


def test_a_lone_engine_fails_with_its_own_error(monitor: Monitor) -> None:
    with pytest.raises(MissingExtra, match="no package"):
        first_ready([Missing("other")], monitor)


def test_a_defect_is_not_passed_over(monitor: Monitor) -> None:
    with pytest.raises(ZeroDivisionError):
        first_ready([Buggy("buggy"), ScriptedRecogniser()], monitor)


def test_an_engine_works_for_one_thread_at_a_time() -> None:
    engine = ScriptedRecogniser()
    tried, entered = threading.Event(), threading.Event()

    def other() -> None:
        tried.set()
        with exclusive(engine):
            entered.set()

    thread = threading.Thread(target=other)
    with exclusive(engine):
        thread.start()
        assert tried.wait(10.0)
        assert not entered.wait(0.2)
    assert entered.wait(10.0)
    thread.join()


def test_two_engines_work_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10.0)
    met: list[int] = []

    def work(engine: ScriptedRecogniser) -> None:
        with exclusive(engine):
            met.append(meeting.wait())

    threads = [threading.Thread(target=work, args=(ScriptedRecogniser(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(met) == [0, 1]


def test_a_thread_may_enter_twice_and_an_error_lets_go() -> None:
    engine = ScriptedRecogniser()
    with pytest.raises(ZeroDivisionError), exclusive(engine), exclusive(engine):
        raise ZeroDivisionError
    entered = threading.Event()

    def other() -> None:
        with exclusive(engine):
            entered.set()

    thread = threading.Thread(target=other)
    thread.start()
    assert entered.wait(10.0)
    thread.join()


def test_an_engine_in_use_can_still_be_pickled() -> None:
    engine = ScriptedRecogniser("mine")
    with exclusive(engine):
        assert pickle.loads(pickle.dumps(engine)).name == "mine"
