"""Closures and transition plans; whatever cancels a session finds the bookings it ends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())

# As the service makes its ids: milliseconds first, so that they ascend.
NEW_ID = """
    CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(
        overlay(uuid_send(gen_random_uuid())
                PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint)
                                  FROM 3)
                FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid $$
"""
# In the database, because sessions are cancelled in several rooms: by a closure, by hand, by a
# feed. A closure names itself by a setting of its transaction; any other cancellation of a
# session that somebody has booked becomes a closure of that session. The update holds the
# session's row, and whoever books, or joins the waiting list, locks that too: no booking is missed.
FIND = """
    CREATE FUNCTION find_closed_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE closing uuid := nullif(current_setting('app.closure', true), '')::uuid;
    BEGIN
        IF NOT EXISTS (SELECT FROM bookings b
                       WHERE b.authority_id = NEW.authority_id AND b.session_id = NEW.id
                         AND b.status IN ('held', 'confirmed', 'waitlisted')) THEN
            RETURN NULL;
        END IF;
        IF closing IS NULL THEN
            INSERT INTO closures AS c (authority_id, id, session_id, starts_from, kind, status,
                                       sessions, version, created_at)
            VALUES (NEW.authority_id, new_id(), NEW.id, least(NEW.starts_at, NEW.updated_at),
                    'session_cancelled', 'working', 1, 1, NEW.updated_at)
            ON CONFLICT ON CONSTRAINT uq_closures_target_starts_from DO UPDATE
            SET status = 'working', done_at = NULL, version = c.version + 1
            RETURNING c.id INTO closing;
        END IF;
        INSERT INTO transition_plans (authority_id, id, closure_id, child_id, booking_id,
                                      session_id, was, state)
        SELECT b.authority_id, new_id(), closing, b.child_id, b.id, b.session_id, b.status, 'found'
        FROM bookings b
        WHERE b.authority_id = NEW.authority_id AND b.session_id = NEW.id
          AND b.status IN ('held', 'confirmed', 'waitlisted')
        ORDER BY b.id
        ON CONFLICT (authority_id, booking_id) DO NOTHING;
        RETURN NULL;
    END $$
"""
WHEN_CANCELLED = """
    CREATE TRIGGER find_closed_bookings AFTER UPDATE OF status ON sessions FOR EACH ROW
    WHEN (NEW.status = 'cancelled' AND OLD.status <> 'cancelled')
    EXECUTE FUNCTION find_closed_bookings()
"""
# The job only makes it prompt; the worker's round of each minute finds what is still at work.
WORK = """
    CREATE FUNCTION work_on_closure() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[
            ROW('default', 'work_on_closure', 0, NULL, NULL,
                jsonb_build_object('authority_id', NEW.authority_id, 'closure_id', NEW.id),
                NULL)]::procrastinate_job_to_defer_v1[]);
        RETURN NULL;
    END $$
"""
WHEN_WORKING = """
    CREATE TRIGGER work_on_closure AFTER INSERT OR UPDATE OF version ON closures FOR EACH ROW
    WHEN (NEW.status = 'working') EXECUTE FUNCTION work_on_closure()
"""


def upgrade() -> None:
    """Apply."""
    for table in ("providers", "activities"):
        op.add_column(table, sa.Column("closed_from", sa.DateTime(timezone=True), nullable=True))
    _create_closures()
    _create_plans()
    protect("closures", "transition_plans")
    for statement in (NEW_ID, FIND, WHEN_CANCELLED, WORK, WHEN_WORKING):
        op.execute(statement)


def _create_closures() -> None:
    op.create_table(
        "closures",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("starts_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(provider_id, activity_id, session_id) = 1",
            name=op.f("ck_closures_target"),
        ),
        sa.CheckConstraint("status IN ('working', 'done')", name=op.f("ck_closures_status")),
        sa.CheckConstraint(
            "(status = 'done') = (done_at IS NOT NULL)", name=op.f("ck_closures_done_when")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["authority_id", column],
                [f"{table}.authority_id", f"{table}.id"],
                name=op.f(f"fk_closures_authority_id_{column}_{table}"),
            )
            for table, column in (
                ("providers", "provider_id"),
                ("activities", "activity_id"),
                ("sessions", "session_id"),
            )
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_closures")),
        sa.UniqueConstraint(
            *("authority_id", "provider_id", "activity_id", "session_id", "starts_from"),
            name="uq_closures_target_starts_from",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_closures_working",
        "closures",
        ["authority_id", "id"],
        postgresql_where="status = 'working'",
    )


def _create_plans() -> None:
    op.create_table(
        "transition_plans",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("closure_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("alternatives", JSON, server_default="[]", nullable=False),
        sa.Column("without", JSON, nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('found', 'released', 'planned')", name=op.f("ck_transition_plans_state")
        ),
        sa.CheckConstraint(
            "(state = 'planned') = (planned_at IS NOT NULL)",
            name=op.f("ck_transition_plans_planned_when"),
        ),
        *(
            sa.ForeignKeyConstraint(
                ["authority_id", column],
                [f"{table}.authority_id", f"{table}.id"],
                name=op.f(f"fk_transition_plans_authority_id_{column}_{table}"),
                ondelete=None if table == "sessions" else "CASCADE",
            )
            for table, column in (
                ("closures", "closure_id"),
                ("children", "child_id"),
                ("bookings", "booking_id"),
                ("sessions", "session_id"),
            )
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_transition_plans")),
        sa.UniqueConstraint(
            "authority_id", "booking_id", name=op.f("uq_transition_plans_authority_id_booking_id")
        ),
    )
    for columns in (["closure_id", "state", "child_id"], ["child_id", "id"], ["session_id"]):
        op.create_index(
            op.f("_".join(["ix_transition_plans_authority_id", *columns])),
            "transition_plans",
            ["authority_id", *columns],
        )


def downgrade() -> None:
    """Take back."""
    op.execute("DROP TRIGGER find_closed_bookings ON sessions")
    op.execute("DROP FUNCTION find_closed_bookings()")
    op.drop_table("transition_plans")
    op.drop_table("closures")
    op.execute("DROP FUNCTION work_on_closure()")
    op.execute("DROP FUNCTION new_id()")
    for table in ("providers", "activities"):
        op.drop_column(table, "closed_from")
