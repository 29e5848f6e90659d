"""The tables of the service; ``migrations/`` makes them.

Times are unix milliseconds, as in the clips API.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

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

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("upload_id", String(64), nullable=True),
    Column("url", Text, nullable=True),
    Column("language", String(2), nullable=True),
    Column("query", Text, nullable=False),
    Column("stage", String(64), nullable=True),
    Column("progress", Float, nullable=False, server_default="0"),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("answer", Text, nullable=True),
    Column("error", Text, nullable=True),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Index("ix_jobs_team_id_created_at_ms", "team_id", "created_at_ms", "id"),
)
"""Questions and, from when their source is analysed, their answers; both as the JSON of
``clipkit.schema``. ``deaths`` are those of workers at the same step: what kills them is not tried
for ever."""

clips = Table(
    "clips",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Column("has_preview", Boolean, nullable=False),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Index("ix_clips_job_id", "job_id"),
    Index("ix_clips_team_id", "team_id"),
)
"""The clips of answers, to be found by their ids."""

renders = Table(
    "renders",
    metadata,
    Column("clip_id", ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("run", Integer, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("progress", Float, nullable=False),
    Column("minutes", Float, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("error", Text, nullable=True),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Index("ix_renders_team_id", "team_id"),
)
"""The last full render of each clip; ``run`` counts how often it was asked for, ``minutes`` are
what the team was charged."""

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("url", String(2048), nullable=False),
    Column("events", Text, nullable=False),
    Column("secret", String(64), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    UniqueConstraint("team_id", "url"),
)
"""Who is told what happens. The secret is kept as it is: each delivery is signed with it."""

answers = Table(
    "answers",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("asked", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index("ix_answers_created_at_ms", "created_at_ms"),
)
"""What was answered to requests with an Idempotency-Key, and a digest of what they asked."""

workers = Table(
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("seen_at_ms", BigInteger, nullable=False),
)
"""Who works, and when they were heard of last: what the dead had begun, the living go on with."""
