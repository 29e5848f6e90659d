"""The line from a stage to its run."""

from pathlib import Path

import pytest

from clipkit.errors import Cancelled
from clipkit.types.events import (
    Cancellation,
    ClipReady,
    Event,
    Fallback,
    Monitor,
    Notice,
    Progress,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Set the monitor's clock: the list's one number."""
    now = [100.0]
    monkeypatch.setattr("clipkit.types.events.time.monotonic", lambda: now[0])
    return now


def test_progress_is_told_ten_times_a_second_at_most(clock: list[float]) -> None:
    told: list[Event] = []
    monitor = Monitor("decode", told.append)
    for step in range(300):  # three seconds
        clock[0] = 100.0 + step / 100
        monitor.progress(step, 1000.0)
    assert 25 <= len(told) <= 30


def test_the_first_and_the_last_progress_are_always_told(clock: list[float]) -> None:
    told: list[Event] = []
    monitor = Monitor("encode", told.append)
    monitor.progress(0, 3, "clips")
    monitor.progress(1, 3, "clips")
    monitor.progress(3, 3, "clips")
    assert told == [Progress("encode", 0, 3, "clips"), Progress("encode", 3, 3, "clips")]


def test_progress_never_passes_its_total() -> None:
    told: list[Event] = []
    Monitor("decode", told.append).progress(12.5, 10.0)
    assert told == [Progress("decode", 10.0, 10.0, "s")]


@pytest.mark.parametrize("total", [0.0, -1.0])
def test_progress_towards_nothing_is_not_told(total: float) -> None:
    told: list[Event] = []
    Monitor("decode", told.append).progress(0.0, total)
    assert not told


def test_the_throttle_holds_back_progress_alone(clock: list[float]) -> None:
    told: list[Event] = []
    monitor = Monitor("decode", told.append)
    monitor.progress(0.0, 10.0)
    monitor.notice("truncated", "it ends early")
    monitor.fallback("NVENC", "x264", "there is no device")
    monitor.clip_ready("a1", Path("a1.mp4"))
    assert told[1:] == [
        Notice("decode", "truncated", "it ends early"),
        Fallback("decode", "NVENC", "x264", "there is no device"),
        ClipReady("decode", "a1", Path("a1.mp4")),
    ]


def test_a_checkpoint_raises_once_the_run_is_cancelled() -> None:
    cancellation = Cancellation()
    monitor = Monitor("decode", None, cancellation)
    monitor.checkpoint()
    assert not cancellation.requested
    cancellation.cancel()
    assert cancellation.requested
    with pytest.raises(Cancelled):
        monitor.checkpoint()


def test_progress_is_a_checkpoint_even_while_it_is_held_back(clock: list[float]) -> None:
    told: list[Event] = []
    cancellation = Cancellation()
    monitor = Monitor("decode", told.append, cancellation)
    monitor.progress(0.0, 10.0)
    cancellation.cancel()
    with pytest.raises(Cancelled):
        monitor.progress(0.1, 10.0)
    assert len(told) == 1


def test_a_silent_line_tells_nothing_but_still_stops() -> None:
    told: list[Event] = []
    cancellation = Cancellation()
    silent = Monitor("decode", told.append, cancellation).silent()
    silent.progress(1.0, 1.0)
    silent.notice("a", "b")
    assert not told
    cancellation.cancel()
    with pytest.raises(Cancelled):
        silent.checkpoint()


def test_a_line_to_nobody_is_fine() -> None:
    monitor = Monitor("decode")
    monitor.progress(1.0, 1.0)
    monitor.checkpoint()


def test_cancelling_twice_is_cancelling() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    cancellation.cancel()
    assert cancellation.requested
