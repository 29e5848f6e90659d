"""Who works on jobs, and who has not been heard of for long."""

from sqlalchemy import Connection, delete, select, update

from clipkit.server.records.inserting import insert_new
from clipkit.server.records.tables import workers


def beat(connection: Connection, worker_id: str, now_ms: int) -> None:
    """Say that a worker is alive."""
    if not insert_new(connection, workers, id=worker_id, seen_at_ms=now_ms):
        connection.execute(
            update(workers).where(workers.c.id == worker_id).values(seen_at_ms=now_ms)
        )


def known_workers(connection: Connection) -> dict[str, int]:
    """Return all workers that were not buried, and when each was heard of last."""
    found = connection.execute(select(workers.c.id, workers.c.seen_at_ms))
    return {row.id: row.seen_at_ms for row in found}


def bury(connection: Connection, worker_id: str) -> None:
    """Forget a worker whose work others go on with."""
    connection.execute(delete(workers).where(workers.c.id == worker_id))
