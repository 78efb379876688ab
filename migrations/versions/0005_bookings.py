"""Bookings and the counters that guard them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "bookings",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("uses_entitlement", sa.Boolean(), nullable=False),
        sa.Column("price_pence", sa.Integer(), nullable=False),
        sa.Column(
            "limited_needs",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("hold_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_cause", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_bookings_cancelled_when"),
        ),
        sa.CheckConstraint("funding IN ('free', 'contributory')", name=op.f("ck_bookings_funding")),
        sa.CheckConstraint(
            "status IN ('held', 'confirmed', 'waitlisted', 'cancelled', 'attended', 'no_show')",
            name=op.f("ck_bookings_status"),
        ),
        sa.CheckConstraint("price_pence >= 0", name=op.f("ck_bookings_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_bookings_authority_id_child_id_children"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "session_id"],
            ["sessions.authority_id", "sessions.id"],
            name=op.f("fk_bookings_authority_id_session_id_sessions"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_bookings")),
    )
    op.create_index(
        op.f("ix_bookings_authority_id_child_id_id"),
        "bookings",
        ["authority_id", "child_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bookings_authority_id_session_id_id"),
        "bookings",
        ["authority_id", "session_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_bookings_hold_expires_at",
        "bookings",
        ["authority_id", "hold_expires_at"],
        unique=False,
        postgresql_where="status = 'held' AND hold_expires_at IS NOT NULL",
    )
    op.create_index(
        "uq_bookings_child_session_live",
        "bookings",
        ["authority_id", "child_id", "session_id"],
        unique=True,
        postgresql_where="status <> 'cancelled'",
    )
    op.create_table(
        "arrangements",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("support_service_id", sa.Uuid(), nullable=True),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("cost_pence", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(source = 'authority') = (support_service_id IS NOT NULL)",
            name=op.f("ck_arrangements_service_of_source"),
        ),
        sa.CheckConstraint(
            "source IN ('provider', 'authority')", name=op.f("ck_arrangements_source")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'done', 'waived', 'dropped')", name=op.f("ck_arrangements_status")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "booking_id"],
            ["bookings.authority_id", "bookings.id"],
            name=op.f("fk_arrangements_authority_id_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "support_service_id"],
            ["support_services.authority_id", "support_services.id"],
            name=op.f("fk_arrangements_authority_id_support_service_id_support_services"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_arrangements")),
    )
    op.create_index(
        op.f("ix_arrangements_authority_id_booking_id"),
        "arrangements",
        ["authority_id", "booking_id"],
        unique=False,
    )
    op.create_table(
        "entitlement_counters",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "funding IN ('free', 'contributory')", name=op.f("ck_entitlement_counters_funding")
        ),
        sa.CheckConstraint(
            "month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name=op.f("ck_entitlement_counters_month")
        ),
        sa.CheckConstraint(
            "used >= 0 AND (allowed IS NULL OR used <= allowed)",
            name=op.f("ck_entitlement_counters_used_allowed"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_entitlement_counters_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "child_id", "month", "funding", name=op.f("pk_entitlement_counters")
        ),
    )
    op.create_table(
        "session_support",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "used >= 0 AND used <= allowed", name=op.f("ck_session_support_used_allowed")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "session_id"],
            ["sessions.authority_id", "sessions.id"],
            name=op.f("fk_session_support_authority_id_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "session_id", "need", name=op.f("pk_session_support")
        ),
    )
    op.create_table(
        "support_service_weeks",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("support_service_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "week ~ '^[0-9]{4}-W[0-9]{2}$'", name=op.f("ck_support_service_weeks_week")
        ),
        sa.CheckConstraint(
            "used >= 0 AND used <= allowed", name=op.f("ck_support_service_weeks_used_allowed")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "support_service_id"],
            ["support_services.authority_id", "support_services.id"],
            name=op.f("fk_support_service_weeks_authority_id_support_service_id_support_services"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "support_service_id", "week", name=op.f("pk_support_service_weeks")
        ),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("acting_as", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("booking_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "authority_id", "client_id", "acting_as", "key", name=op.f("pk_idempotency_keys")
        ),
    )
    op.create_index(
        op.f("ix_idempotency_keys_authority_id_created_at"),
        "idempotency_keys",
        ["authority_id", "created_at"],
        unique=False,
    )
    protect(
        "bookings",
        "arrangements",
        "entitlement_counters",
        "session_support",
        "support_service_weeks",
        "idempotency_keys",
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("idempotency_keys")
    op.drop_table("support_service_weeks")
    op.drop_table("session_support")
    op.drop_table("entitlement_counters")
    op.drop_table("arrangements")
    op.drop_table("bookings")
