"""The history of a booking: one row a version, written in the transaction that makes it."""

from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings.models import Booking, BookingChange

# Built once, and past the mapper: every change of a booking does this.
INSERT: Final = insert(cast("Table", BookingChange.__table__))


def record_change(
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
    """Write down the newest version of a booking: by whom, when, why."""
    session.connection().execute(
        INSERT,
        {
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
        },
    )
