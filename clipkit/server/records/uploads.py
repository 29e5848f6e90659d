"""Uploads that clients announced; whether one has come, the place of its object tells."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from clipkit.server.records.tables import uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a client sends, or has sent."""

    id: str
    content_type: str
    """As it was announced; what is sent must declare the same."""

    created_at_ms: int
    """Or when a fresh URL for it was asked for last."""


def add_upload(connection: Connection, team_id: str, content_type: str, now_ms: int) -> Upload:
    """Remember that a team will send a file."""
    upload = Upload(str(uuid.uuid4()), content_type, now_ms)
    connection.execute(
        insert(uploads).values(
            id=upload.id, team_id=team_id, content_type=content_type, created_at_ms=now_ms
        )
    )
    return upload


def find_upload(connection: Connection, team_id: str, upload_id: str) -> Upload | None:
    """Return an upload of a team; None where it has no such one."""
    found = connection.execute(
        select(uploads.c.id, uploads.c.content_type, uploads.c.created_at_ms).where(
            uploads.c.id == upload_id, uploads.c.team_id == team_id
        )
    ).one_or_none()
    return None if found is None else Upload(*found)


def renew(connection: Connection, team_id: str, upload_id: str, now_ms: int) -> Upload | None:
    """Remember an upload of a team for as long as a new one; None where it has no such one."""
    connection.execute(
        update(uploads)
        .where(uploads.c.id == upload_id, uploads.c.team_id == team_id)
        .values(created_at_ms=now_ms)
    )
    return find_upload(connection, team_id, upload_id)
