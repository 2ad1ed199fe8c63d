"""Where the poster of a request is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let requests say where their poster is."""
    op.add_column("requests", sa.Column("poster_source", sa.String(length=1000), nullable=True))
