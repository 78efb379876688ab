"""Gaps: of each month what was judged, the children with their facts, the sessions."""

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MONTH = "month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"
SIDE_BY_SIDE = " AND ".join(
    f"cardinality(wants) = cardinality({column})"
    for column in ("outcomes", "reasons", "lacking", "sessions", "options")
)
# Whoever keeps a copy of a month knows by its version that a child has gone from it.
RAISE_VERSION = """
    CREATE FUNCTION raise_gap_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE gap_months m SET version = m.version + 1
        FROM (SELECT DISTINCT authority_id, month FROM gone) AS g
        WHERE m.authority_id = g.authority_id AND m.month = g.month;
        RETURN NULL;
    END $$
"""
WHEN_GONE = """
    CREATE TRIGGER raise_gap_version AFTER DELETE ON gap_children
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION raise_gap_version()
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "gap_months",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("catalogue_version", sa.Integer(), nullable=False),
        sa.Column("judged_by", sa.Text(), nullable=False),
        sa.Column("last_event_id", sa.Uuid(), nullable=True),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint(MONTH, name=op.f("ck_gap_months_month")),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_gap_months")),
        sa.UniqueConstraint("authority_id", "month", name=op.f("uq_gap_months_authority_id_month")),
    )
    op.create_table(
        "gap_children",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("age", sa.SmallInteger(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("needs", sa.BigInteger(), nullable=False),
        sa.Column("sen_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("wants", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("outcomes", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("lacking", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("sessions", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("options", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("going", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("alike", sa.ARRAY(sa.Integer()), nullable=False),
        sa.CheckConstraint(MONTH, name=op.f("ck_gap_children_month")),
        sa.CheckConstraint(SIDE_BY_SIDE, name=op.f("ck_gap_children_side_by_side")),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_gap_children_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "month", "child_id", name=op.f("pk_gap_children")),
    )
    op.create_index(
        op.f("ix_gap_children_authority_id_child_id"), "gap_children", ["authority_id", "child_id"]
    )
    op.create_table(
        "gap_sessions",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("signature", sa.BigInteger(), nullable=True),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("setting", sa.Text(), nullable=False),
        sa.Column("places_left", sa.Integer(), nullable=False),
        sa.Column("serves", sa.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(MONTH, name=op.f("ck_gap_sessions_month")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_gap_sessions_weekday")),
        sa.CheckConstraint(
            "setting IN ('specialist', 'supported', 'universal')",
            name=op.f("ck_gap_sessions_setting"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "month", "number", name=op.f("pk_gap_sessions")),
        sa.UniqueConstraint(
            *("authority_id", "month", "session_id"),
            name=op.f("uq_gap_sessions_authority_id_month_session_id"),
        ),
    )
    protect("gap_months", "gap_children", "gap_sessions")
    op.execute(RAISE_VERSION)
    op.execute(WHEN_GONE)


def downgrade() -> None:
    """Take back."""
    for table in ("gap_sessions", "gap_children", "gap_months"):
        op.drop_table(table)
    op.execute("DROP FUNCTION raise_gap_version()")
