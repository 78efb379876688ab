"""Releases of unmet interests: drawn once, never changed, and charged to a yearly budget."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import APPEND, protect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
SIZE_CLASSES = "size_class IN ('under_200', '200_to_500', 'over_500')"

# For whoever has the right at all: only who erases the whole authority, and says so, may delete.
KEEP = """
    CREATE FUNCTION keep_released() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE'
           AND current_setting('app.erased_authority', true) = OLD.authority_id::text THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'what has been released stays' USING ERRCODE = 'restrict_violation';
    END $$
"""
ONLY_GROW = """
    CREATE FUNCTION only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.releases <= OLD.releases OR NEW.rho_thousandths <= OLD.rho_thousandths
           OR (NEW.authority_id, NEW.year) IS DISTINCT FROM (OLD.authority_id, OLD.year) THEN
            RAISE EXCEPTION 'a budget is only spent' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
"""
KEPT = {
    "gap_releases": "UPDATE OR DELETE",
    "gap_release_cells": "UPDATE OR DELETE",
    "authority_sizes": "UPDATE OR DELETE",
    "release_budgets": "DELETE",
}


def upgrade() -> None:
    """Apply."""
    _create_settings()
    _create_releases()
    protect(
        *("authority_sizes", "locality_declarations", "gap_releases", "gap_release_cells"),
        rights=APPEND,
    )
    protect("release_budgets", rights="SELECT, INSERT, UPDATE")
    op.execute(KEEP)
    op.execute(ONLY_GROW)
    for table, changes in KEPT.items():
        op.execute(
            f"CREATE TRIGGER keep_released BEFORE {changes} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION keep_released()"
        )
    op.execute(
        "CREATE TRIGGER only_grow BEFORE UPDATE ON release_budgets"
        " FOR EACH ROW EXECUTE FUNCTION only_grow()"
    )


def _create_settings() -> None:
    op.create_table(
        "authority_sizes",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size_class", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(SIZE_CLASSES, name=op.f("ck_authority_sizes_size_class")),
        sa.PrimaryKeyConstraint("authority_id", "year", name=op.f("pk_authority_sizes")),
    )
    op.create_table(
        "locality_declarations",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("groups", JSON, nullable=False),
        sa.Column("declared_by", sa.Uuid(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_locality_declarations")),
    )
    op.create_table(
        "release_budgets",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("releases", "allowed", "rho_thousandths")
        ),
        sa.CheckConstraint(
            "releases BETWEEN 0 AND allowed", name=op.f("ck_release_budgets_releases_allowed")
        ),
        sa.CheckConstraint("allowed BETWEEN 1 AND 4", name=op.f("ck_release_budgets_allowed")),
        sa.CheckConstraint(
            "rho_thousandths BETWEEN 0 AND 500",
            name=op.f("ck_release_budgets_rho_within_year"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "year", name=op.f("pk_release_budgets")),
    )


def _create_releases() -> None:
    op.create_table(
        "gap_releases",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("year", "release_of_year", "rho_thousandths")
        ),
        sa.Column("size_class", sa.Text(), nullable=False),
        sa.Column("mechanism", sa.Text(), nullable=False),
        sa.Column("library", sa.Text(), nullable=False),
        *(sa.Column(name, JSON, nullable=False) for name in ("tables", "topics", "breakdowns")),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(SIZE_CLASSES, name=op.f("ck_gap_releases_size_class")),
        sa.CheckConstraint("rho_thousandths > 0", name=op.f("ck_gap_releases_rho_positive")),
        sa.CheckConstraint("release_of_year >= 1", name=op.f("ck_gap_releases_release_of_year")),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_gap_releases")),
        sa.UniqueConstraint(
            "authority_id", "period", name=op.f("uq_gap_releases_authority_id_period")
        ),
        sa.UniqueConstraint(
            *("authority_id", "year", "release_of_year"),
            name=op.f("uq_gap_releases_authority_id_year_release_of_year"),
        ),
    )
    op.create_table(
        "gap_release_cells",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("interest", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("noised", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "release_id"],
            ["gap_releases.authority_id", "gap_releases.id"],
            name=op.f("fk_gap_release_cells_authority_id_release_id_gap_releases"),
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "release_id", "position", name=op.f("pk_gap_release_cells")
        ),
    )
    op.create_index(
        "uq_gap_release_cells_place",
        "gap_release_cells",
        ["authority_id", "release_id", "by", "interest", "value"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    """Take back."""
    for table in (
        *("gap_release_cells", "gap_releases"),
        *("release_budgets", "locality_declarations", "authority_sizes"),
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION only_grow()")
    op.execute("DROP FUNCTION keep_released()")
