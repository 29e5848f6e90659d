"""Work on many things at a time, with the outcomes in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

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

    Items are taken as they are needed, so that only a few are in memory. What is in work when this
    ends early, by an error or because nobody wants more, is left to come to its end by itself: a
    call into a model cannot be broken off.

    Args:
        work: Done with each item, several at a time.
        items: May take their time to come.
        workers: Items worked on at a time.
        checkpoint: Called ten times a second while waiting; what it raises ends this.
    """
    threads = ThreadPoolExecutor(workers, thread_name_prefix="clipkit-engine")
    pending: deque[Future[_Outcome]] = deque()
    try:
        for item in items:
            checkpoint()
            pending.append(threads.submit(work, item))
            if len(pending) >= _AHEAD * workers:
                yield _outcome(pending.popleft(), checkpoint)
        while pending:
            yield _outcome(pending.popleft(), checkpoint)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def _outcome(future: "Future[_Outcome]", checkpoint: Callable[[], None]) -> _Outcome:
    checkpoint()
    while not wait([future], timeout=_LOOK_S).done:
        checkpoint()
    return future.result()
