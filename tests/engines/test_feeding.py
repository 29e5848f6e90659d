"""Work in threads, with its outcomes in order."""

import threading
import time
from collections.abc import Generator, Iterator

import pytest

from clipkit.engines.feeding import in_order
from clipkit.errors import Cancelled
from clipkit.types.growing import watched


def nothing() -> None:
    """Go on."""


def test_outcomes_come_in_order_whichever_is_done_first() -> None:
    def work(number: int) -> int:
        time.sleep(0.05 if number % 3 == 0 else 0.0)
        return number * number

    assert list(in_order(work, range(20), 4, nothing)) == [number**2 for number in range(20)]


def test_as_many_as_there_are_workers_are_worked_on_at_once() -> None:
    together = threading.Barrier(3)

    def work(_: int) -> int:
        return together.wait(timeout=20.0)

    assert sorted(in_order(work, range(3), 3, nothing)) == [0, 1, 2]


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    outcomes = in_order(lambda number: number, items(), 2, nothing)
    assert next(outcomes) == 0
    assert len(taken) <= 4


def test_an_error_of_the_work_ends_it() -> None:
    def work(number: int) -> int:
        if number == 2:
            raise KeyError(number)
        return number

    with pytest.raises(KeyError):
        list(in_order(work, range(9), 1, nothing))


def test_what_is_done_is_handed_on_while_the_next_is_still_to_come() -> None:
    has_one = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert has_one.wait(timeout=20.0), "it kept what was done"
        yield 2

    outcomes = in_order(lambda number: 10 * number, items(), 2, nothing)
    assert next(outcomes) == 10
    has_one.set()
    assert list(outcomes) == [20]


def test_what_failed_is_raised_while_the_next_is_still_to_come() -> None:
    is_told = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert is_told.wait(timeout=20.0), "it kept what had failed"
        yield 2

    def work(number: int) -> int:
        worked.append(number)
        raise KeyError(number)

    worked: list[int] = []
    with pytest.raises(KeyError, match="1"):
        next(in_order(work, items(), 2, nothing))
    is_told.set()
    _until_fed()
    assert worked == [1], "it went on with what nobody wants"


def test_what_the_items_raise_comes_behind_what_was_done() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    outcomes = in_order(lambda number: 10 * number, items(), 2, nothing)
    assert next(outcomes) == 10
    with pytest.raises(LookupError, match="no more"):
        next(outcomes)
    _until_fed()


def test_who_wants_no_more_leaves_no_thread_behind() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    outcomes = in_order(lambda number: number, items(), 1, nothing)
    assert isinstance(outcomes, Generator)
    assert next(outcomes) == 0
    outcomes.close()
    _until_fed()
    assert len(taken) <= 3


def test_the_time_without_anything_in_hand_is_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    now, waits = [100.0], threading.Event()
    monkeypatch.setattr("clipkit.types.growing.time.perf_counter", lambda: now[0])

    def items() -> Iterator[int]:
        assert waits.wait(timeout=20.0)
        now[0] = 107.0
        yield 1

    with watched() as watch:
        assert list(in_order(lambda number: number, items(), 1, waits.set)) == [1]
    assert watch.waited_s == 7.0


def _until_fed() -> None:
    for thread in threading.enumerate():
        if thread.name == "clipkit-engine-feed":
            thread.join(timeout=20.0)
            assert not thread.is_alive()


def test_a_run_that_is_stopped_does_not_wait_for_what_is_in_work() -> None:
    release, stopped = threading.Event(), threading.Event()

    def checkpoint() -> None:
        if stopped.is_set():
            raise Cancelled

    threading.Timer(0.2, stopped.set).start()
    started_s = time.monotonic()
    with pytest.raises(Cancelled):
        list(in_order(lambda _: release.wait(timeout=60.0), range(5), 2, checkpoint))
    assert time.monotonic() - started_s < 30.0, "it waited for work that goes on"
    release.set()
