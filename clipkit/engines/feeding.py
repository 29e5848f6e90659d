"""Work on many things at a time, with the outcomes in order."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from clipkit.types.growing import waiting

_Item = TypeVar("_Item")
_Outcome = TypeVar("_Outcome")

_LOOK_S = 0.1
"""Between two looks whether to go on."""

_AHEAD = 2
"""Items in hand for each worker: one that is worked on, and one that waits for it."""


def in_order(
    work: Callable[[_Item], _Outcome],
    items: Iterable[_Item],
    workers: int,
    checkpoint: Callable[[], None],
) -> Iterator[_Outcome]:
    """Work on items in threads, and yield what comes of them in the order of the items.

    Items are taken as they are needed, in a thread of their own, so that only a few are in memory
    and what is done is handed on, and what failed raised, while the next is still to come. The time
    in which nothing is in hand counts as waited.

    What is in work when this ends early, by an error or because nobody wants more, is left to come
    to its end by itself: a call into a model cannot be broken off. So is the item that is waited
    for; no other is taken.

    Args:
        work: Done with each item, several at a time.
        items: May take their time to come; what they raise is raised behind the outcomes of those
            before.
        workers: Items worked on at a time.
        checkpoint: Called ten times a second while waiting; what it raises ends this.
    """
    threads = ThreadPoolExecutor(workers, thread_name_prefix="clipkit-engine")
    handed: queue.SimpleQueue[Future[_Outcome] | None] = queue.SimpleQueue()
    room, is_over = threading.Semaphore(_AHEAD * workers), threading.Event()

    def places() -> Iterator[None]:
        while room.acquire() and not is_over.is_set():
            yield

    def feed() -> None:
        try:
            for _, item in zip(places(), items, strict=False):
                handed.put(threads.submit(work, item))
        except BaseException as error:
            handed.put(_failed(error))
        handed.put(None)

    # A daemon: an item that never comes is to keep no program from its end.
    threading.Thread(target=feed, name="clipkit-engine-feed", daemon=True).start()
    try:
        while (future := _next_of(handed, checkpoint)) is not None:
            yield _outcome(future, checkpoint)
            room.release()
    finally:
        is_over.set()
        room.release()
        threads.shutdown(wait=False, cancel_futures=True)


def _failed(error: BaseException) -> "Future[_Outcome]":
    future: Future[_Outcome] = Future()
    future.set_exception(error)
    return future


def _next_of(
    handed: "queue.SimpleQueue[Future[_Outcome] | None]", checkpoint: Callable[[], None]
) -> "Future[_Outcome] | None":
    with waiting():
        while True:
            checkpoint()
            try:
                return handed.get(timeout=_LOOK_S)
            except queue.Empty:
                pass


def _outcome(future: "Future[_Outcome]", checkpoint: Callable[[], None]) -> _Outcome:
    checkpoint()
    while not wait([future], timeout=_LOOK_S).done:
        checkpoint()
    return future.result()
