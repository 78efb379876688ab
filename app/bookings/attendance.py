"""Recording who came."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings import queries
from app.bookings.errors import NotConfirmed, SessionNotStarted
from app.bookings.models import Booking
from app.bookings.schemas import AttendanceCreate
from app.bookings.service import get_for_change, tell_change
from app.wishes.meeting import follow_attendance

# From these the attendance is recorded, and corrected.
MAY_ATTEND = ("confirmed", "attended", "no_show")


def record_attendance(
    session: Session, caller: Caller, booking_id: UUID, form: AttendanceCreate, *, now: datetime
) -> Booking:
    """Record whether the child came; the place and the entitlement stay used either way."""
    booking = get_for_change(session, caller, booking_id)
    if booking.status not in MAY_ATTEND:
        raise NotConfirmed("There is no firm place to come to.", status=booking.status)
    starts_at = queries.session_start(session, booking.session_id)
    if now < starts_at:
        raise SessionNotStarted("It has not begun.", starts_at=starts_at.isoformat())
    status = "attended" if form.attended else "no_show"
    if booking.status != status:
        booking.status = status
        tell_change(session, caller, booking, f"booking.{status}", now=now)
        follow_attendance(session, caller, booking.child_id, now=now)
    return booking
