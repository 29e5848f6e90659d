"""Full renders of clips."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "renders",
        sa.Column("clip_id", sa.String(64), nullable=False),
        sa.Column("team_id", sa.String(64), nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("minutes", sa.Float, nullable=False),
        sa.Column("deaths", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("clip_id", name="pk_renders"),
        sa.ForeignKeyConstraint(
            ["clip_id"], ["clips.id"], name="fk_renders_clip_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name="fk_renders_team_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_renders_team_id", "renders", ["team_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("renders")
