"""What work is done with."""

import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

from clipkit.pipeline.pipeline import Pipeline
from clipkit.server.fetching import Fetcher
from clipkit.server.records.database import Database
from clipkit.server.storage.objects import ObjectStore
from clipkit.server.work.queue import WorkQueue
from clipkit.server.work.watching import Patience, Stretch, Watch, Watched


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

    def watch(self, work: Watched, stretch: Stretch) -> Watch:
        """Return what watches a stretch of work."""
        return Watch(work, stretch, self.patience, self.stopping)
