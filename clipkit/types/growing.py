"""What is handed on while it grows: who reads it waits for as much as it asks for."""

import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, overload

_Item = TypeVar("_Item")


class Watch:
    """What is made to grow in a thread, and how long it waits, as ``watched`` sees it."""

    def __init__(self) -> None:
        self.waited_s = 0.0
        """For how long the thread has waited for what others let grow."""

        # Weak: what nobody holds any more, nobody waits for.
        self._growths: weakref.WeakSet[Growth] = weakref.WeakSet()

    def add(self, growth: "Growth") -> None:
        """Watch one more."""
        self._growths.add(growth)

    @property
    def is_growing(self) -> bool:
        """Whether something of it has not ended."""
        return any(not growth.has_ended for growth in self._growths)

    def end(self, error: BaseException) -> None:
        """End what has not, with an error for all who wait."""
        for growth in self._growths:
            growth.end(error)


_threads = threading.local()
"""``watch``: what watches a thread."""


@contextmanager
def waiting() -> Iterator[None]:
    """Count the time in the block as waited, by whatever watches this thread."""
    watch: Watch | None = getattr(_threads, "watch", None)
    started = time.perf_counter()
    try:
        yield
    finally:
        if watch is not None:
            watch.waited_s += time.perf_counter() - started


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch what is made to grow in the block, by this thread, and how long it waits.

    What goes wrong in the block ends what has not ended, so that nobody waits for it forever.
    """
    before, _threads.watch = getattr(_threads, "watch", None), Watch()
    try:
        yield _threads.watch
    except BaseException as error:
        _threads.watch.end(error)
        raise
    finally:
        _threads.watch = before


class Growth:
    """How far something has grown; one thread lets it grow, others wait.

    It ends once: with all that it will have, or with an error.

    Args:
        clear: Called when it ends with an error, wherever that is raised; frees what was there.
    """

    def __init__(self, clear: Callable[[], None] = lambda: None) -> None:
        self._clear = clear
        self._changed = threading.Condition()
        self._size = 0
        self.has_ended = False
        self._error: BaseException | None = None
        watch: Watch | None = getattr(_threads, "watch", None)
        if watch is not None:
            watch.add(self)

    @contextmanager
    def growing(self) -> Iterator[None]:
        """Let it grow in the block; what goes wrong there is raised to all who wait as well."""
        try:
            yield
        except BaseException as error:
            self.end(error)
            raise
        self.end()

    def reach(self, size: int) -> None:
        """Say that it has grown to a size."""
        with self._changed:
            self._size = size
            self._changed.notify_all()

    def wait(self, size: int | None = None) -> int:
        """Wait until it has a size, or all that it will have; return the size it has.

        Args:
            size: None: all.

        Raises:
            BaseException: What went wrong where it grows.
        """
        with waiting(), self._changed:
            self._changed.wait_for(
                lambda: self.has_ended or (size is not None and self._size >= size)
            )
            if self._error is not None:
                raise self._error
            return self._size

    def end(self, error: BaseException | None = None) -> None:
        """Say that it grows no more; what has ended stays as it is.

        Args:
            error: What went wrong, for all who wait or ask later.
        """
        with self._changed:
            if self.has_ended:
                return
            self.has_ended, self._error = True, error
            self._changed.notify_all()
        if error is not None:
            self._clear()


class GrowingSequence(Sequence[_Item]):
    """A sequence that one thread adds to; others go through it as it grows, or wait for its end.

    Its length, slices and items counted from the end wait for the end.
    """

    def __init__(self) -> None:
        self._items: list[_Item] = []
        self._growth = Growth()

    def fill(self, items: Callable[[], Iterable[_Item]]) -> tuple[_Item, ...]:
        """Add items as they come, and return them all.

        Args:
            items: Called for them; what goes wrong in the call is told to all who wait, too.
        """
        with self._growth.growing():
            for item in items():
                self._items.append(item)
                self._growth.reach(len(self._items))
        return tuple(self._items)

    def __len__(self) -> int:
        return self._growth.wait()

    def __bool__(self) -> bool:
        return self._growth.wait(1) > 0

    def __iter__(self) -> Iterator[_Item]:
        place = 0
        while self._growth.wait(place + 1) > place:
            yield self._items[place]
            place += 1

    @overload
    def __getitem__(self, place: int) -> _Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[_Item]: ...
    def __getitem__(self, place: int | slice) -> _Item | list[_Item]:
        self._growth.wait(place + 1 if isinstance(place, int) and place >= 0 else None)
        return self._items[place]
