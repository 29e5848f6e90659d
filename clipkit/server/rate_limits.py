"""How many requests a team may make a minute, and what each answer says of it."""

import math
import threading
from dataclasses import dataclass

_WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a team after a request."""

    limit: int
    """Requests a minute."""

    remaining: int
    """Requests left in this minute."""

    reset_s: int
    """Unix seconds at which the next minute begins."""

    retry_after_s: int | None
    """Seconds to wait; None where the request may pass."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers that every answer carries."""
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }
        if self.retry_after_s is not None:
            told["Retry-After"] = str(self.retry_after_s)
        return told


class RateLimiter:
    """Counts the requests of each team within whole minutes, in this process.

    Args:
        limit: Requests a minute.
    """

    def __init__(self, limit: int = 60) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def look(self, now_s: float, whom: str | None = None) -> Allowance:
        """Return what is left to somebody before a request; nothing is counted.

        Args:
            now_s: Unix seconds.
            whom: Who would ask; None: one who has not asked yet in this minute.
        """
        window, used = self._used(whom, now_s)
        return self._allowance(window, used, used < self._limit, now_s)

    def take(self, whom: str, now_s: float) -> Allowance:
        """Count a request, unless there are too many, and return what is left after it.

        Args:
            whom: Who asks.
            now_s: Unix seconds.
        """
        window, used = self._used(whom, now_s, 1)
        return self._allowance(window, used + 1, used < self._limit, now_s)

    def give_back(self, whom: str) -> None:
        """Take back that a request was counted."""
        with self._lock:
            self._counts[whom] = max(0, self._counts.get(whom, 0) - 1)

    def _used(self, whom: str | None, now_s: float, more: int = 0) -> tuple[int, int]:
        """Return the minute and what somebody had used of it, and count so much more."""
        with self._lock:
            # A clock that is set back does not give a second allowance.
            window = max(self._window, int(now_s // _WINDOW_S))
            if window > self._window:
                self._window, self._counts = window, {}
            used = 0 if whom is None else self._counts.get(whom, 0)
            if whom is not None and more:
                self._counts[whom] = min(used + more, self._limit)
        return window, used

    def _allowance(self, window: int, used: int, is_allowed: bool, now_s: float) -> Allowance:
        reset_s = (window + 1) * _WINDOW_S
        return Allowance(
            self._limit,
            max(0, self._limit - used),
            reset_s,
            None if is_allowed else max(1, math.ceil(reset_s - now_s)),
        )
