"""The time as the clips API tells it."""

import time


def now_ms() -> int:
    """Return unix milliseconds."""
    return time.time_ns() // 1_000_000
