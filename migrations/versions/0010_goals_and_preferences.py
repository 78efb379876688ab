"""Goals with their steps, and the settings that a family prefers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "children", sa.Column("preferred_settings", JSON, nullable=False, server_default="[]")
    )
    op.create_table(
        "goals",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "voice IN ('child', 'parent', 'professional', 'observed')",
            name=op.f("ck_goals_voice"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'reached', 'dropped')", name=op.f("ck_goals_status")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_goals_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_goals")),
    )
    op.create_index(
        op.f("ix_goals_authority_id_child_id_id"),
        "goals",
        ["authority_id", "child_id", "id"],
        unique=False,
    )
    op.create_table(
        "steps",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'done')", name=op.f("ck_steps_status")),
        sa.ForeignKeyConstraint(
            ["authority_id", "goal_id"],
            ["goals.authority_id", "goals.id"],
            name=op.f("fk_steps_authority_id_goal_id_goals"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_steps")),
    )
    op.create_index(
        op.f("ix_steps_authority_id_goal_id_position"),
        "steps",
        ["authority_id", "goal_id", "position"],
        unique=True,
    )
    protect("goals", "steps")


def downgrade() -> None:
    """Take back."""
    op.drop_table("steps")
    op.drop_table("goals")
    op.drop_column("children", "preferred_settings")
