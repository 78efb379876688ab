"""What becomes of wishes: actions, how they end, and what is published of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import APPEND, protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
NEW_COLUMNS = {
    "reason": sa.Text(),
    "met_by": sa.Text(),
    "met_booking_id": sa.Uuid(),
    "ended_at": sa.DateTime(timezone=True),
    "reopened_at": sa.DateTime(timezone=True),
    "request_key": sa.LargeBinary(),
    "request_sha256": sa.LargeBinary(),
}
# Nothing could be done with a wish until now: all of them are open.
CHECKS = {
    "ended_when": "(status = 'open') = (ended_at IS NULL)",
    "met_how": "(status = 'met') = (met_by IS NOT NULL)",
    "met_by": "met_by IN ('attendance', 'word')",
    "met_where": "(met_by IS NOT DISTINCT FROM 'attendance') = (met_booking_id IS NOT NULL)",
    "ended_with_reason": (
        "reason IS NOT NULL OR status = 'open' OR met_by IS NOT DISTINCT FROM 'attendance'"
    ),
}
INDEXES = (["child_id", "id"], ["status", "id"], ["met_booking_id"])
# What was published cannot be counted anew: of a line, only the sentence can be changed.
SENTENCE = "SELECT, INSERT, UPDATE (we_did, released_at, released_by, version)"


def upgrade() -> None:
    """Apply."""
    for name, type_ in NEW_COLUMNS.items():
        op.add_column("wishes", sa.Column(name, type_, nullable=True))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_wishes_{name}"), "wishes", condition)
    op.create_unique_constraint(
        op.f("uq_wishes_authority_id_request_key"), "wishes", ["authority_id", "request_key"]
    )
    op.create_foreign_key(
        op.f("fk_wishes_authority_id_met_booking_id_bookings"),
        "wishes",
        "bookings",
        ["authority_id", "met_booking_id"],
        ["authority_id", "id"],
        ondelete="CASCADE",
    )
    op.drop_index(op.f("ix_wishes_authority_id_child_id"), "wishes")
    for columns in INDEXES:
        op.create_index(_index_name("wishes", columns), "wishes", ["authority_id", *columns])
    _create_actions()
    _create_statements()
    protect("wish_actions", "wish_statements", rights=APPEND)
    protect("wish_statement_lines", rights=SENTENCE)


def _create_actions() -> None:
    op.create_table(
        "wish_actions",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wish_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("club", sa.Text(), nullable=True),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("provider_ids", JSON, server_default="[]", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("together_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('introduced', 'asked_providers', 'group_founded', 'activity_added',"
            " 'not_possible')",
            name=op.f("ck_wish_actions_kind"),
        ),
        sa.CheckConstraint(
            "(kind = 'not_possible') = (reason IS NOT NULL)",
            name=op.f("ck_wish_actions_reason_of_kind"),
        ),
        *(
            sa.ForeignKeyConstraint(
                ["authority_id", column],
                [f"{table}.authority_id", f"{table}.id"],
                name=op.f(f"fk_wish_actions_authority_id_{column}_{table}"),
                ondelete="CASCADE" if table == "wishes" else None,
            )
            for table, column in (
                ("wishes", "wish_id"),
                ("providers", "provider_id"),
                ("activities", "activity_id"),
            )
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_wish_actions")),
    )
    columns = ["wish_id", "id"]
    op.create_index(
        _index_name("wish_actions", columns), "wish_actions", ["authority_id", *columns]
    )


def _create_statements() -> None:
    op.create_table(
        "wish_statements",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "quarter ~ '^20[0-9]{2}-Q[1-4]$'", name=op.f("ck_wish_statements_quarter")
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_wish_statements")),
        sa.UniqueConstraint(
            "authority_id", "quarter", name=op.f("uq_wish_statements_authority_id_quarter")
        ),
    )
    op.create_table(
        "wish_statement_lines",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("concept", sa.Text(), nullable=False),
        sa.Column("asked_at_least", sa.Integer(), nullable=False),
        sa.Column("areas", JSON, nullable=False),
        sa.Column("we_did", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "asked_at_least >= 15", name=op.f("ck_wish_statement_lines_above_threshold")
        ),
        sa.CheckConstraint(
            "(we_did IS NULL) = (released_at IS NULL)",
            name=op.f("ck_wish_statement_lines_released_when"),
        ),
        sa.CheckConstraint(
            "(we_did IS NULL) = (released_by IS NULL)",
            name=op.f("ck_wish_statement_lines_released_by_whom"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "statement_id"],
            ["wish_statements.authority_id", "wish_statements.id"],
            name=op.f("fk_wish_statement_lines_statement_id"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_wish_statement_lines")),
        sa.UniqueConstraint(
            *("authority_id", "quarter", "concept"),
            name=op.f("uq_wish_statement_lines_authority_id_quarter_concept"),
        ),
    )


def _index_name(table: str, columns: list[str]) -> str:
    return op.f("_".join([f"ix_{table}_authority_id", *columns]))


def downgrade() -> None:
    """Take back."""
    for table in ("wish_statement_lines", "wish_statements", "wish_actions"):
        op.drop_table(table)
    for columns in INDEXES:
        op.drop_index(_index_name("wishes", columns), "wishes")
    op.create_index(op.f("ix_wishes_authority_id_child_id"), "wishes", ["authority_id", "child_id"])
    op.drop_constraint(op.f("fk_wishes_authority_id_met_booking_id_bookings"), "wishes")
    op.drop_constraint(op.f("uq_wishes_authority_id_request_key"), "wishes")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_wishes_{name}"), "wishes")
    for name in NEW_COLUMNS:
        op.drop_column("wishes", name)
