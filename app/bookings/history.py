"""The history of a booking: one row a version, written with it."""

from datetime import datetime
from typing import Any

from app.access.caller import Caller
from app.bookings.models import Booking, BookingChange
from app.db import NewRow


def new_change(
    caller: Caller | None,
    booking: Booking,
    what: str,
    *,
    now: datetime,
    cause: str | None,
    reason: str | None,
    facts: dict[str, Any] | None,
) -> NewRow:
    """Describe the newest version of a booking: by whom, when, why."""
    return BookingChange, {
        "authority_id": booking.authority_id,
        "booking_id": booking.id,
        "version": booking.version,
        "what": what,
        "status": booking.status,
        "at": now,
        "client_id": caller and caller.client_id,
        "client_kind": caller and caller.kind,
        "grant_id": caller and caller.grant_id,
        "cause": cause,
        "reason": reason,
        "facts": facts or {},
    }
