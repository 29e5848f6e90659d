"""The tables of the service; ``migrations/`` makes them.

Times are unix milliseconds, as in the clips API.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, MetaData, String, Table

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

teams = Table(
    "teams",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("minutes_allowed", Float, nullable=True),
    Column("minutes_used", Float, nullable=False, server_default="0"),
)
"""Who owns clips. ``minutes_allowed`` of full renders; none: as many as they like."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("hash", String(256), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger, nullable=True),
    Index("ix_api_keys_team_id", "team_id"),
)
"""Keys by their slow hash; what was revoked stays, so that it can be told when."""

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("content_type", String(128), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index("ix_uploads_team_id", "team_id"),
)
"""Files that clients announced; whether one has come, the place of its object tells."""
