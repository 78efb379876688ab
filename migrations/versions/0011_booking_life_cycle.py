"""The life of a booking: its history, what it uses of a year, overrides, waiting lists, offers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import APPEND, protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())

# What was booked before is in the year of its month, April to March, and its events become its
# history; by whom each change was is not known any more.
YEAR_OF_MONTH = """
    UPDATE bookings SET year = start || '/' || right((start + 1)::text, 2)
    FROM (SELECT id AS of, left(month, 4)::int - (right(month, 2)::int < 4)::int AS start
          FROM bookings) began
    WHERE began.of = bookings.id
"""
HISTORY_OF_EVENTS = """
    INSERT INTO booking_changes (authority_id, booking_id, version, what, status, at)
    SELECT b.authority_id, b.id, e.sequence, e.type,
           CASE e.type WHEN 'booking.confirmed' THEN 'confirmed'
                       WHEN 'booking.cancelled' THEN 'cancelled'
                       WHEN 'booking.expired' THEN 'cancelled'
                       WHEN 'booking.attended' THEN 'attended'
                       WHEN 'booking.feedback_given' THEN 'attended'
                       WHEN 'booking.no_show' THEN 'no_show' END,
           e.occurred_at
    FROM bookings b
    JOIN events e ON e.authority_id = b.authority_id AND e.object_id = b.id
