"""What webhooks are told, in the words of the clips API.

An event is queued for its webhooks in the transaction that makes it true.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection

from clipkit.server.clock import now_ms
from clipkit.server.records.jobs import StoredJob
from clipkit.server.records.renders import StoredRender
from clipkit.server.records.webhooks import team_webhooks
from clipkit.server.work.queue import Message, WorkQueue

State = Literal["started", "progress", "succeeded", "failed"]

TYPES = tuple(
    f"{what}.{state}"
    for what in ("asset.analysis", "project.render")
    for state in ("started", "progress", "succeeded", "failed")
)
"""All types of events."""


def tell_of_job(
    queue: WorkQueue, connection: Connection, job: StoredJob, state: State, **more: str | float
) -> None:
    """Tell the webhooks of a team how its job goes.

    Args:
        queue: Where deliveries wait.
        connection: Of the transaction that makes it so.
        job: The job.
        state: What happened.
        more: What else there is to tell of it.
    """
    data = {"asset_id": job.asset_id, "team_id": job.team_id, "job_id": job.id, **more}
    _tell(queue, connection, f"asset.analysis.{state}", data, subject=job.id)


def tell_of_render(
    queue: WorkQueue,
    connection: Connection,
    render: StoredRender,
    state: State,
    **more: str | float,
) -> None:
    """Tell the webhooks of a team how a render goes.

    Args:
        queue: Where deliveries wait.
        connection: Of the transaction that makes it so.
        render: The render.
        state: What happened.
        more: What else there is to tell of it.
    """
    data = {"render_id": render.clip_id, "clip_id": render.clip_id, "team_id": render.team_id}
    _tell(queue, connection, f"project.render.{state}", {**data, **more}, subject=render.work_id)


def _tell(
    queue: WorkQueue,
    connection: Connection,
    kind: str,
    data: Mapping[str, str | float],
    subject: str,
) -> None:
    hooks = [
        hook for hook in team_webhooks(connection, str(data["team_id"])) if kind in hook.events
    ]
    if not hooks:
        return
    # Told again by a worker that goes on where another died, it has the same id: it is one event.
    event_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{subject} {kind} {data.get('progress', '')}"))
    event = {"id": event_id, "type": kind, "created": now_ms(), "data": dict(data)}
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    message = Message(event_id, subject, _rank(kind, data), body)
    for hook in hooks:
        queue.add_delivery(connection, hook.id, message)


def _rank(kind: str, data: Mapping[str, str | float]) -> int:
    """Return the place of an event among those of its subject; the clock is too coarse for it."""
    if kind.endswith(".started"):
        return 1
    return 2 + round(1000 * float(data["progress"])) if kind.endswith(".progress") else 2000
