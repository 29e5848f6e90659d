"""A process that does the work of the queue."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dbos import DBOS, DBOSConfig
from sqlalchemy.exc import SQLAlchemyError

from clipkit.errors import ClipkitError
from clipkit.pipeline.pipeline import Pipeline
from clipkit.pipeline.store import Store
from clipkit.server.fetching import Fetcher
from clipkit.server.records.opening import open_records
from clipkit.server.settings import Settings
from clipkit.server.storage.places import object_store
from clipkit.server.work.caretaking import Caretaker
from clipkit.server.work.clip_work import find_clips
from clipkit.server.work.delivery import Deliveries, Sender
from clipkit.server.work.presence import Presence
from clipkit.server.work.queue import DELIVER, FIND_CLIPS, MEDIA, RENDER_CLIP, WEBHOOKS, WorkQueue
from clipkit.server.work.render_work import render_clip
from clipkit.server.work.watching import Patience
from clipkit.server.work.workshop import Workshop

MakePipeline = Callable[[Store], Pipeline]
"""Makes the pipeline of a worker, which keeps what it learns in that store."""

_VERSION = "1"
"""Of the steps: work of another version waits for a worker of that version."""

_LOOK_S = 2.0
"""How often a worker looks for others that have died."""

_CLEAN_S = 86_400.0
"""How often is cleaned up, by one of the workers."""

_POLL_S = 0.5
"""How often a worker looks for work."""

_LEAVE_S = 40
"""How long what runs may take to stop when the worker is told to: more than patience allows."""

_log = logging.getLogger(__name__)


def _default_pipeline(store: Store) -> Pipeline:
    """Return the pipeline of the main job."""
    return Pipeline.default(store=store)


class Worker:
    """Does the work of the queue until told to stop; one to a process.

    A worker need not be ended gently: what it had begun, it or another goes on with.

    Args:
        settings: Those of the service whose work it does.
        make_pipeline: Makes the pipeline; None: that of the main job.
        at_once: Pieces of work that decode and encode, at the same time: one GPU does one.
        fetcher: Fetches what URLs name.
        sender: Tells webhooks.
        patience: How long work may take.
    """

    def __init__(
        self,
        settings: Settings,
        make_pipeline: MakePipeline | None = None,
        *,
        at_once: int = 1,
        fetcher: Fetcher | None = None,
        sender: Sender | None = None,
        patience: Patience = Patience(),  # noqa: B008 - it is frozen
    ) -> None:
        self._settings = settings
        self._make_pipeline = make_pipeline or _default_pipeline
        self._at_once = at_once
        self._fetcher = fetcher or Fetcher()
        self._sender = sender or Sender()
        self._patience = patience

    def run(self, stopped: threading.Event) -> None:
        """Work until the event is set, then let go of everything."""
        database = open_records(self._settings)
        folder = self._settings.folder
        with Presence(database, folder / "workers") as presence:
            rooms = folder / "work"
            shop = Workshop(
                database=database,
                store=object_store(self._settings),
                queue=WorkQueue(database),
                pipeline=self._make_pipeline(Store(folder / "analyses")),
                folder=rooms / presence.worker_id,
                fetcher=self._fetcher,
                patience=self._patience,
                team_bytes=self._settings.team_bytes,
            )
            self._launch(shop, presence.worker_id)
            try:
                caretaker = Caretaker(database=database, store=shop.store, queue=shop.queue)
                cleaned_s = -_CLEAN_S
                while not stopped.wait(_LOOK_S):
                    try:
                        _take_over(shop.queue, presence, rooms)
                        if time.monotonic() - cleaned_s > _CLEAN_S and presence.is_first():
                            cleaned_s = time.monotonic()
                            caretaker.clean()
                    except (ClipkitError, SQLAlchemyError):
                        # What is away comes back: that is no reason for the work to end.
                        _log.warning("could not look after the others", exc_info=True)
            finally:
                shop.stopping.set()
                DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=_LEAVE_S)
                for work_id in shop.queue.queue_again(presence.worker_id):
                    _log.info("%s is left for another worker", work_id)
                shop.queue.close()
                shop.pipeline.close()
                shutil.rmtree(shop.folder, ignore_errors=True)
        database.close()

    def _launch(self, shop: Workshop, worker_id: str) -> None:
        config: DBOSConfig = {
            "name": "clipkit",
            "system_database_url": shop.database.url,
            "executor_id": worker_id,
            "application_version": _VERSION,
            "log_level": "WARNING",
            "enable_otlp": False,
        }
        DBOS(config=config)

        @DBOS.workflow(name=FIND_CLIPS, max_recovery_attempts=None)
        def clip_work(job_id: str) -> None:
            find_clips(shop, job_id)

        @DBOS.workflow(name=RENDER_CLIP, max_recovery_attempts=None)
        def render_work(clip_id: str, run: int) -> None:
            render_clip(shop, clip_id, run)

        deliveries = Deliveries(self._sender, shop)

        @DBOS.workflow(name=DELIVER, max_recovery_attempts=None)
        async def delivery_work(webhook_id: str, body: str) -> None:
            await deliveries.deliver(webhook_id, body)

        DBOS.listen_queues([MEDIA, WEBHOOKS])
        DBOS.launch()
        DBOS.register_queue(
            MEDIA,
            worker_concurrency=self._at_once,
            partition_worker_concurrency=self._at_once,
            polling_interval_sec=_POLL_S,
            on_conflict="always_update",
        )
        DBOS.register_queue(
            WEBHOOKS,
            partition_concurrency=1,
            polling_interval_sec=_POLL_S,
            on_conflict="always_update",
        )


def _take_over(queue: WorkQueue, presence: Presence, rooms: Path) -> None:
    """Queue again what the dead had begun."""
    for worker_id in presence.dead():
        for work_id in queue.queue_again(worker_id):
            _log.warning("worker %s died; %s is gone on with", worker_id, work_id)
        shutil.rmtree(rooms / worker_id, ignore_errors=True)
        presence.forget(worker_id)
