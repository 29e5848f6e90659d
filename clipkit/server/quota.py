"""How much room a team may take."""

from sqlalchemy import Connection

from clipkit.server.failures import ApiError, failures
from clipkit.server.records.upkeep import team_bytes
from clipkit.server.settings import Settings
from clipkit.server.storage.objects import ObjectStore, uploads_prefix

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


def check_uploads(settings: Settings, store: ObjectStore, team_id: str) -> None:
    """Refuse a further upload where those of the last day take as much room as the team may.

    They have it beside the team's videos and clips: each is there for a day, whether a job took it
    or not. The place of the objects is asked, which may be far away: not within a transaction.

    Args:
        settings: How much room that is.
        store: Where uploads lie.
        team_id: Whose.

    Raises:
        ApiError: There is no room for more.
    """
    limit = settings.team_bytes
    if limit is None:
        return
    sent = sum(found.size_bytes for found in store.list(uploads_prefix(team_id)))
    if sent >= limit:
        raise ApiError(
            403,
            "QUOTA_EXCEEDED",
            f"the team's uploads of the last day take {sent} bytes of the {limit} that they may "
            "take; use one that is there, or wait",
        )
