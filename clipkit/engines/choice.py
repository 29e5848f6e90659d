"""Which engine runs, and that it runs for one caller at a time."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from weakref import WeakKeyDictionary

from clipkit.engines.protocols import Engine
from clipkit.errors import EngineError, OptionError
from clipkit.types.events import Monitor

_AnyEngine = TypeVar("_AnyEngine", bound=Engine)

_LOCKS: WeakKeyDictionary[Engine, threading.RLock] = WeakKeyDictionary()
"""Kept here, not in the engines: a lock would keep them from being pickled."""

_LOCKS_LOCK = threading.Lock()


@contextmanager
def exclusive(engine: Engine) -> Iterator[None]:
    """Keep every other thread from the engine during the block."""
    with _LOCKS_LOCK:
        lock = _LOCKS.setdefault(engine, threading.RLock())
    with lock:
        yield


def first_ready(engines: Sequence[_AnyEngine], monitor: Monitor) -> _AnyEngine:
    """Return the first engine that warms up; each one passed over is reported as a fallback.

    Raises:
        OptionError: There are none.
        EngineError: None does; the first one's error, with the others' in its cause.
    """
    if not engines:
        raise OptionError(f"cannot run {monitor.stage}", "it was given no engine", "Name one.")
    failures: list[tuple[_AnyEngine, EngineError]] = []
    for engine in engines:
        try:
            with exclusive(engine):
                engine.warm_up(monitor)
        except EngineError as error:
            failures.append((engine, error))
            continue
        for passed_over, failure in failures:
            reason = f"{failure.asked}: {failure.found}"
            monitor.fallback(passed_over.name, engine.name, reason)
        return engine
    reasons = "; ".join(f"{engine.name}: {error.found}" for engine, error in failures)
    remedy = " ".join(dict.fromkeys(error.remedy for _, error in failures if error.remedy))
    if len(failures) == 1:
        raise failures[0][1]
    raise EngineError("no engine can run", reasons, remedy) from failures[0][1]
