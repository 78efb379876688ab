"""Authorities, their policies and support services, and the outbox."""

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import APPEND, grant, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "authorities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorities")),
    )
    op.create_table(
        "entitlement_policies",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("free_per_month", sa.Integer(), nullable=True),
        sa.Column("contributory_per_month", sa.Integer(), nullable=True),
        sa.Column("min_age_years", sa.Integer(), nullable=False),
        sa.Column("max_age_years", sa.Integer(), nullable=False),
        sa.Column("cancel_notice_hours", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cancel_notice_hours >= 0", name=op.f("ck_entitlement_policies_notice_not_negative")
        ),
        sa.CheckConstraint(
            "contributory_per_month >= 0",
            name=op.f("ck_entitlement_policies_contributory_not_negative"),
        ),
        sa.CheckConstraint(
            "free_per_month >= 0", name=op.f("ck_entitlement_policies_free_not_negative")
        ),
        sa.CheckConstraint(
            "min_age_years >= 0 AND min_age_years <= max_age_years",
            name=op.f("ck_entitlement_policies_ages"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_entitlement_policies")),
        sa.UniqueConstraint(
            "authority_id", "starts_on", name=op.f("uq_entitlement_policies_authority_id_starts_on")
        ),
    )
    op.create_table(
        "support_services",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("cost_pence", sa.Integer(), nullable=False),
        sa.Column("per_week", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cost_pence >= 0", name=op.f("ck_support_services_cost_not_negative")),
        sa.CheckConstraint("lead_days >= 0", name=op.f("ck_support_services_lead_not_negative")),
        sa.CheckConstraint("per_week >= 0", name=op.f("ck_support_services_per_week_not_negative")),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_support_services")),
    )
    op.create_table(
        "events",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "authority_id",
            "object_id",
            "sequence",
            name=op.f("uq_events_authority_id_object_id_sequence"),
        ),
    )
    op.create_index(
        op.f("ix_events_authority_id_occurred_at"),
        "events",
        ["authority_id", "occurred_at"],
        unique=False,
    )
    grant("authorities")
    protect("entitlement_policies", "support_services")
    protect("events", rights=APPEND)
    grant("alembic_version", rights="SELECT")


def downgrade() -> None:
    """Take back."""
    op.drop_table("events")
    op.drop_table("support_services")
    op.drop_table("entitlement_policies")
    op.drop_table("authorities")
