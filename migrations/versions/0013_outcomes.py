"""Progress on goals, a child's part in a club, and families that stay."""

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import APPEND, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "bookings",
        sa.Column("family_stays", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "goal_progress",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=True),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "voice IN ('child', 'parent', 'provider')", name=op.f("ck_goal_progress_voice")
        ),
        sa.CheckConstraint(
            "progress IN ('started', 'closer', 'reached')",
            name=op.f("ck_goal_progress_progress"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "booking_id"],
            ["bookings.authority_id", "bookings.id"],
            name=op.f("fk_goal_progress_authority_id_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "goal_id"],
            ["goals.authority_id", "goals.id"],
            name=op.f("fk_goal_progress_authority_id_goal_id_goals"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "step_id"],
            ["steps.authority_id", "steps.id"],
            name=op.f("fk_goal_progress_authority_id_step_id_steps"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_goal_progress")),
    )
    op.create_index(
        op.f("ix_goal_progress_authority_id_booking_id_voice"),
        "goal_progress",
        ["authority_id", "booking_id", "voice"],
    )
    op.create_index(
        op.f("ix_goal_progress_authority_id_goal_id_id"),
        "goal_progress",
        ["authority_id", "goal_id", "id"],
    )
    op.create_table(
        "progressions",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("club", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("from_role", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('recipient', 'member', 'mentor')", name=op.f("ck_progressions_role")
        ),
        sa.CheckConstraint(
            "from_role IN ('recipient', 'member', 'mentor')",
            name=op.f("ck_progressions_from_role"),
        ),
        sa.CheckConstraint("role <> from_role", name=op.f("ck_progressions_moves")),
        sa.CheckConstraint(
            "(provider_id IS NULL) <> (club IS NULL)", name=op.f("ck_progressions_one_place")
        ),
        sa.CheckConstraint(
            "activity_id IS NULL OR provider_id IS NOT NULL",
            name=op.f("ck_progressions_activity_of"),
        ),
        sa.CheckConstraint(
            "voice IN ('child', 'parent', 'professional', 'observed')",
            name=op.f("ck_progressions_voice"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_progressions_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "provider_id"],
            ["providers.authority_id", "providers.id"],
            name=op.f("fk_progressions_authority_id_provider_id_providers"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "activity_id"],
            ["activities.authority_id", "activities.id"],
            name=op.f("fk_progressions_authority_id_activity_id_activities"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_progressions")),
    )
    op.create_index(
        op.f("ix_progressions_authority_id_child_id_id"),
        "progressions",
        ["authority_id", "child_id", "id"],
    )
    op.create_index(
        op.f("ix_progressions_authority_id_since"), "progressions", ["authority_id", "since"]
    )
    protect("goal_progress", "progressions", rights=APPEND)


def downgrade() -> None:
    """Take back."""
    op.drop_table("progressions")
    op.drop_table("goal_progress")
    op.drop_column("bookings", "family_stays")
