"""How much room sources, previews and renders take."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


_TABLES = ("jobs", "clips", "renders")


def upgrade() -> None:
    """Add the columns."""
    for table in _TABLES:
        op.add_column(
            table, sa.Column("size_bytes", sa.BigInteger, nullable=False, server_default="0")
        )


def downgrade() -> None:
    """Drop the columns."""
    for table in _TABLES:
        op.drop_column(table, "size_bytes")
