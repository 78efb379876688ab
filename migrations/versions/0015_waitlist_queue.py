"""The durable queue of waiting lists: whatever frees a place keeps it for those who wait."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# In the database, because places come free in several rooms: a cancellation, a hold or an offer
# that runs out, a change of capacity by hand or by a feed. A trigger before the update holds the
# row's lock, and its query sees what was committed until then: whoever joins a list locks the
# row as well, so that nobody joins unseen while a place comes free. The job is only what makes
# it prompt; the flag alone is enough for the worker's next round.
KEEP = """
    CREATE FUNCTION keep_for_waitlist() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM waitlist_entries w
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
# A cancelled session is in the queue too: nobody waits for it any longer.
WHEN_FREED = """
    CREATE TRIGGER keep_for_waitlist BEFORE UPDATE ON sessions FOR EACH ROW
    WHEN (NOT OLD.kept_for_waitlist AND NOT NEW.kept_for_waitlist
          AND (NEW.taken < OLD.taken OR NEW.capacity > OLD.capacity
               OR NEW.status = 'cancelled' AND OLD.status <> 'cancelled'))
    EXECUTE FUNCTION keep_for_waitlist()
"""


def upgrade() -> None:
    """Apply."""
    op.execute(KEEP)
    op.execute(WHEN_FREED)
    op.create_index(
        op.f("ix_place_offers_authority_id_child_id_id"),
        "place_offers",
        ["authority_id", "child_id", "id"],
    )
    op.create_index(
        op.f("ix_place_offers_authority_id_session_id_id"),
        "place_offers",
        ["authority_id", "session_id", "id"],
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_place_offers_authority_id_session_id_id"), "place_offers")
    op.drop_index(op.f("ix_place_offers_authority_id_child_id_id"), "place_offers")
    op.execute("DROP TRIGGER keep_for_waitlist ON sessions")
    op.execute("DROP FUNCTION keep_for_waitlist()")
