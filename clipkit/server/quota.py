"""How much room a team may take."""

from sqlalchemy import Connection

from clipkit.server.failures import ApiError, failures
from clipkit.server.records.upkeep import team_bytes
from clipkit.server.settings import Settings

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
