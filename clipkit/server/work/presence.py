"""Which workers are alive: what the dead had begun, others go on with."""

import fcntl
import secrets
import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from sqlalchemy.exc import SQLAlchemyError

from clipkit.files import make_folder
from clipkit.server.clock import now_ms
from clipkit.server.records.database import Database
from clipkit.server.records.workers import beat, bury, known_workers

_BEAT_S = 5.0
_SILENCE_MS = 60_000
"""A worker of another machine that was not heard of for so long is taken for dead."""


class Presence:
    """Says that this worker is alive for as long as the block runs, and finds the dead.

    On one machine a lock tells at once: the system lets go of it when its process ends, however it
    ends. Of other machines only their silence tells.

    Args:
        database: Where workers say that they are alive.
        folder: Where those of this machine keep their locks.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._host = socket.gethostname()[:40]
        self.worker_id = f"{self._host}.{secrets.token_hex(8)}"
        self._lock: IO[bytes] | None = None
        self._heard_since_ms = now_ms()
        """Since when each of our own beats was written down."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="clipkit-presence", daemon=True)

    def __enter__(self) -> "Presence":
        make_folder(self._folder)
        self._lock = _locked(self._path(self.worker_id), "xb")
        with self._database.writing() as connection:
            beat(connection, self.worker_id, now_ms())
        self._heard_since_ms = now_ms()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self.forget(self.worker_id)
        if self._lock is not None:
            self._lock.close()

    def dead(self) -> list[str]:
        """Return the dead whose work is this worker's to take over; for others it is somebody's."""
        is_alive = self._alive()
        if _first(is_alive) != self.worker_id:
            return []
        return [worker_id for worker_id, alive in is_alive.items() if not alive]

    def is_first(self) -> bool:
        """Tell whether this worker does what one of the living does for all."""
        return _first(self._alive()) == self.worker_id

    def forget(self, worker_id: str) -> None:
        """Forget a worker whose work is in other hands."""
        with self._database.writing() as connection:
            bury(connection, worker_id)
        self._path(worker_id).unlink(missing_ok=True)

    def _alive(self) -> dict[str, bool]:
        with self._database.reading() as connection:
            known = known_workers(connection)
        return {
            worker_id: worker_id == self.worker_id or self._is_alive(worker_id, seen_at_ms)
            for worker_id, seen_at_ms in known.items()
        }

    def _is_alive(self, worker_id: str, seen_at_ms: int) -> bool:
        if worker_id.rpartition(".")[0] == self._host:
            with suppress(FileNotFoundError):
                lock = _locked(self._path(worker_id), "rb")
                if lock is None:
                    return True
                lock.close()
                return False
        # Where the database was away, all were silent: nobody is judged by that.
        return now_ms() - max(seen_at_ms, self._heard_since_ms) < _SILENCE_MS

    def _path(self, worker_id: str) -> Path:
        return self._folder / f"{worker_id}.lock"

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT_S):
            # One that fails is made up for by the next: several fit into the silence allowed.
            try:
                with self._database.writing() as connection:
                    beat(connection, self.worker_id, now_ms())
            except SQLAlchemyError:
                self._heard_since_ms = now_ms() + round(_BEAT_S * 1000)


def _first(is_alive: dict[str, bool]) -> str | None:
    """Return one of the living, the same in the eyes of all."""
    return min((worker_id for worker_id, alive in is_alive.items() if alive), default=None)


def _locked(path: Path, mode: str) -> IO[bytes] | None:
    """Open a file and lock it for as long as it is open; None where another process holds it."""
    file: IO[bytes] = path.open(mode)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
