"""What is kept too long, and how much of everything there is."""

from collections.abc import Collection, Sequence

from sqlalchemy import Column, Connection, delete, func, select

from clipkit.server.records.tables import clips, jobs, renders, uploads

_UNFINISHED = ("queued", "processing")
_AT_ONCE = 500
"""Databases take only so many values in one statement."""


def unknown_ids(connection: Connection, kind: str, ids: Sequence[str]) -> set[str]:
    """Return which of these are no jobs, or no clips, that there are.

    Args:
        connection: Of the records.
        kind: "job" or "clip".
        ids: Any number.
    """
    column: Column[str] = jobs.c.id if kind == "job" else clips.c.id
    return set(ids) - _known(connection, column, ids)


def uploads_in_use(connection: Connection) -> set[str]:
    """Return the uploads of jobs that are not done: their source may not have been copied yet."""
    found = connection.execute(
        select(jobs.c.upload_id).where(
            jobs.c.status.in_(_UNFINISHED), jobs.c.upload_id.is_not(None)
        )
    )
    return {upload_id for (upload_id,) in found if upload_id is not None}


def forget_uploads(connection: Connection, before_ms: int, but: Collection[str]) -> int:
    """Forget uploads that were announced earlier; return how many."""
    old = connection.execute(select(uploads.c.id).where(uploads.c.created_at_ms < before_ms))
    ids = [upload_id for (upload_id,) in old if upload_id not in but]
    for first in range(0, len(ids), _AT_ONCE):
        part = ids[first : first + _AT_ONCE]
        connection.execute(delete(uploads).where(uploads.c.id.in_(part)))
    return len(ids)


def team_bytes(connection: Connection, team_id: str, but: str = "") -> int:
    """Return how much room the sources, previews and renders of a team take.

    Args:
        connection: Of the records.
        team_id: Whose.
        but: A job whose source is not counted.
    """
    sizes = [
        select(func.coalesce(func.sum(table.c.size_bytes), 0)).where(table.c.team_id == team_id)
        for table in (jobs, clips, renders)
    ]
    sizes[0] = sizes[0].where(jobs.c.id != but)
    return sum(int(connection.execute(size).scalar_one()) for size in sizes)


def jobs_by_status(connection: Connection) -> dict[str, int]:
    """Return how many jobs there are of each status."""
    found = connection.execute(select(jobs.c.status, func.count()).group_by(jobs.c.status))
    return {str(status): count for status, count in found}


def renders_by_status(connection: Connection) -> dict[str, int]:
    """Return how many renders there are of each status."""
    found = connection.execute(select(renders.c.status, func.count()).group_by(renders.c.status))
    return {str(status): count for status, count in found}


def oldest_queued_ms(connection: Connection) -> int | None:
    """Return when the job was asked for that has waited longest; None where none waits."""
    oldest: int | None = connection.execute(
        select(func.min(jobs.c.created_at_ms)).where(jobs.c.status == "queued")
    ).scalar_one()
    return oldest


def _known(connection: Connection, column: Column[str], ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for first in range(0, len(ids), _AT_ONCE):
        part = ids[first : first + _AT_ONCE]
        known |= {found for (found,) in connection.execute(select(column).where(column.in_(part)))}
    return known
