"""Cancelling a booking, and ending holds and offers that have run out."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.authorities import service as authorities
from app.bookings import queries, waitlist_queries
from app.bookings.errors import AttendanceRecorded, CauseNotAllowed, SessionStarted
from app.bookings.models import Booking
from app.bookings.schemas import BookingCancel
from app.bookings.service import get_for_change, tell_change
from app.bookings.taking import release
from app.clock import iso_week, month_of

CANCELLED = "booking.cancelled"
SAID = ("in_time", "notice_hours", "entitlement_given_back")
MAY_CANCEL = ("held", "confirmed", "waitlisted", "no_show")
EXPIRED = "hold_expired"
OFFER_EXPIRED = "offer_expired"
# The session began with its support still open.
NOT_ARRANGED = "support_not_arranged"


@dataclass(frozen=True)
class Cancelled:
    """A booking that was given up, and what the policy made of it."""

    booking: Booking
    in_time: bool
    notice_hours: int | None
    entitlement_given_back: bool


def cancel_booking(
    session: Session,
    caller: Caller,
    booking_id: UUID,
    form: BookingCancel,
    *,
    now: datetime,
) -> Cancelled:
    """Give a place back; in time, the entitlement comes back with it."""
    if form.cause != "family" and caller.kind is ClientKind.FAMILY_APP:
        raise CauseNotAllowed("A family app cancels for the family.", allowed=["family"])
    booking = get_for_change(session, caller, booking_id, with_party=form.party)
    if form.party and booking.party_id is not None:
        for other in queries.list_party(session, caller, booking.party_id):
            if other.id != booking.id:
                queries.reload_locked(session, other)
                if other.status in MAY_CANCEL:
                    _cancel(session, caller, other, form, now=now)
    return _cancel(session, caller, booking, form, now=now)


def _cancel(
    session: Session, caller: Caller, booking: Booking, form: BookingCancel, *, now: datetime
) -> Cancelled:
    if booking.status == "cancelled":
        return _was_cancelled(session, booking)
    if booking.status == "attended":
        raise AttendanceRecorded("The child came; correct the attendance first.")
    starts_at = queries.session_start(session, booking.session_id)
    if starts_at <= now and form.cause != "provider":
        raise SessionStarted("It has begun; record the attendance instead.")
    policies = authorities.list_policies(session)
    policy = authorities.policy_of_month(policies, month_of(starts_at))
    in_time = (
        form.cause == "provider"
        # Nothing firm is given up with a place that was only held, or waited for.
        or booking.status in ("held", "waitlisted")
        or now <= starts_at - timedelta(hours=policy.cancel_notice_hours)
    )
    used = booking.uses_entitlement
    release(
        session,
        booking,
        starts_at,
        gives_back_entitlement=in_time or policy.late_cancellation_gives_back,
        now=now,
    )
    booking.cancel_cause = form.cause
    booking.cancel_reason = form.reason
    said = Cancelled(
        booking,
        in_time=in_time,
        notice_hours=policy.cancel_notice_hours,
        entitlement_given_back=used and not booking.uses_entitlement,
    )
    tell_change(
        session,
        caller,
        booking,
        CANCELLED,
        now=now,
        cause=form.cause,
        reason=form.reason,
        facts={name: getattr(said, name) for name in SAID},
    )
    return said


def end_for_provider(
    session: Session,
    booking: Booking,
    starts_at: datetime,
    *,
    reason: str | None,
    facts: dict[str, Any],
    now: datetime,
) -> None:
    """Cancel a locked booking whose session does not take place: its entitlement comes back."""
    used = booking.uses_entitlement
    release(session, booking, starts_at, gives_back_entitlement=True, now=now)
    booking.cancel_cause, booking.cancel_reason = "provider", reason
    said = {"in_time": True, "notice_hours": None, "entitlement_given_back": used}
    tell_change(
        session,
        None,
        booking,
        CANCELLED,
        now=now,
        cause="provider",
        reason=reason,
        facts=said | facts,
    )


def _was_cancelled(session: Session, booking: Booking) -> Cancelled:
    """Say of an earlier cancellation what was said then."""
    facts = queries.facts_of_last(session, booking.id, CANCELLED) or {}
    return Cancelled(
        booking,
        # A hold that ran out gave up nothing firm.
        in_time=facts.get("in_time", not booking.uses_entitlement),
        notice_hours=facts.get("notice_hours"),
        entitlement_given_back=facts.get("entitlement_given_back", not booking.uses_entitlement),
    )


def expire_holds(
    session: Session,
    *,
    now: datetime,
    child_ids: Collection[UUID] = (),
    session_id: UUID | None = None,
    limit: int = 500,
) -> int:
    """End the holds that have run out, all or those of children and a session, and count them."""
    expired = queries.list_expired_holds(
        session, now=now, child_ids=child_ids, session_id=session_id, limit=limit
    )
    _end_all(
        session,
        [(one, NOT_ARRANGED if one.confirm_when_arranged else EXPIRED) for one in expired],
        also_lock={session_id} if session_id else set(),
        now=now,
    )
    return len(expired)


def expire_offers(
    session: Session, *, now: datetime, session_id: UUID | None = None, limit: int = 500
) -> int:
    """End the offers that nobody has answered in time, all or a session's, with their bookings.

    Gives how many there were.
    """
    overdue = waitlist_queries.list_overdue(session, now=now, session_id=session_id, limit=limit)
    _end_all(session, [(booking, OFFER_EXPIRED) for _, booking in overdue], now=now)
    return len(overdue)


def _end_all(
    session: Session,
    ended: Sequence[tuple[Booking, str]],
    *,
    also_lock: Set[UUID] = frozenset(),
    now: datetime,
) -> None:
    """Cancel bookings whose time has run out, each with its cause."""
    if not ended:
        return
    starts = queries.lock_sessions(session, {one.session_id for one, _ in ended} | also_lock)
    if any(task.support_service_id for one, _ in ended for task in one.arrangements):
        # Several bookings' services are given back here, in no order, and the caller may take more.
        queries.lock_service_weeks(session, {iso_week(starts_at) for starts_at in starts.values()})
    for booking, cause in ended:
        release(
            session,
            booking,
            starts[booking.session_id],
            gives_back_entitlement=True,
            now=now,
            offer_ends="expired",
        )
        booking.cancel_cause = cause
        tell_change(session, None, booking, "booking.expired", now=now, cause=cause)
