"""What work is done with."""

import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from clipkit.pipeline.pipeline import Pipeline
from clipkit.server.fetching import Fetcher
from clipkit.server.records.database import Database
from clipkit.server.storage.objects import ObjectStore
from clipkit.server.work.queue import WorkQueue
from clipkit.server.work.watching import Patience, Stopping, Stretch, Watch, Watched

_AGAIN_S = 2.0
"""How long a database that is away is left alone."""

_Outcome = TypeVar("_Outcome")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What a worker does its work with."""

    database: Database
    store: ObjectStore
    queue: WorkQueue
    pipeline: Pipeline
    folder: Path
    """For files that are needed while work goes on; each work has a folder of its own in it."""

    fetcher: Fetcher
    patience: Patience
    team_bytes: int | None
    """Room that the objects of a team may take; None: as much as there is."""

    stopping: threading.Event = field(default_factory=threading.Event)
    """Set where this process is to end."""

    def room(self, work_id: str) -> Path:
        """Return the folder of one piece of work."""
        return self.folder / work_id

    def clear(self, work_id: str) -> None:
        """Remove what one piece of work needed."""
        shutil.rmtree(self.room(work_id), ignore_errors=True)

    def write(self, change: Callable[[Connection], _Outcome]) -> _Outcome:
        """Change records, and while the database is away try again.

        What was worked out for an hour is not thrown away because a server restarts.

        Args:
            change: All of one transaction; done again from its beginning where that failed.

        Raises:
            Stopping: This process is to end first.
        """
        while True:
            try:
                with self.database.writing() as connection:
                    return change(connection)
            except (OperationalError, InterfaceError):
                _log.warning("the database does not answer; tried again", exc_info=True)
            if self.stopping.wait(_AGAIN_S):
                raise Stopping

    def watch(self, work: Watched, stretch: Stretch) -> Watch:
        """Return what watches a stretch of work."""
        return Watch(work, stretch, self.patience, self.stopping)
