"""The installation's own row."""

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and the one row that gives this installation its id."""
    table = op.create_table(
        "instance",
        sa.Column("singleton", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.String(64)),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_instance")),
        sa.CheckConstraint("singleton = 1", name=op.f("ck_instance_one_row")),
    )
    op.bulk_insert(table, [{"singleton": 1, "id": uuid.uuid4(), "created_at": datetime.now(UTC)}])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("instance")
