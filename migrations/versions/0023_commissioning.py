"""Scenarios and commissioning plans: what was asked, what was found, and for which children."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
BASIS = "basis IN ('exact', 'released')"
ABOUT = "(basis = 'exact') = (month IS NOT NULL) AND (basis = 'released') = (period IS NOT NULL)"


def _questions(table: str, asked: str) -> None:
    op.create_table(
        table,
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=True),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column(asked, JSON, nullable=False),
        sa.Column("outcome", JSON, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(BASIS, name=op.f(f"ck_{table}_basis")),
        sa.CheckConstraint(ABOUT, name=op.f(f"ck_{table}_about")),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        op.f(f"ix_{table}_authority_id_basis_id"), table, ["authority_id", "basis", "id"]
    )


def _children(table: str, parent: str, column: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column(column, sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["authority_id", column],
            [f"{parent}.authority_id", f"{parent}.id"],
            name=op.f(f"fk_{table}_authority_id_{column}_{parent}"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f(f"fk_{table}_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", column, "child_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_authority_id_child_id"), table, ["authority_id", "child_id"])


def upgrade() -> None:
    """Apply."""
    _questions("scenarios", "changes")
    _children(
        "scenario_children",
        "scenarios",
        "scenario_id",
        sa.Column("lost", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("gained", sa.ARRAY(sa.Text()), nullable=False),
    )
    _questions("commissioning_plans", "asked")
    _children(
        "plan_children",
        "commissioning_plans",
        "plan_id",
        sa.Column("item", sa.SmallInteger(), nullable=False),
        sa.Column("interests", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("wish_ids", sa.ARRAY(sa.Uuid()), nullable=False),
    )
    protect("scenarios", "scenario_children", "commissioning_plans", "plan_children")


def downgrade() -> None:
    """Take back."""
    for table in ("plan_children", "commissioning_plans", "scenario_children", "scenarios"):
        op.drop_table(table)
