"""What is sent to this service just now, so that no more comes than there is room for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from clipkit.server.failures import ApiError
from clipkit.server.quota import MAX_UPLOAD_BYTES, uploads_full
from clipkit.server.storage.local import LocalStore

_AT_ONCE = 3
"""An upload may be sent anew while the server still waits for the rest of a lost connection."""


@dataclass(frozen=True, slots=True)
class Room:
    """What an upload may take."""

    most_bytes: int

    beyond: ApiError
    """The answer where it has more."""


class Arrivals:
    """Uploads under way in this process.

    Args:
        limit_bytes: Room for the uploads of each team; None: as much as there is.
    """

    def __init__(self, limit_bytes: int | None) -> None:
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._coming: list[tuple[str, int]] = []

    @contextmanager
    def room(self, store: LocalStore, key: str, announced: int | None) -> Iterator[Room]:
        """Keep room for an upload within the block, and yield how much that is.

        Args:
            store: Where it will lie.
            key: Of the upload.
            announced: Bytes that the client says it has; None: it does not say.

        Raises:
            ApiError: It is sent too often at once, is too large, or finds no room.
        """
        if announced is not None and announced > MAX_UPLOAD_BYTES:
            raise too_large()
        with self._lock:
            if sum(coming == key for coming, _ in self._coming) >= _AT_ONCE:
                raise ApiError(403, "FORBIDDEN", "this upload is being sent already")
            most = self._left(store, f"{key.rpartition('/')[0]}/")
            if most <= 0 or (announced or 0) > most:
                raise uploads_full(self._limit_bytes or 0)
            mine = (key, most if announced is None else announced)
            self._coming.append(mine)
        try:
            is_whole = most == MAX_UPLOAD_BYTES
            yield Room(most, too_large() if is_whole else uploads_full(most))
        finally:
            with self._lock:
                self._coming.remove(mine)

    def _left(self, store: LocalStore, prefix: str) -> int:
        """Return how large a further upload of a team may be."""
        if self._limit_bytes is None:
            return MAX_UPLOAD_BYTES
        sent = sum(found.size_bytes for found in store.list(prefix))
        coming = sum(size for key, size in self._coming if key.startswith(prefix))
        return min(MAX_UPLOAD_BYTES, self._limit_bytes - sent - coming)


def too_large() -> ApiError:
    """Return the answer to a file that is larger than any may be."""
    return ApiError(413, "TOO_LARGE", f"a file has at most {MAX_UPLOAD_BYTES} bytes")
