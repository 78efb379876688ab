"""What becomes of a wish: it is met when a session serves it and the child went."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import concepts
from app.access import audit
from app.access.caller import Caller
from app.outbox.service import emit
from app.wishes import queries
from app.wishes.models import Wish


def follow_attendance(session: Session, caller: Caller, child_id: UUID, *, now: datetime) -> None:
    """Meet what a child's attendance meets, and open again what a corrected one does not.

    In the transaction that records the attendance, which has locked the child.
    """
    settle(session, caller, queries.lock_unsettled(session, child_id), now=now)


def settle(session: Session, caller: Caller, wishes: Sequence[Wish], *, now: datetime) -> None:
    """Let wishes be met, or open, as where their children went says; their rows are locked.

    A session serves a wish when its activity carries a concept of the wish or a narrower one, or
    was named in an action for the wish; one that began before the wish was made does not.
    """
    unsettled = [wish for wish in wishes if wish.status == "open" or wish.met_by == "attendance"]
    if not unsettled:
        return
    went = queries.list_attended(session, {wish.child_id for wish in unsettled})
    named = queries.activities_named(session, [wish.id for wish in unsettled])
    for wish in unsettled:
        attended = went.get(wish.child_id, [])
        if wish.status == "met" and wish.met_booking_id in {row.id for row in attended}:
            continue
        wanted = concepts.vocabulary().with_narrower(wish.concepts)
        serving = [
            row.id
            for row in attended
            if row.starts_at >= wish.open_since
            and (not wanted.isdisjoint(row.concepts) or row.activity_id in named.get(wish.id, ()))
        ]
        if serving:
            end(wish, "met", now=now, met_by="attendance", met_booking_id=serving[0])
            tell(session, caller, wish, "met", now=now)
        elif wish.status == "met":
            open_again(wish)
            tell(session, caller, wish, "reopened", now=now)


def end(
    wish: Wish,
    status: str,
    *,
    now: datetime,
    reason: str | None = None,
    met_by: str | None = None,
    met_booking_id: UUID | None = None,
) -> None:
    """Call a wish met or closed."""
    wish.status = status
    wish.reason = reason
    wish.met_by = met_by
    wish.met_booking_id = met_booking_id
    wish.ended_at = now


def open_again(wish: Wish) -> None:
    """Let a wish wait to be met, as if it had never ended."""
    wish.status = "open"
    wish.reason = wish.met_by = wish.met_booking_id = wish.ended_at = None


def tell(session: Session, caller: Caller, wish: Wish, what: str, *, now: datetime) -> None:
    """Give a changed wish its next version, and tell of it."""
    wish.version += 1
    session.flush()
    emit(
        session,
        f"wish.{what}",
        wish.id,
        sequence=wish.version,
        now=now,
        child_id=wish.child_id,
    )
    audit.record(
        session, caller, f"wish.{what}", now=now, object_id=wish.id, child_ids=[wish.child_id]
    )
