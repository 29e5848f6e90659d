"""How much room a team may take."""

from sqlalchemy import Connection

from clipkit.server.failures import ApiError, failures
from clipkit.server.records.upkeep import team_bytes
from clipkit.server.settings import Settings
from clipkit.server.storage.objects import ObjectStore, uploads_prefix

MAX_UPLOAD_BYTES = 5 * 2**30
"""No upload is larger, wherever it lies."""

NO_ROOM = failures({403: "The team has no room left."})
"""What the document says of endpoints that need room."""


def check_room(settings: Settings, connection: Connection, team_id: str, more: int = 0) -> None:
    """Refuse what would go beyond the room of a team.

    Args:
        settings: How much that is.
        connection: Of the records.
        team_id: Whose.
        more: Bytes that would be added.

    Raises:
        ApiError: It has too little left.
    """
    limit = settings.team_bytes
    if limit is None:
        return
    used = team_bytes(connection, team_id)
    if used >= limit or used + more > limit:
        raise ApiError(
            403,
            "QUOTA_EXCEEDED",
            f"the team's videos and clips take {used} bytes of the {limit} that they may take; "
            "delete jobs that are not needed any more",
        )


def has_room_for_uploads(settings: Settings, store: ObjectStore, team_id: str) -> bool:
    """Tell whether the uploads of a team leave room for one more.

    They have as much room as the team's videos and clips, beside them: each is there for a day,
    whether a job took it or not. The place of the objects is asked, which may be far away: not
    within a transaction.

    Args:
        settings: How much room that is.
        store: Where uploads lie.
        team_id: Whose.
    """
    limit = settings.team_bytes
    if limit is None:
        return True
    return sum(found.size_bytes for found in store.list(uploads_prefix(team_id))) < limit


def uploads_full(limit_bytes: int) -> ApiError:
    """Return the answer to an upload that there is no room for."""
    return ApiError(
        403,
        "QUOTA_EXCEEDED",
        f"the team's uploads of the last day have room for {limit_bytes} bytes, and this one would "
        "go beyond; use one that is there, or wait",
    )
