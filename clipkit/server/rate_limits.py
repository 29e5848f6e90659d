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

    def look(self, now_s: float) -> Allowance:
        """Return what somebody has who has not asked yet in this minute; nothing is counted.

        Args:
            now_s: Unix seconds.
        """
        return Allowance(self._limit, self._limit, int(now_s // _WINDOW_S + 1) * _WINDOW_S, None)

    def take(self, team_id: str, now_s: float) -> Allowance:
        """Count a request, unless there are too many, and return what is left.

        Args:
            team_id: Who asks.
            now_s: Unix seconds.
        """
        with self._lock:
            # A clock that is set back does not give a second allowance.
            window = max(self._window, int(now_s // _WINDOW_S))
            if window > self._window:
                self._window, self._counts = window, {}
            used = self._counts.get(team_id, 0)
            is_allowed = used < self._limit
            self._counts[team_id] = used + is_allowed
        reset_s = (window + 1) * _WINDOW_S
        return Allowance(
            self._limit,
            max(0, self._limit - used - 1),
            reset_s,
            None if is_allowed else max(1, math.ceil(reset_s - now_s)),
        )
