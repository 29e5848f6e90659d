"""What becomes of a job, as whoever works on it writes down.

Each change tells whether the job is still there: its team may have deleted it meanwhile.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from clipkit.server.records.jobs import COLUMNS, StoredClip, StoredJob, job_of
from clipkit.server.records.tables import clips, jobs


def job_to_do(connection: Connection, job_id: str) -> StoredJob | None:
    """Return a job; None where it was deleted."""
    found = connection.execute(select(*COLUMNS).where(jobs.c.id == job_id)).one_or_none()
    return None if found is None else job_of(found)


def count_attempt(connection: Connection, job_id: str) -> int:
    """Count that a worker takes a job up; return how often since its last step was done."""
    counted = connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(deaths=jobs.c.deaths + 1)
        .returning(jobs.c.deaths)
    ).scalar_one_or_none()
    return counted or 0


def forgive_attempt(connection: Connection, job_id: str) -> None:
    """Take back that an attempt was counted: its worker was told to stop, and did."""
    connection.execute(
        update(jobs).where(jobs.c.id == job_id, jobs.c.deaths > 0).values(deaths=jobs.c.deaths - 1)
    )


def begin(connection: Connection, job_id: str) -> bool:
    """Say that a job is worked on; return whether it was waiting until now."""
    done = connection.execute(
        update(jobs).where(jobs.c.id == job_id, jobs.c.status == "queued").values(
            status="processing", stage="fetch"
        )
    )  # fmt: skip
    return done.rowcount > 0


def report(connection: Connection, job_id: str, stage: str, progress: float) -> bool:
    """Say how far a job is; return whether it is still there and worked on."""
    return _change(connection, job_id, stage=stage, progress=progress)


def step_done(connection: Connection, job_id: str) -> bool:
    """Say that a step of a job is done, so that it was worth taking up."""
    return _change(connection, job_id, deaths=0)


def answer(connection: Connection, job_id: str, text: str, found: Sequence[StoredClip]) -> bool:
    """Keep the answer of a job and its clips, once; return whether the job is still there.

    A worker that goes on where another died may come to the same answer again. What is there
    already stays: its clips may be known to clients.
    """
    first = connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.status == "processing", jobs.c.answer.is_(None))
        .values(answer=text)
    )
    if first.rowcount == 0:
        return _change(connection, job_id, status="processing")
    rows = [
        {
            "id": clip.id,
            "job_id": job_id,
            "team_id": clip.team_id,
            "position": position,
            "start_s": clip.start_s,
            "end_s": clip.end_s,
            "has_preview": clip.has_preview,
        }
        for position, clip in enumerate(found)
    ]
    if rows:
        connection.execute(insert(clips), rows)
    return True


def source_there(connection: Connection, job_id: str, size_bytes: int) -> bool:
    """Say that the source of a job is there; return whether the job is, too."""
    return _change(connection, job_id, size_bytes=size_bytes, deaths=0)


def preview_ready(connection: Connection, clip_id: str, size_bytes: int) -> bool:
    """Say that the preview of a clip can be had; return whether the clip is still there."""
    done = connection.execute(
        update(clips).where(clips.c.id == clip_id).values(has_preview=True, size_bytes=size_bytes)
    )
    return done.rowcount > 0


def finish(connection: Connection, job_id: str, text: str) -> bool:
    """Say that a job is done, with its answer; return whether it was worked on until now."""
    return _change(connection, job_id, status="done", answer=text, stage=None, progress=1.0)


def fail(connection: Connection, job_id: str, error: str) -> bool:
    """Say why a job came to nothing; return whether it was not ended until now."""
    done = connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.status.in_(["queued", "processing"]))
        .values(status="error", error=error, stage=None)
    )
    return done.rowcount > 0


def _change(connection: Connection, job_id: str, **values: Any) -> bool:
    done = connection.execute(
        update(jobs).where(jobs.c.id == job_id, jobs.c.status == "processing").values(**values)
    )
    return done.rowcount > 0
