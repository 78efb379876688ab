"""Wishes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "wishes",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "concepts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'met', 'closed')", name=op.f("ck_wishes_status")),
        sa.CheckConstraint(
            "voice IN ('child', 'parent', 'professional', 'observed')", name=op.f("ck_wishes_voice")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_wishes_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_wishes")),
    )
    op.create_index(
        op.f("ix_wishes_authority_id_child_id"),
        "wishes",
        ["authority_id", "child_id"],
        unique=False,
    )
    protect("wishes")


def downgrade() -> None:
    """Take back."""
    op.drop_table("wishes")
