"""Jobs of any kind; commissioning plans are made by one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
OF_ALLOCATIONS = """
    UPDATE jobs j SET kind = 'allocation',
        result_url = '/v1/rounds/' || a.round_id || '/allocations/' || a.id
    FROM allocations a WHERE a.authority_id = j.authority_id AND a.id = j.result_id
"""


def _of_each_authority(*statements: str) -> None:
    connection = op.get_bind()
    for authority_id in connection.scalars(sa.text("SELECT id FROM authorities")).all():
        connection.execute(
            sa.text("SELECT set_config('app.authority', :authority_id, true)"),
            {"authority_id": str(authority_id)},
        )
        for statement in statements:
            connection.execute(sa.text(statement))
    connection.execute(sa.text("SELECT set_config('app.authority', '', true)"))


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f("fk_jobs_authority_id_allocation_id_allocations"), "jobs")
    op.drop_constraint(op.f("uq_jobs_authority_id_allocation_id"), "jobs")
    op.alter_column("jobs", "allocation_id", new_column_name="result_id")
    op.create_unique_constraint(
        op.f("uq_jobs_authority_id_result_id"), "jobs", ["authority_id", "result_id"]
    )
    op.add_column("jobs", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("jobs", sa.Column("result_url", sa.Text(), nullable=True))
    _of_each_authority(OF_ALLOCATIONS)
    op.alter_column("jobs", "kind", nullable=False)
    op.alter_column("jobs", "result_url", nullable=False)

    table = "commissioning_plans"
    op.add_column(
        table, sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'done'"))
    )
    op.alter_column(table, "status", server_default=None)
    op.add_column(table, sa.Column("failure", JSON, nullable=True))
    op.alter_column(table, "outcome", nullable=True)
    op.alter_column(table, "digest", nullable=True)
    op.create_check_constraint(
        op.f(f"ck_{table}_status"),
        table,
        "status IN ('working', 'done', 'failed', 'cancelled')",
    )
    op.create_check_constraint(
        op.f(f"ck_{table}_done_with_outcome"),
        table,
        "(status = 'done') = (outcome IS NOT NULL) AND (status = 'done') = (digest IS NOT NULL)",
    )


def downgrade() -> None:
    """Take back."""
    table = "commissioning_plans"
    _of_each_authority(
        "DELETE FROM jobs WHERE kind = 'commissioning_plan'",
        "DELETE FROM commissioning_plans WHERE status <> 'done'",
    )
    op.drop_constraint(op.f(f"ck_{table}_done_with_outcome"), table)
    op.drop_constraint(op.f(f"ck_{table}_status"), table)
    op.alter_column(table, "digest", nullable=False)
    op.alter_column(table, "outcome", nullable=False)
    op.drop_column(table, "failure")
    op.drop_column(table, "status")
    op.drop_column("jobs", "result_url")
    op.drop_column("jobs", "kind")
    op.drop_constraint(op.f("uq_jobs_authority_id_result_id"), "jobs")
    op.alter_column("jobs", "result_id", new_column_name="allocation_id")
    op.create_unique_constraint(
        op.f("uq_jobs_authority_id_allocation_id"), "jobs", ["authority_id", "allocation_id"]
    )
    op.create_foreign_key(
        op.f("fk_jobs_authority_id_allocation_id_allocations"),
        "jobs",
        "allocations",
        ["authority_id", "allocation_id"],
        ["authority_id", "id"],
        ondelete="CASCADE",
    )
