"""Cancelling a booking, and ending holds that have run out."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.authorities import service as authorities
from app.bookings import counters, queries
from app.bookings.errors import AttendanceRecorded, CauseNotAllowed, SessionStarted
from app.bookings.models import Booking
from app.bookings.schemas import BookingCancel
from app.bookings.service import get_for_change, tell_change
from app.clock import iso_week, month_of
from app.outbox.service import emit

EXPIRED = "hold_expired"


def cancel_booking(
    session: Session,
    caller: Caller,
    booking_id: UUID,
    form: BookingCancel,
    *,
    now: datetime,
) -> Booking:
    """Give a place back; in time, the entitlement comes back with it."""
    booking = get_for_change(session, caller, booking_id)
    if booking.status == "cancelled":
        return booking
    if form.cause != "family" and caller.kind is ClientKind.FAMILY_APP:
        raise CauseNotAllowed("A family app cancels for the family.", allowed=["family"])
    if booking.status == "attended":
        raise AttendanceRecorded("The child came; correct the attendance first.")
    starts_at = queries.session_start(session, booking.session_id)
    if starts_at <= now and form.cause != "provider":
        raise SessionStarted("It has begun; record the attendance instead.")
    in_time = (
        form.cause == "provider"
        # Nothing firm is given up with a place that was only held.
        or booking.status == "held"
        or now <= starts_at - _notice(session, starts_at)
    )
    _release(session, booking, starts_at, gives_back_entitlement=in_time)
    booking.cancel_cause = form.cause
    booking.cancel_reason = form.reason
    booking.cancelled_at = now
    tell_change(session, caller, booking, "booking.cancelled", now=now)
    return booking


def _notice(session: Session, starts_at: datetime) -> timedelta:
    policies = authorities.list_policies(session)
    policy = authorities.policy_of_month(policies, month_of(starts_at))
    return timedelta(hours=policy.cancel_notice_hours)


def _release(
    session: Session, booking: Booking, starts_at: datetime, *, gives_back_entitlement: bool
) -> None:
    """Give back all that a booking takes, in the order in which it was taken."""
    if booking.uses_entitlement and gives_back_entitlement:
        counters.give_back_entitlement(session, booking.child_id, booking.month, booking.funding)
        booking.uses_entitlement = False
    counters.give_back_place(session, booking.session_id)
    for need in booking.limited_needs:
        counters.give_back_limited_support(session, booking.session_id, need)
    booking.limited_needs = []
    for task in booking.arrangements:
        if task.support_service_id is not None and task.status != "dropped":
            counters.give_back_service_week(session, task.support_service_id, iso_week(starts_at))
        task.status = "dropped"
    booking.status = "cancelled"
    booking.hold_expires_at = None


def expire_holds(
    session: Session,
    *,
    now: datetime,
    child_id: UUID | None = None,
    session_id: UUID | None = None,
    limit: int = 500,
) -> int:
    """End the holds that have run out, all or those of a child or a session, and count them."""
    expired = queries.list_expired_holds(
        session, now=now, child_id=child_id, session_id=session_id, limit=limit
    )
    if not expired:
        return 0
    touched = {booking.session_id for booking in expired}
    starts = queries.lock_sessions(session, touched | ({session_id} if session_id else set()))
    if any(task.support_service_id for booking in expired for task in booking.arrangements):
        # Several bookings' services are given back here, in no order, and the caller may take more.
        queries.lock_service_weeks(session, {iso_week(starts_at) for starts_at in starts.values()})
    for booking in expired:
        _release(session, booking, starts[booking.session_id], gives_back_entitlement=True)
        booking.cancel_cause = EXPIRED
        booking.cancelled_at = now
        booking.version += 1
        booking.updated_at = now
        emit(
            session,
            "booking.expired",
            booking.id,
            sequence=booking.version,
            now=now,
            child_id=booking.child_id,
        )
    session.flush()
    return len(expired)
