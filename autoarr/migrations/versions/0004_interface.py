"""What the user interface asks for: posters of requests, changes by finding, activity by outcome and subject."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let requests say where their poster is, and have long lists found by what they are narrowed to."""
    op.add_column("requests", sa.Column("poster_source", sa.String(length=1000), nullable=True))
    op.create_index(op.f("ix_changes_finding_id_created_at"), "changes", ["finding_id", "created_at"], unique=False)
    op.create_index(op.f("ix_activity_outcome_at"), "activity", ["outcome", "at"], unique=False)
    op.create_index(op.f("ix_activity_subject"), "activity", ["subject"], unique=False)


def downgrade() -> None:
    """Take all of it back."""
    op.drop_index(op.f("ix_activity_subject"), table_name="activity")
    op.drop_index(op.f("ix_activity_outcome_at"), table_name="activity")
    op.drop_index(op.f("ix_changes_finding_id_created_at"), table_name="changes")
    op.drop_column("requests", "poster_source")
