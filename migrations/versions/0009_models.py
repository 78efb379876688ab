"""Weights learned from past bookings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "models",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("weights", JSON, nullable=False),
        sa.Column("card", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_models_version")),
        sa.CheckConstraint(
            "NOT active OR verdict = 'better'", name=op.f("ck_models_active_is_better")
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_models")),
        sa.UniqueConstraint("authority_id", "version", name=op.f("uq_models_authority_id_version")),
    )
    op.create_index(
        "uq_models_active",
        "models",
        ["authority_id"],
        unique=True,
        postgresql_where="active",
    )
    protect("models")


def downgrade() -> None:
    """Take back."""
    op.drop_table("models")
