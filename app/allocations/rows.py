"""Writing many rows in one statement: thousands of offers go out in one transaction."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.allocations.models import AllocatedPlace
from app.db import Base

NOTE_OFFERED: Final = text(
    """
    UPDATE allocated_places p SET state = 'offered', booking_id = booked.booking_id
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS booked (id uuid, booking_id uuid)
    WHERE p.authority_id = :authority_id AND p.id = booked.id
    """
)


def insert_rows(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of plain values; all name the same columns."""
    if not rows:
        return
    name, columns = table.__tablename__, ", ".join(rows[0])
    # Both are names of our own schema.
    statement = (
        f"INSERT INTO {name} ({columns}) SELECT {columns}"  # noqa: S608
        f" FROM jsonb_populate_recordset(NULL::{name}, CAST(:rows AS jsonb))"
    )
    session.execute(text(statement), {"rows": json.dumps(rows, default=str)})


def note_offered(session: Session, booked: Sequence[tuple[AllocatedPlace, UUID]]) -> None:
    """Note of places that they are offered, and by which bookings."""
    # Those that are new must be there first.
    session.flush()
    rows = [{"id": place.id, "booking_id": booking_id} for place, booking_id in booked]
    wanted = {
        "authority_id": session.info["authority_id"],
        "rows": json.dumps(rows, default=str),
    }
    session.execute(NOTE_OFFERED, wanted)
    for place, booking_id in booked:
        set_committed_value(place, "state", "offered")
        set_committed_value(place, "booking_id", booking_id)
