"""Work in threads, with its outcomes in order."""

import threading
import time
from collections.abc import Iterator

import pytest

from clipkit.engines.feeding import in_order
from clipkit.errors import Cancelled


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
