"""What is handed on while it grows."""

import threading
from collections.abc import Iterator

import pytest

from clipkit.types.growing import GrowingSequence, Growth, waiting, watched


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Set what time it is: the list's one number."""
    now = [100.0]
    monkeypatch.setattr("clipkit.types.growing.time.perf_counter", lambda: now[0])
    return now


def grown(items: Iterator[int], sequence: GrowingSequence[int]) -> threading.Thread:
    thread = threading.Thread(target=lambda: sequence.fill(lambda: items), daemon=True)
    thread.start()
    return thread


def test_items_are_read_as_they_come() -> None:
    read: list[int] = []
    go_on = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number, event in enumerate(go_on):
            yield number
            assert event.wait(timeout=20.0), "nobody read what was there"

    sequence = GrowingSequence[int]()
    thread = grown(items(), sequence)
    assert sequence, "there is a first"
    for item in sequence:
        read.append(item)
        go_on[item].set()
    thread.join()
    assert read == [0, 1, 2]
    assert (len(sequence), sequence[-1], sequence[0:2], list(sequence)) == (3, 2, [0, 1], [0, 1, 2])


def test_nothing_is_known_to_be_nothing_at_the_end() -> None:
    sequence = GrowingSequence[int]()
    assert sequence.fill(tuple) == ()
    assert not sequence
    assert list(sequence) == []
    with pytest.raises(IndexError):
        sequence[0]


def test_what_goes_wrong_is_raised_to_who_waits() -> None:
    failure = KeyError("gone")

    def items() -> Iterator[int]:
        yield 1
        raise failure

    sequence = GrowingSequence[int]()
    with pytest.raises(KeyError):
        sequence.fill(items)
    with pytest.raises(KeyError, match="gone"):
        list(sequence)
    with pytest.raises(KeyError, match="gone"):
        len(sequence)


def test_it_ends_once() -> None:
    growth = Growth()
    growth.reach(3)
    growth.end()
    growth.end(KeyError("late"))
    assert growth.wait() == 3


def test_what_is_made_to_grow_is_watched_while_it_has_not_ended() -> None:
    before = Growth()
    with watched() as watch:
        assert not watch.is_growing, f"{before} is nobody's"
        one, other = Growth(), Growth()
        one.end()
        assert watch.is_growing
        with watched() as inner:
            third = Growth()
            assert inner.is_growing
            third.end()
        other.end()
        assert not watch.is_growing


def test_what_goes_wrong_ends_what_has_not_ended() -> None:
    made: list[Growth] = []
    with pytest.raises(KeyError), watched():
        made += [Growth(), Growth()]
        made[0].end()
        raise KeyError("gone")
    assert made[0].wait() == 0
    with pytest.raises(KeyError, match="gone"):
        made[1].wait(1)


def test_what_a_thread_waits_is_counted_for_it_alone(clock: list[float]) -> None:
    growth, has_begun = Growth(), threading.Event()
    waits: list[float] = []

    def read() -> None:
        with watched() as watch:
            clock[0] = 103.0
            has_begun.set()
            growth.wait(1)
            waits.append(watch.waited_s)

    thread = threading.Thread(target=read, daemon=True)
    with watched() as own:
        thread.start()
        assert has_begun.wait(timeout=20.0)
        while not growth._changed._waiters:  # type: ignore[attr-defined]
            threading.Event().wait(0.001)
        clock[0] = 110.0
        growth.reach(1)
        thread.join()
        assert (own.waited_s, waits) == (0.0, [7.0])
        with waiting():
            clock[0] = 112.0
        clock[0] = 120.0
    assert own.waited_s == 2.0
    with waiting():
        clock[0] = 130.0  # by nobody: nothing is watched
    assert own.waited_s == 2.0
