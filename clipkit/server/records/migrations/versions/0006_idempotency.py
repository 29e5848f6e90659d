"""Answers to requests that may come twice."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "answers",
        sa.Column("team_id", sa.String(64), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("asked", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("team_id", "key", name="pk_answers"),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name="fk_answers_team_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_answers_created_at_ms", "answers", ["created_at_ms"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("answers")
