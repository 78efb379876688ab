"""Rounds, their brochures, and what families choose."""

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import APPEND, protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _create_rounds()
    _create_brochures()
    _create_choices()
    protect("rounds", "choice_lists", "choices", "choice_links")
    protect("brochures", "brochure_documents", "brochure_sessions", rights=APPEND)


def _create_rounds() -> None:
    op.create_table(
        "rounds",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("publish_on", sa.Date(), nullable=False),
        sa.Column("choices_open_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("choices_close_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offers_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("announced", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allocated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offers_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'allocated', 'offers_out', 'closed')",
            name=op.f("ck_rounds_state"),
        ),
        sa.CheckConstraint(
            "choices_open_at < choices_close_at AND choices_close_at < offers_by"
            " AND offers_by <= closes_at",
            name=op.f("ck_rounds_dates_in_order"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("authority_id", "quarter", name=op.f("uq_rounds_authority_id_quarter")),
    )
    op.create_index(
        "ix_rounds_published",
        "rounds",
        ["authority_id", "id"],
        postgresql_where="state = 'published'",
    )


def _create_brochures() -> None:
    op.create_table(
        "brochures",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("frozen_by", sa.Uuid(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        _belongs_to("brochures", "rounds", "round_id"),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_brochures")),
        sa.UniqueConstraint(
            *("authority_id", "round_id", "version"),
            name=op.f("uq_brochures_authority_id_round_id_version"),
        ),
    )
    op.create_table(
        "brochure_documents",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("brochure_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "form IN ('json', 'html', 'pdf', 'easy_read_html', 'easy_read_pdf')",
            name=op.f("ck_brochure_documents_form"),
        ),
        _belongs_to("brochure_documents", "brochures", "brochure_id"),
        sa.PrimaryKeyConstraint(
            "authority_id", "brochure_id", "form", name=op.f("pk_brochure_documents")
        ),
    )
    op.create_table(
        "brochure_sessions",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("brochure_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        _belongs_to("brochure_sessions", "brochures", "brochure_id"),
        _belongs_to("brochure_sessions", "sessions", "session_id"),
        sa.PrimaryKeyConstraint(
            "authority_id", "brochure_id", "session_id", name=op.f("pk_brochure_sessions")
        ),
    )


def _create_choices() -> None:
    op.create_table(
        "choice_lists",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("fill_in", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        _belongs_to("choice_lists", "rounds", "round_id"),
        _belongs_to("choice_lists", "children", "child_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_choice_lists")),
        sa.UniqueConstraint(
            *("authority_id", "round_id", "child_id"),
            name=op.f("uq_choice_lists_authority_id_round_id_child_id"),
        ),
    )
    op.create_table(
        "choices",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_choices_rank")),
        sa.CheckConstraint("funding IN ('free', 'contributory')", name=op.f("ck_choices_funding")),
        _belongs_to("choices", "choice_lists", "list_id", ondelete="CASCADE"),
        _belongs_to("choices", "sessions", "session_id"),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_choices")),
        sa.UniqueConstraint(
            *("authority_id", "list_id", "month", "rank"),
            name=op.f("uq_choices_authority_id_list_id_month_rank"),
        ),
        sa.UniqueConstraint(
            *("authority_id", "list_id", "session_id"),
            name=op.f("uq_choices_authority_id_list_id_session_id"),
        ),
    )
    op.create_table(
        "choice_links",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("choice_id", sa.Uuid(), nullable=False),
        sa.Column("sibling_id", sa.Uuid(), nullable=False),
        _belongs_to("choice_links", "choices", "choice_id", ondelete="CASCADE"),
        _belongs_to("choice_links", "children", "sibling_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(
            "authority_id", "choice_id", "sibling_id", name=op.f("pk_choice_links")
        ),
    )
    for table, columns in (
        ("choice_lists", ["round_id", "id"]),
        ("choice_lists", ["child_id"]),
        ("choices", ["session_id"]),
        ("choice_links", ["sibling_id"]),
    ):
        name = "_".join(["ix", table, "authority_id", *columns])
        op.create_index(op.f(name), table, ["authority_id", *columns])


def _belongs_to(
    table: str, parent: str, column: str, *, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["authority_id", column],
        [f"{parent}.authority_id", f"{parent}.id"],
        name=op.f(f"fk_{table}_authority_id_{column}_{parent}"),
        ondelete=ondelete,
    )


def downgrade() -> None:
    """Take back."""
    for table in (
        *("choice_links", "choices", "choice_lists"),
        *("brochure_sessions", "brochure_documents", "brochures"),
        "rounds",
    ):
        op.drop_table(table)
