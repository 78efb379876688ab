"""What was booked before counts in its year; households have versions; a cost is not negative."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# In begun minutes, in nights (the local midnights that an overnight break goes through), and in
# what the authority pays of a place's cost.
YEARLY_USE = """
    UPDATE bookings SET yearly_use = (
        SELECT coalesce(jsonb_object_agg(measure, amount), '{}')
        FROM (VALUES
            ('minutes', ceil(extract(epoch FROM s.ends_at - s.starts_at) / 60)::int),
            ('nights', CASE a.break_type WHEN 'overnight' THEN
                ((s.ends_at - interval '1 microsecond') AT TIME ZONE 'Europe/London')::date
                - (s.starts_at AT TIME ZONE 'Europe/London')::date ELSE 0 END),
            ('pence', greatest(0, a.cost_pence - bookings.price_pence))
        ) AS uses (measure, amount)
        WHERE amount > 0)
    FROM sessions s
    JOIN activities a ON a.authority_id = s.authority_id AND a.id = s.activity_id
    WHERE s.authority_id = bookings.authority_id AND s.id = bookings.session_id
"""
YEARLY_COUNTERS = """
    INSERT INTO yearly_counters (authority_id, child_id, year, measure, allowed, used)
    SELECT b.authority_id, b.child_id, b.year, uses.key, NULL, sum(uses.value::int)
    FROM bookings b CROSS JOIN LATERAL jsonb_each_text(b.yearly_use) AS uses
    WHERE b.uses_entitlement
    GROUP BY b.authority_id, b.child_id, b.year, uses.key
"""


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "households", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.alter_column("households", "version", server_default=None)
    op.create_check_constraint(
        op.f("ck_activities_cost_not_negative"), "activities", "cost_pence >= 0"
    )
    connection = op.get_bind()
    for authority_id in connection.scalars(sa.text("SELECT id FROM authorities")).all():
        connection.execute(
            sa.text("SELECT set_config('app.authority', :authority_id, true)"),
            {"authority_id": str(authority_id)},
        )
        connection.execute(sa.text(YEARLY_USE))
        connection.execute(sa.text(YEARLY_COUNTERS))
    connection.execute(sa.text("SELECT set_config('app.authority', '', true)"))


def downgrade() -> None:
    """Take back."""
    op.drop_constraint(op.f("ck_activities_cost_not_negative"), "activities", type_="check")
    op.drop_column("households", "version")
