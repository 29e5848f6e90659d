"""Jobs as their teams see them. Whatever is asked names the team: no job of another's is found."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from clipkit.schema import Status
from clipkit.server.records.tables import clips, jobs, renders, teams


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A question, and what it is asked of: either an upload or a URL."""

    upload_id: str | None
    url: str | None
    language: str | None
    """ISO 639-1 code of the speech; None: detected."""

    query: str
    """The question, as JSON."""


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as it is remembered."""

    id: str
    team_id: str
    created_at_ms: int
    status: Status
    upload_id: str | None
    url: str | None
    language: str | None
    query: str
    stage: str | None
    """What is being done."""

    progress: float
    """Share of all there is to do."""

    answer: str | None
    """The job as JSON without its URLs, once there are clips, or none can be found."""

    error: str | None

    @property
    def asset_id(self) -> str:
        """What webhooks call the source: its upload, or the job that fetched it."""
        return self.upload_id or self.id


COLUMNS = (
    jobs.c.id,
    jobs.c.team_id,
    jobs.c.created_at_ms,
    jobs.c.status,
    jobs.c.upload_id,
    jobs.c.url,
    jobs.c.language,
    jobs.c.query,
    jobs.c.stage,
    jobs.c.progress,
    jobs.c.answer,
    jobs.c.error,
)
"""What a ``StoredJob`` is made of, in its order."""

_FIND = select(*COLUMNS).where(
    jobs.c.id == bindparam("job_id"), jobs.c.team_id == bindparam("team_id")
)
"""Made once: to make it for each poll takes as long as to run it."""


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip as it is remembered; the rest of it is in its job's answer."""

    id: str
    job_id: str
    team_id: str
    start_s: float
    end_s: float
    has_preview: bool


_CLIP_COLUMNS = (
    clips.c.id,
    clips.c.job_id,
    clips.c.team_id,
    clips.c.start_s,
    clips.c.end_s,
    clips.c.has_preview,
)


def add_job(connection: Connection, team_id: str, new: NewJob, now_ms: int) -> StoredJob:
    """Remember a question that nobody works on yet."""
    job = StoredJob(
        id=str(uuid.uuid4()),
        team_id=team_id,
        created_at_ms=now_ms,
        status="queued",
        upload_id=new.upload_id,
        url=new.url,
        language=new.language,
        query=new.query,
        stage=None,
        progress=0.0,
        answer=None,
        error=None,
    )
    connection.execute(
        insert(jobs).values(
            id=job.id,
            team_id=team_id,
            created_at_ms=now_ms,
            status=job.status,
            upload_id=new.upload_id,
            url=new.url,
            language=new.language,
            query=new.query,
        )
    )
    return job


def find_job(connection: Connection, team_id: str, job_id: str) -> StoredJob | None:
    """Return a job of a team; None where it has no such one."""
    found = connection.execute(_FIND, {"job_id": job_id, "team_id": team_id}).one_or_none()
    return None if found is None else job_of(found)


def job_of(row: Row[*tuple[object, ...]]) -> StoredJob:
    """Return the job that a row of ``COLUMNS`` is."""
    return StoredJob(*row)  # type: ignore[arg-type]  # the driver's types are the columns'


def list_jobs(
    connection: Connection, team_id: str, limit: int, after: tuple[int, str] | None
) -> list[StoredJob]:
    """Return jobs of a team, the newest first.

    Args:
        connection: Of the records.
        team_id: Whose.
        limit: At most so many.
        after: Only those behind this one in that order: when it was asked, and its id.
    """
    wanted = select(*COLUMNS).where(jobs.c.team_id == team_id)
    if after is not None:
        at_ms, job_id = after
        wanted = wanted.where(
            or_(
                jobs.c.created_at_ms < at_ms,
                and_(jobs.c.created_at_ms == at_ms, jobs.c.id < job_id),
            )
        )
    ordered = wanted.order_by(jobs.c.created_at_ms.desc(), jobs.c.id.desc()).limit(limit)
    return [job_of(row) for row in connection.execute(ordered)]


def count_unfinished(connection: Connection, team_id: str) -> int:
    """Return how many jobs of a team wait or are worked on."""
    return connection.execute(
        select(func.count())
        .select_from(jobs)
        .where(jobs.c.team_id == team_id, jobs.c.status.in_(["queued", "processing"]))
    ).scalar_one()


def delete_job(connection: Connection, team_id: str, job_id: str) -> bool:
    """Forget a job of a team and its clips; return whether there was such a job.

    Minutes of renders that are not made any more are given back.
    """
    # Held in the order in which everybody takes them: the job, its clips, and the team at last.
    job = select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.team_id == team_id)
    if connection.execute(job.with_for_update()).one_or_none() is None:
        return False
    held = select(clips.c.id).where(clips.c.job_id == job_id).order_by(clips.c.id)
    clip_ids = connection.execute(held.with_for_update()).scalars().all()
    unmade = connection.execute(
        select(func.sum(renders.c.minutes)).where(
            renders.c.clip_id.in_(clip_ids), renders.c.status.in_(["queued", "processing"])
        )
    ).scalar_one()
    connection.execute(delete(jobs).where(jobs.c.id == job_id))
    if unmade is not None:
        connection.execute(
            update(teams)
            .where(teams.c.id == team_id)
            .values(minutes_used=teams.c.minutes_used - unmade)
        )
    return True


def find_clip(connection: Connection, team_id: str, clip_id: str) -> StoredClip | None:
    """Return a clip of a team; None where it has no such one."""
    return _one_clip(connection, _clip(team_id, clip_id))


def hold_clip(connection: Connection, team_id: str, clip_id: str) -> StoredClip | None:
    """Return a clip of a team, which nobody else holds or deletes until the transaction ends."""
    # SQLite has one writer at a time anyway, and leaves the wish for a lock out.
    return _one_clip(connection, _clip(team_id, clip_id).with_for_update())


def _clip(team_id: str, clip_id: str) -> Select[Any]:
    return select(*_CLIP_COLUMNS).where(clips.c.id == clip_id, clips.c.team_id == team_id)


def _one_clip(connection: Connection, statement: Select[Any]) -> StoredClip | None:
    found = connection.execute(statement).one_or_none()
    return None if found is None else StoredClip(*found)


def clips_of(connection: Connection, job_id: str) -> Sequence[StoredClip]:
    """Return the clips of a job, in the order of its answer."""
    found = connection.execute(
        select(*_CLIP_COLUMNS).where(clips.c.job_id == job_id).order_by(clips.c.position)
    )
    return [StoredClip(*row) for row in found]
