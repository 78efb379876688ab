"""Allocations of a round, the jobs that make them, and freed places in the round's order."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
FUNDING = "funding IN ('free', 'contributory')"

# The job only makes it prompt; the worker's round of each minute finds what is unfinished.
WORK = """
    CREATE FUNCTION work_on_job() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[
            ROW('default', 'work_on_job', 0, NULL, NULL,
                jsonb_build_object('authority_id', NEW.authority_id, 'job_id', NEW.id),
                NULL)]::procrastinate_job_to_defer_v1[]);
        RETURN NULL;
    END $$
"""
WHEN_QUEUED = """
    CREATE TRIGGER work_on_job AFTER INSERT ON jobs FOR EACH ROW
    WHEN (NEW.status = 'queued') EXECUTE FUNCTION work_on_job()
"""
# As it was, and also where a round's offers are out that gave places of the session: what comes
# free then goes to the next child of the round, before those who wait.
KEEP = """
    CREATE OR REPLACE FUNCTION keep_for_waitlist() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {of_a_round}EXISTS (SELECT FROM waitlist_entries w
                   JOIN bookings b ON b.authority_id = w.authority_id AND b.id = w.booking_id
                   WHERE w.authority_id = NEW.authority_id AND w.session_id = NEW.id
                     AND b.status = 'waitlisted') THEN
            NEW.kept_for_waitlist := true;
            PERFORM procrastinate_defer_jobs_v1(ARRAY[
                ROW('default', 'offer_places_of', 0, NULL, NULL,
                    jsonb_build_object('authority_id', NEW.authority_id, 'session_id', NEW.id),
                    NULL)]::procrastinate_job_to_defer_v1[]);
        END IF;
        RETURN NEW;
    END $$
"""
OF_A_ROUND = """EXISTS (SELECT FROM allocated_sessions t
                   JOIN allocations a ON a.authority_id = t.authority_id AND a.id = t.allocation_id
                   JOIN rounds r ON r.authority_id = a.authority_id AND r.id = a.round_id
                   WHERE t.authority_id = NEW.authority_id AND t.session_id = NEW.id
                     AND a.status = 'published' AND r.state = 'offers_out')
           OR """


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "activities", sa.Column("min_group", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_activities_min_group_not_negative"), "activities", "min_group >= 0"
    )
    _create_allocations()
    _create_places()
    _create_children_and_sessions()
    _create_jobs()
    protect(
        *("allocations", "allocated_places", "allocated_children", "allocated_sessions", "jobs")
    )
    op.execute(WORK)
    op.execute(WHEN_QUEUED)
    op.execute(KEEP.format(of_a_round=OF_A_ROUND))


def _create_allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("preview", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inputs_digest", sa.Text(), nullable=True),
        sa.Column("result_digest", sa.Text(), nullable=True),
        sa.Column("parts", JSON, server_default="[]", nullable=False),
        sa.Column("equity", JSON, server_default="[]", nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('working', 'done', 'failed', 'cancelled', 'published')",
            name=op.f("ck_allocations_status"),
        ),
        sa.CheckConstraint(
            "NOT (preview AND status = 'published')",
            name=op.f("ck_allocations_previews_stay_inside"),
        ),
        _belongs_to("allocations", "rounds", "round_id"),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_allocations")),
    )
    _index("allocations", "round_id", "id")
    op.create_index(
        "uq_allocations_published",
        "allocations",
        ["authority_id", "round_id"],
        unique=True,
        postgresql_where="status = 'published'",
    )


def _create_places() -> None:
    op.create_table(
        "allocated_places",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("refilled", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("skip_reason", sa.Text(), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(FUNDING, name=op.f("ck_allocated_places_funding")),
        sa.CheckConstraint(
            "state IN ('given', 'offered', 'skipped')", name=op.f("ck_allocated_places_state")
        ),
        sa.CheckConstraint(
            "(state = 'offered') = (booking_id IS NOT NULL)",
            name=op.f("ck_allocated_places_offered_booking"),
        ),
        sa.CheckConstraint(
            "(state = 'skipped') = (skip_reason IS NOT NULL)",
            name=op.f("ck_allocated_places_skipped_reason"),
        ),
        _belongs_to("allocated_places", "allocations", "allocation_id", ondelete="CASCADE"),
        _belongs_to("allocated_places", "children", "child_id", ondelete="CASCADE"),
        _belongs_to("allocated_places", "sessions", "session_id"),
        _belongs_to("allocated_places", "bookings", "booking_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_allocated_places")),
        sa.UniqueConstraint(
            *("authority_id", "allocation_id", "child_id", "session_id"),
            name=op.f("uq_allocated_places_authority_id_allocation_id_child_id_session_id"),
        ),
    )
    for column in ("child_id", "session_id", "booking_id"):
        _index("allocated_places", column)


def _create_children_and_sessions() -> None:
    op.create_table(
        "allocated_children",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("missed", JSON, nullable=False),
        _belongs_to("allocated_children", "allocations", "allocation_id", ondelete="CASCADE"),
        _belongs_to("allocated_children", "children", "child_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(
            *("authority_id", "allocation_id", "child_id", "month"),
            name=op.f("pk_allocated_children"),
        ),
    )
    _index("allocated_children", "child_id")
    op.create_table(
        "allocated_sessions",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("places", "wanted", "ranked", "given")
        ),
        sa.Column("price", JSON, nullable=False),
        sa.Column("support_prices", JSON, nullable=False),
        sa.CheckConstraint(FUNDING, name=op.f("ck_allocated_sessions_funding")),
        _belongs_to("allocated_sessions", "allocations", "allocation_id", ondelete="CASCADE"),
        _belongs_to("allocated_sessions", "sessions", "session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(
            *("authority_id", "allocation_id", "session_id", "funding"),
            name=op.f("pk_allocated_sessions"),
        ),
    )
    _index("allocated_sessions", "session_id")


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'cancelling', 'done', 'failed', 'cancelled')",
            name=op.f("ck_jobs_status"),
        ),
        sa.CheckConstraint("done >= 0 AND done <= total", name=op.f("ck_jobs_done_of_total")),
        sa.CheckConstraint(
            "(status IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)",
            name=op.f("ck_jobs_finished_when"),
        ),
        _belongs_to("jobs", "allocations", "allocation_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_jobs")),
        sa.UniqueConstraint(
            "authority_id", "allocation_id", name=op.f("uq_jobs_authority_id_allocation_id")
        ),
    )
    op.create_index(
        "ix_jobs_unfinished",
        "jobs",
        ["authority_id", "id"],
        postgresql_where="status IN ('queued', 'running', 'cancelling')",
    )


def _belongs_to(
    table: str, parent: str, column: str, *, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["authority_id", column],
        [f"{parent}.authority_id", f"{parent}.id"],
        name=op.f(f"fk_{table}_authority_id_{column}_{parent}"),
        ondelete=ondelete,
    )


def _index(table: str, *columns: str) -> None:
    name = "_".join(["ix", table, "authority_id", *columns])
    op.create_index(op.f(name), table, ["authority_id", *columns])


def downgrade() -> None:
    """Take back."""
    op.execute(KEEP.format(of_a_round=""))
    for table in (
        *("jobs", "allocated_sessions", "allocated_children", "allocated_places"),
        "allocations",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION work_on_job()")
    op.drop_column("activities", "min_group")
