"""Uploads: files that clients send."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("team_id", sa.String(64), nullable=False),
        sa.Column("content_type", sa.String(128), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name="fk_uploads_team_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_uploads_team_id", "uploads", ["team_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("uploads")
