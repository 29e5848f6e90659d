"""What is done every night: nothing lies around that nobody can ask for any more."""

import logging
import time
from dataclasses import dataclass

from clipkit.server.records.answers import forget_answers
from clipkit.server.records.database import Database
from clipkit.server.records.upkeep import forget_uploads, unknown_ids, uploads_in_use
from clipkit.server.storage.objects import UPLOADS, ObjectStore
from clipkit.server.work.queue import WorkQueue

_DAY_S = 86_400.0
_HISTORY_S = 7 * _DAY_S
"""How long ended work is remembered, for those who look after the service."""

_FRESH_S = 3600.0
"""What was stored so lately may be of work whose record is about to be written."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Caretaker:
    """Cleans up a service.

    Uploads go a day after they came, unless a job still needs them; so do answers that were kept
    for requests that come twice. Objects go whose job was deleted while something wrote them.
    """

    database: Database
    store: ObjectStore
    queue: WorkQueue

    def clean(self, now_s: float | None = None) -> int:
        """Remove what is kept too long; return how many objects that was.

        Args:
            now_s: Unix seconds; None: the clock's.
        """
        now_s = time.time() if now_s is None else now_s
        removed = self._clean_uploads(now_s - _DAY_S)
        for prefix, kind in (("source/", "job"), ("preview/", "clip"), ("render/", "clip")):
            removed += self._clean_orphans(prefix, kind, now_s - _FRESH_S)
        removed += self.store.sweep(now_s - _DAY_S)
        with self.database.writing() as connection:
            forget_answers(connection, round((now_s - _DAY_S) * 1000))
        self.queue.forget(now_s - _HISTORY_S)
        _log.info("cleaned up: %d objects removed", removed)
        return removed

    def _clean_uploads(self, before_s: float) -> int:
        there = {found.key.rpartition("/")[2]: found for found in self.store.list(UPLOADS)}
        with self.database.writing() as connection:
            needed = uploads_in_use(connection)
            old = [
                upload_id
                for upload_id, found in there.items()
                if found.modified_s < before_s and upload_id not in needed
            ]
            # What stays can be used for as long as it does. What was announced before, and did not
            # come, never will: its URL was good for an hour.
            forget_uploads(connection, round(before_s * 1000), needed | there.keys() - {*old})
        for upload_id in old:
            self.store.delete(there[upload_id].key)
        return len(old)

    def _clean_orphans(self, prefix: str, kind: str, before_s: float) -> int:
        keys = {
            found.key.removeprefix(prefix).removesuffix(".mp4"): found.key
            for found in self.store.list(prefix)
            if found.modified_s < before_s
        }
        with self.database.reading() as connection:
            orphans = unknown_ids(connection, kind, list(keys))
        for name in orphans:
            self.store.delete(keys[name])
        return len(orphans)