"""
TENANTS = "SELECT id FROM authorities"


def upgrade() -> None:
    """Apply."""
    _add_policy_terms()
    op.add_column("households", sa.Column("income_band", sa.Text(), nullable=True))
    op.add_column(
        "activities", sa.Column("cost_pence", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "sessions",
        sa.Column("kept_for_waitlist", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "ix_sessions_kept_for_waitlist",
        "sessions",
        ["authority_id", "id"],
        postgresql_where="kept_for_waitlist",
    )
    _add_booking_terms()
    _create_counters()
    _create_history()
    _create_waiting()
    connection = op.get_bind()
    for (authority_id,) in connection.execute(sa.text(TENANTS)).all():
        connection.execute(
            sa.text("SELECT set_config('app.authority', :id, true)"), {"id": str(authority_id)}
        )
        connection.execute(sa.text(YEAR_OF_MONTH))
        connection.execute(sa.text(HISTORY_OF_EVENTS))
    connection.execute(sa.text("SELECT set_config('app.authority', '', true)"))
    op.alter_column("bookings", "year", nullable=False)


def _add_policy_terms() -> None:
    for column in (
        sa.Column(
            "late_cancellation_gives_back", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
        sa.Column("minutes_per_year", sa.Integer(), nullable=True),
        sa.Column("nights_per_year", sa.Integer(), nullable=True),
        sa.Column("pence_per_year", sa.Integer(), nullable=True),
        sa.Column("uncounted_break_types", JSON, server_default="[]", nullable=False),
        sa.Column("contribution_pence", sa.Integer(), nullable=True),
        sa.Column("contribution_by_band", JSON, server_default="{}", nullable=False),
        sa.Column(
            "waitlist_order", sa.Text(), server_default="longest_without_break", nullable=False
        ),
        sa.Column("offer_hours", sa.Integer(), server_default="48", nullable=False),
    ):
        op.add_column("entitlement_policies", column)
    for name, rule in (
        (
            "yearly_not_negative",
            "minutes_per_year >= 0 AND nights_per_year >= 0 AND pence_per_year >= 0",
        ),
        ("contribution_not_negative", "contribution_pence >= 0"),
        ("waitlist_order", "waitlist_order IN ('longest_without_break', 'joined')"),
        ("offer_hours_positive", "offer_hours > 0"),
    ):
        op.create_check_constraint(
            op.f(f"ck_entitlement_policies_{name}"), "entitlement_policies", rule
        )


def _add_booking_terms() -> None:
    for column in (
        sa.Column("funder", sa.Text(), server_default="authority", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    ):
        op.add_column("arrangements", column)
    op.alter_column("arrangements", "funder", server_default=None)
    op.alter_column("arrangements", "version", server_default=None)
    # Until now nothing could be waived, so no row is without its reason.
    op.create_check_constraint(
        op.f("ck_arrangements_waived_with_reason"),
        "arrangements",
        "status <> 'waived' OR reason IS NOT NULL",
    )
    op.create_check_constraint(
        op.f("ck_arrangements_funder"),
        "arrangements",
        "funder IN ('authority', 'provider', 'family', 'health', 'education', 'charity')",
    )
    op.create_index(
        "ix_arrangements_open",
        "arrangements",
        ["authority_id", "due_at", "id"],
        postgresql_where="status = 'open'",
    )
    for column in (
        sa.Column("counts", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("year", sa.Text(), nullable=True),
        sa.Column("yearly_use", JSON, server_default="{}", nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("confirm_when_arranged", sa.Boolean(), server_default=sa.false(), nullable=False),
    ):
        op.add_column("bookings", column)
    op.create_index(
        "ix_bookings_party_id",
        "bookings",
        ["authority_id", "party_id"],
        postgresql_where="party_id IS NOT NULL",
    )


def _create_counters() -> None:
    op.create_table(
        "yearly_counters",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "measure IN ('minutes', 'nights', 'pence')", name=op.f("ck_yearly_counters_measure")
        ),
        sa.CheckConstraint("year ~ '^[0-9]{4}/[0-9]{2}$'", name=op.f("ck_yearly_counters_year")),
        sa.CheckConstraint(
            "used >= 0 AND (allowed IS NULL OR used <= allowed)",
            name=op.f("ck_yearly_counters_used_allowed"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_yearly_counters_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "child_id", "year", "measure", name=op.f("pk_yearly_counters")
        ),
    )
    op.create_table(
        "entitlement_overrides",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "measure IN ('free', 'contributory', 'minutes', 'nights', 'pence')",
            name=op.f("ck_entitlement_overrides_measure"),
        ),
        sa.CheckConstraint(
            "allowed >= 0", name=op.f("ck_entitlement_overrides_allowed_not_negative")
        ),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_entitlement_overrides_days")),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_entitlement_overrides_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_entitlement_overrides")),
    )
    op.create_index(
        op.f("ix_entitlement_overrides_authority_id_child_id_id"),
        "entitlement_overrides",
        ["authority_id", "child_id", "id"],
    )
    protect("yearly_counters", "entitlement_overrides")


def _create_history() -> None:
    op.create_table(
        "booking_changes",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("client_kind", sa.Text(), nullable=True),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("facts", JSON, server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "booking_id"],
            ["bookings.authority_id", "bookings.id"],
            name=op.f("fk_booking_changes_authority_id_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "booking_id", "version", name=op.f("pk_booking_changes")
        ),
    )
    protect("booking_changes", rights=APPEND)


def _create_waiting() -> None:
    op.create_table(
        "waitlist_entries",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skip_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id", "booking_id"],
            ["bookings.authority_id", "bookings.id"],
            name=op.f("fk_waitlist_entries_authority_id_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "session_id"],
            ["sessions.authority_id", "sessions.id"],
            name=op.f("fk_waitlist_entries_authority_id_session_id_sessions"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "booking_id", name=op.f("pk_waitlist_entries")),
    )
    op.create_index(
        "ix_waitlist_entries_turn",
        "waitlist_entries",
        ["authority_id", "session_id", "joined_at", "booking_id"],
    )
    op.create_table(
        "place_offers",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'open') = (answered_at IS NULL)", name=op.f("ck_place_offers_answered_when")
        ),
        sa.CheckConstraint("source IN ('waitlist', 'round')", name=op.f("ck_place_offers_source")),
        sa.CheckConstraint(
            "status IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')",
            name=op.f("ck_place_offers_status"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "booking_id"],
            ["bookings.authority_id", "bookings.id"],
            name=op.f("fk_place_offers_authority_id_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_place_offers")),
    )
    op.create_index(
        "uq_place_offers_booking_open",
        "place_offers",
        ["authority_id", "booking_id"],
        unique=True,
        postgresql_where="status = 'open'",
    )
    op.create_index(
        "ix_place_offers_open",
        "place_offers",
        ["authority_id", "expires_at"],
        postgresql_where="status = 'open'",
    )
    protect("waitlist_entries", "place_offers")


def downgrade() -> None:
    """Take back."""
    for table in (
        "place_offers",
        "waitlist_entries",
        "booking_changes",
        "entitlement_overrides",
        "yearly_counters",
    ):
        op.drop_table(table)
    for column in ("confirm_when_arranged", "party_id", "yearly_use", "year", "counts"):
        op.drop_column("bookings", column)
    op.drop_index("ix_arrangements_open", "arrangements")
    for column in ("version", "closed_at", "reason", "funder"):
        op.drop_column("arrangements", column)
    op.drop_column("sessions", "kept_for_waitlist")
    op.drop_column("activities", "cost_pence")
    op.drop_column("households", "income_band")
    for column in (
        "offer_hours",
        "waitlist_order",
        "contribution_by_band",
        "contribution_pence",
        "uncounted_break_types",
        "pence_per_year",
        "nights_per_year",
        "minutes_per_year",
        "late_cancellation_gives_back",
    ):
        op.drop_column("entitlement_policies", column)
