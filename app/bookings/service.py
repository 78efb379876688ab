"""Reading bookings and entitlements, confirming what is held, and telling of every change."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.bookings import queries
from app.bookings.errors import ArrangementsOpen, NotHeld
from app.bookings.history import new_change
from app.bookings.models import Booking, BookingChange
from app.bookings.schemas import BookingQuery
from app.bookings.waitlist import add_turns
from app.db import insert_together
from app.errors import NotFound
from app.outbox.service import new_event
from app.pagination import Page, PageRequest


def list_bookings(
    session: Session, caller: Caller, query: BookingQuery, page: PageRequest, *, now: datetime
) -> Page[Booking]:
    """List the bookings a caller may see."""
    found = queries.list_bookings(session, caller, query, page)
    seen = {booking.child_id for booking in found.items}
    audit.record(session, caller, "booking.list", now=now, child_ids=sorted(seen))
    add_turns(session, found.items, now=now)
    return found


def get_booking(session: Session, caller: Caller, booking_id: UUID, *, now: datetime) -> Booking:
    """Get a booking the caller may see."""
    booking = _get_visible(session, caller, booking_id)
    audit.record(
        session, caller, "booking.read", now=now, object_id=booking.id, child_ids=[booking.child_id]
    )
    add_turns(session, [booking], now=now)
    return booking


def get_for_change(
    session: Session, caller: Caller, booking_id: UUID, *, with_party: bool = False
) -> Booking:
    """Get a booking that is about to change: nobody else changes it, or its child's, meanwhile."""
    booking = _get_visible(session, caller, booking_id)
    child_ids = {booking.child_id}
    if with_party and booking.party_id is not None:
        party = queries.list_party(session, caller, booking.party_id)
        child_ids |= {other.child_id for other in party}
    queries.lock_children(session, child_ids)
    queries.reload_locked(session, booking)
    return booking


def _get_visible(session: Session, caller: Caller, booking_id: UUID) -> Booking:
    booking = queries.find_booking(session, caller, booking_id)
    if booking is None:
        raise NotFound("There is no such booking.")
    return booking


def confirm_booking(
    session: Session, caller: Caller, booking_id: UUID, *, now: datetime
) -> Booking:
    """Make a held place a firm one, once its support is in place."""
    booking = get_for_change(session, caller, booking_id)
    if booking.status == "confirmed":
        return booking
    expired = booking.hold_expires_at is not None and booking.hold_expires_at <= now
    if booking.status != "held" or expired:
        raise NotHeld(status="cancelled" if expired else booking.status)
    if still_open := needs_open(booking):
        raise ArrangementsOpen("Support has still to be arranged.", needs=still_open)
    confirm(session, caller, booking, now=now)
    return booking


def confirm(
    session: Session, caller: Caller, booking: Booking, *, now: datetime, cause: str | None = None
) -> None:
    """Make a held place a firm one and tell of it."""
    booking.status = "confirmed"
    booking.hold_expires_at = None
    tell_change(session, caller, booking, "booking.confirmed", now=now, cause=cause)


def needs_open(booking: Booking) -> list[str]:
    """Name the needs whose support has still to be arranged."""
    return [task.need for task in booking.arrangements if task.status == "open"]


def tell_change(
    session: Session,
    caller: Caller | None,
    booking: Booking,
    what: str,
    *,
    now: datetime,
    cause: str | None = None,
    reason: str | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Give a changed booking its next version, and tell of it; no caller: time went by."""
    booking.version += 1
    booking.updated_at = now
    session.flush()
    tell(session, caller, booking, what, now=now, cause=cause, reason=reason, facts=facts)


def tell(
    session: Session,
    caller: Caller | None,
    booking: Booking,
    what: str,
    *,
    now: datetime,
    cause: str | None = None,
    reason: str | None = None,
    facts: dict[str, Any] | None = None,
    is_new: bool = False,
) -> None:
    """Write the event, the history and the audit entry of a booking's newest version.

    One that is new is written with them.
    """
    rows = [
        new_event(
            session, what, booking.id, sequence=booking.version, now=now, child_id=booking.child_id
        ),
        new_change(caller, booking, what, now=now, cause=cause, reason=reason, facts=facts),
    ]
    if caller is not None:
        entry = audit.new_entry(
            session, caller, what, now=now, object_id=booking.id, child_id=booking.child_id
        )
        rows.append(entry)
    if is_new:
        queries.insert_booking(session, booking, rows)
    else:
        insert_together(session, rows)


def list_history(
    session: Session, caller: Caller, booking_id: UUID, page: PageRequest, *, now: datetime
) -> Page[BookingChange]:
    """List every change of a booking the caller may see, the first one first."""
    booking = get_booking(session, caller, booking_id, now=now)
    return queries.list_changes(session, booking.id, page)
