"""Providers, activities, sessions and offers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "catalogue_versions",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("authority_id", name=op.f("pk_catalogue_versions")),
    )
    op.create_table(
        "providers",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_providers")),
        sa.UniqueConstraint(
            "authority_id", "source_id", name=op.f("uq_providers_authority_id_source_id")
        ),
    )
    op.create_table(
        "activities",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("setting", sa.Text(), nullable=False),
        sa.Column("break_type", sa.Text(), nullable=False),
        sa.Column("min_age", sa.Integer(), nullable=False),
        sa.Column("max_age", sa.Integer(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("venue_name", sa.Text(), nullable=True),
        sa.Column("venue_address", sa.Text(), nullable=True),
        sa.Column("venue_postcode", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column(
            "funding", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("price_pence", sa.Integer(), nullable=False),
        sa.Column(
            "concepts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('english', title || ' ' || description)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_activities_position")
        ),
        sa.CheckConstraint("min_age >= 0 AND min_age <= max_age", name=op.f("ck_activities_ages")),
        sa.CheckConstraint("price_pence >= 0", name=op.f("ck_activities_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["authority_id", "provider_id"],
            ["providers.authority_id", "providers.id"],
            name=op.f("fk_activities_authority_id_provider_id_providers"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_activities")),
        sa.UniqueConstraint(
            "authority_id", "source_id", name=op.f("uq_activities_authority_id_source_id")
        ),
    )
    op.create_index(
        op.f("ix_activities_authority_id_provider_id"),
        "activities",
        ["authority_id", "provider_id"],
        unique=False,
    )
    op.create_table(
        "sessions",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("schedule_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('scheduled', 'cancelled')", name=op.f("ck_sessions_status")),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_sessions_capacity_not_negative")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_sessions_ends_after_start")),
        sa.CheckConstraint(
            "taken >= 0 AND taken <= capacity", name=op.f("ck_sessions_taken_within_capacity")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "activity_id"],
            ["activities.authority_id", "activities.id"],
            name=op.f("fk_sessions_authority_id_activity_id_activities"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint(
            "authority_id", "source_id", name=op.f("uq_sessions_authority_id_source_id")
        ),
    )
    op.create_index(
        op.f("ix_sessions_authority_id_activity_id_starts_at"),
        "sessions",
        ["authority_id", "activity_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sessions_authority_id_starts_at_id"),
        "sessions",
        ["authority_id", "starts_at", "id"],
        unique=False,
    )
    op.create_table(
        "offers",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("per_session", sa.Integer(), nullable=True),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("cost_pence", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'limited') = (per_session IS NOT NULL)", name=op.f("ck_offers_limited_counts")
        ),
        sa.CheckConstraint(
            "kind IN ('provided', 'limited', 'on_request')", name=op.f("ck_offers_kind")
        ),
        sa.CheckConstraint(
            "lead_days >= 0 AND cost_pence >= 0", name=op.f("ck_offers_terms_not_negative")
        ),
        sa.CheckConstraint(
            "per_session IS NULL OR per_session > 0", name=op.f("ck_offers_per_session_positive")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "activity_id"],
            ["activities.authority_id", "activities.id"],
            name=op.f("fk_offers_authority_id_activity_id_activities"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "session_id"],
            ["sessions.authority_id", "sessions.id"],
            name=op.f("fk_offers_authority_id_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_offers")),
    )
    op.create_index(
        "uq_offers_activity_need",
        "offers",
        ["authority_id", "activity_id", "need"],
        unique=True,
        postgresql_where="session_id IS NULL",
    )
    op.create_index(
        "uq_offers_session_need",
        "offers",
        ["authority_id", "session_id", "need"],
        unique=True,
        postgresql_where="session_id IS NOT NULL",
    )
    protect("catalogue_versions", "providers", "activities", "sessions", "offers")


def downgrade() -> None:
    """Take back."""
    op.drop_table("offers")
    op.drop_table("sessions")
    op.drop_table("activities")
    op.drop_table("providers")
    op.drop_table("catalogue_versions")
