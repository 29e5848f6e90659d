"""Full renders of clips: at most one of each clip is asked for or made at a time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from clipkit.schema import Status
from clipkit.server.records.jobs import StoredClip
from clipkit.server.records.tables import renders, teams

_ACTIVE = ("queued", "processing")
_ROUNDING = 1e-9
"""Minutes are added up as floats."""


@dataclass(frozen=True, slots=True)
class StoredRender:
    """A render as it is remembered."""

    clip_id: str
    team_id: str
    run: int
    """Counts how often this clip's render was asked for."""

    created_at_ms: int
    status: Status
    progress: float
    minutes: float
    """What the team was charged for it."""

    error: str | None

    @property
    def work_id(self) -> str:
        """What the queue calls this run of it."""
        return f"{self.clip_id}.{self.run}"

    @property
    def is_active(self) -> bool:
        """Whether it waits or is made."""
        return self.status in _ACTIVE


_COLUMNS = (
    renders.c.clip_id,
    renders.c.team_id,
    renders.c.run,
    renders.c.created_at_ms,
    renders.c.status,
    renders.c.progress,
    renders.c.minutes,
    renders.c.error,
)


def find_render(connection: Connection, team_id: str, clip_id: str) -> StoredRender | None:
    """Return the last render of a team's clip; None where there is none."""
    return _one(
        connection, select(*_COLUMNS).where(
            renders.c.clip_id == clip_id, renders.c.team_id == team_id
        )
    )  # fmt: skip


def render_to_do(connection: Connection, clip_id: str, run: int) -> StoredRender | None:
    """Return a run of a render; None where it was deleted, or asked for again since."""
    return _one(
        connection, select(*_COLUMNS).where(renders.c.clip_id == clip_id, renders.c.run == run)
    )


def start_render(
    connection: Connection, clip: StoredClip, minutes: float, now_ms: int
) -> StoredRender:
    """Remember that a render is asked for, in place of an earlier one of the clip."""
    earlier = find_render(connection, clip.team_id, clip.id)
    run = 1 if earlier is None else earlier.run + 1
    values = {
        "run": run,
        "created_at_ms": now_ms,
        "status": "queued",
        "progress": 0.0,
        "minutes": minutes,
        "deaths": 0,
        "error": None,
    }
    if earlier is None:
        connection.execute(insert(renders).values(clip_id=clip.id, team_id=clip.team_id, **values))
    else:
        connection.execute(update(renders).where(renders.c.clip_id == clip.id).values(**values))
    return StoredRender(clip.id, clip.team_id, run, now_ms, "queued", 0.0, minutes, None)


def charge(connection: Connection, team_id: str, minutes: float, allowed: float | None) -> bool:
    """Charge a team minutes of rendering, unless it has too few left; return whether it had.

    Args:
        connection: Of the records.
        team_id: Whom.
        minutes: How many.
        allowed: To teams whose record names no number; None: any number.
    """
    limit = func.coalesce(teams.c.minutes_allowed, allowed)
    done = connection.execute(
        update(teams)
        .where(
            teams.c.id == team_id,
            or_(limit.is_(None), teams.c.minutes_used + minutes <= limit + _ROUNDING),
        )
        .values(minutes_used=teams.c.minutes_used + minutes)
    )
    return done.rowcount > 0


def count_attempt(connection: Connection, render: StoredRender) -> int:
    """Count that a worker takes a render up; return how often."""
    counted = connection.execute(
        update(renders)
        .where(renders.c.clip_id == render.clip_id, renders.c.run == render.run)
        .values(deaths=renders.c.deaths + 1)
        .returning(renders.c.deaths)
    ).scalar_one_or_none()
    return counted or 0


def forgive_attempt(connection: Connection, render: StoredRender) -> None:
    """Take back that an attempt was counted: its worker was told to stop, and did."""
    connection.execute(
        update(renders)
        .where(renders.c.clip_id == render.clip_id, renders.c.deaths > 0)
        .values(deaths=renders.c.deaths - 1)
    )


def report(connection: Connection, render: StoredRender, progress: float) -> bool:
    """Say how far a render is; return whether it is still wanted."""
    return _change(connection, render, status="processing", progress=progress)


def finish(connection: Connection, render: StoredRender, size_bytes: int) -> bool:
    """Say that a render is there; return whether it was still wanted."""
    return _change(connection, render, status="done", progress=1.0, size_bytes=size_bytes)


def fail(connection: Connection, render: StoredRender, error: str) -> bool:
    """Say why a render came to nothing, and give its minutes back, once."""
    if not _change(connection, render, status="error", error=error):
        return False
    connection.execute(
        update(teams)
        .where(teams.c.id == render.team_id)
        .values(minutes_used=teams.c.minutes_used - render.minutes)
    )
    return True


def _change(connection: Connection, render: StoredRender, **values: Any) -> bool:
    done = connection.execute(
        update(renders)
        .where(
            renders.c.clip_id == render.clip_id,
            renders.c.run == render.run,
            renders.c.status.in_(_ACTIVE),
        )
        .values(**values)
    )
    return done.rowcount > 0


def _one(connection: Connection, wanted: Any) -> StoredRender | None:
    found: Row[Any] | None = connection.execute(wanted).one_or_none()
    return None if found is None else StoredRender(*found)  # type: ignore[call-arg]
