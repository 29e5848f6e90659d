"""Samples in a file of their own, so that hours of sound take no memory."""

import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from clipkit.errors import OutputError
from clipkit.types.growing import Growth

_SAMPLE_BYTES = 4
_AT_ONCE = 16000
"""Samples gathered before they are written: decoders give a few hundred."""


class Spool:
    """Samples that are written once, in order, and read at any place while they are.

    They lie in a file without a name in the folder for temporary files (``TMPDIR``), which is gone
    when nobody holds the spool any more, and at once when filling it fails: what is read from then
    on raises why. Silence is not written: hours of it take no room.

    Raises:
        OutputError: No file can be made there.
    """

    def __init__(self) -> None:
        with _told_of_disk():
            self._file = tempfile.TemporaryFile(prefix="clipkit-sound-", buffering=0)  # noqa: SIM115
        self._lock = threading.Lock()
        # The error's traceback holds the spool, and would hold its file as long. Not a method: the
        # spool would hold itself.
        self._growth = Growth(clear=partial(_close, self._file, self._lock))
        self._gathered: list[npt.NDArray[np.float32]] = []
        self._size = self._written = 0
        weakref.finalize(self, self._file.close)

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Write in the block; behind it the spool holds all that it will hold.

        Raises:
            OutputError: The disk is full.
        """
        with self._growth.growing():
            yield
            self._flush()

    def write(self, block: npt.NDArray[np.float32]) -> None:
        """Add samples: shape (n,).

        Raises:
            OutputError: The disk is full.
        """
        self._gathered.append(block)
        self._size += len(block)
        if self._size - self._written >= _AT_ONCE:
            self._flush()

    def __len__(self) -> int:
        return self._growth.wait()

    def __getitem__(self, part: slice) -> npt.NDArray[np.float32]:
        if part.stop is not None and part.stop >= 0 and (part.start or 0) >= 0:
            size = self._growth.wait(part.stop)
        else:
            size = self._growth.wait()
        start, stop, step = part.indices(size)
        if step != 1:
            return self[:][part]
        # What lies behind the last sound is silence that was not written.
        found = np.zeros(max(0, stop - start), np.float32)
        with self._open_file() as file:
            file.seek(start * _SAMPLE_BYTES)
            room = memoryview(found.data).cast("B")
            while len(room) and (count := file.readinto(room)):
                room = room[count:]
        return found

    @contextmanager
    def _open_file(self) -> Iterator[Any]:
        """Keep the file to one thread; raise what has ended filling if it was closed for that."""
        with self._lock:
            self._growth.wait(0)
            yield self._file

    def _flush(self) -> None:
        if not self._gathered:
            return
        samples = np.concatenate(self._gathered)
        self._gathered.clear()
        if samples.any():
            with self._open_file() as file, _told_of_disk():
                file.seek(self._written * _SAMPLE_BYTES)
                _write(file, samples.tobytes())
        self._written += len(samples)
        self._growth.reach(self._written)


@contextmanager
def _told_of_disk() -> Iterator[None]:
    """Translate what a disk answers."""
    try:
        yield
    except OSError as error:
        # Not gettempdir(): where there is no such folder, it raises as well.
        raise OutputError(
            f"cannot keep decoded sound in {tempfile.tempdir or 'a folder for temporary files'}",
            error.strerror or str(error),
            "Make room there, or name a folder that can be written to in TMPDIR.",
        ) from error


def _close(file: Any, lock: threading.Lock) -> None:
    with lock:
        file.close()


def _write(file: Any, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
