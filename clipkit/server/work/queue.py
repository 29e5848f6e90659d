"""What is to be done, in the order it was asked for: a thin layer over DBOS.

Work is queued in the transaction that remembers why: both are there, or neither. It is not taken
back: what finds its record gone when its turn comes, or while it runs, ends.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from dbos import DBOS, DBOSClient
from sqlalchemy import Connection

from clipkit.server.records.database import Database
from clipkit.server.records.jobs import StoredJob
from clipkit.server.records.renders import StoredRender

MEDIA = "media"
"""The queue of what decodes and encodes. Each team has its own row in it, and rows take turns, so
that one team's two hundred videos do not keep another's waiting."""

WEBHOOKS = "webhooks"
"""The queue of deliveries. Those to one webhook about one job wait for each other."""

FIND_CLIPS = "find_clips"
RENDER_CLIP = "render_clip"
DELIVER = "deliver"

_AT_ONCE = 500
_SEARCH, _RENDER = 2, 1
"""A render goes before a search of the same team: somebody waits for it."""

# DBOS reports each start and end; whoever wants to know asks for it.
logging.getLogger("dbos").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Message:
    """What a webhook is told."""

    event_id: str
    """The same for the same event."""

    subject: str
    """What the event is about."""

    rank: int
    """From 1 on: among those about one subject, what comes first has the lower one."""

    body: str
    """JSON, as it is sent."""


class WorkQueue:
    """Queues work.

    Args:
        database: Where records are: the queue is in the same one.
    """

    def __init__(self, database: Database) -> None:
        DBOS.migrate(database.url)
        self._client = DBOSClient(system_database_url=database.url, retry_connection_errors=False)

    def add_job(self, connection: Connection, job: StoredJob) -> None:
        """Queue the search for clips, once the transaction of the connection is through."""
        self._client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": FIND_CLIPS,
                "queue_name": MEDIA,
                "workflow_id": job.id,
                "queue_partition_key": job.team_id,
                "priority": _SEARCH,
            },
            job.id,
        )

    def add_render(self, connection: Connection, render: StoredRender) -> None:
        """Queue a full render, once the transaction of the connection is through."""
        self._client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": RENDER_CLIP,
                "queue_name": MEDIA,
                "workflow_id": render.work_id,
                "queue_partition_key": render.team_id,
                "priority": _RENDER,
            },
            render.clip_id,
            render.run,
        )

    def add_delivery(self, connection: Connection, webhook_id: str, message: Message) -> None:
        """Queue the delivery of an event, unless it was queued before.

        Args:
            connection: Of the transaction that makes the event true.
            webhook_id: Whom to tell.
            message: What is told.
        """
        self._client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": DELIVER,
                "queue_name": WEBHOOKS,
                "workflow_id": f"{message.event_id}.{webhook_id}",
                "queue_partition_key": f"{webhook_id} {message.subject}",
                "priority": message.rank,
            },
            webhook_id,
            message.body,
        )

    def queue_again(self, worker_id: str) -> list[str]:
        """Queue what a worker had begun and will not end; return what that is."""
        begun = self._client.list_workflows(
            status="PENDING", executor_id=worker_id, load_input=False, load_output=False
        )
        for work in begun:
            self._client.resume_workflow(work.workflow_id, queue_name=work.queue_name or MEDIA)
        return [work.workflow_id for work in begun]

    def ended(self, before_s: float | None = None) -> list[str]:
        """Return work that ended, some of it where it is much.

        Args:
            before_s: Unix seconds; only what ended earlier. None: all.
        """
        before = None if before_s is None else datetime.fromtimestamp(before_s, UTC).isoformat()
        found = self._client.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before,
            limit=_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        return [work.workflow_id for work in found]

    def forget(self, before_s: float) -> None:
        """Forget work that ended earlier.

        Args:
            before_s: Unix seconds.
        """
        while ended := self.ended(before_s):
            self._client.delete_workflows(ended)

    def close(self) -> None:
        """Close its connections."""
        self._client.destroy()
