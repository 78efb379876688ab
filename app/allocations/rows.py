"""Writing many rows in one statement: thousands of offers go out in one transaction."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.allocations.models import AllocatedPlace
from app.db import Base, UTCDateTime

OFFERED: Final = "booking.offered"

# What one offer takes is written once, and all tables are filled from it.
WRITE_OFFERS: Final = text(
    """
    WITH made AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS m (
            place_id uuid, booking_id uuid, offer_id uuid, booking_event_id uuid,
            offer_event_id uuid, child_id uuid, session_id uuid, funding text, month text,
            counts boolean, year text, yearly_use jsonb, party_id uuid, price_pence integer,
            limited_needs jsonb, family_stays boolean, expires_at text)
    ), booked AS (
        INSERT INTO bookings (
            authority_id, id, child_id, session_id, funding, status, month, counts,
            uses_entitlement, year, yearly_use, party_id, price_pence, limited_needs,
            family_stays, confirm_when_arranged, version, created_at, updated_at)
        SELECT
            :authority_id, booking_id, child_id, session_id, funding, 'waitlisted', month, counts,
            false, year, yearly_use, party_id, price_pence, limited_needs,
            family_stays, false, 1, :now, :now
        FROM made
    ), waiting AS (
        INSERT INTO waitlist_entries (authority_id, booking_id, session_id, joined_at)
        SELECT :authority_id, booking_id, session_id, :now FROM made
    ), offered AS (
        INSERT INTO place_offers (
            authority_id, id, booking_id, child_id, session_id, source, status, made_at, expires_at)
        SELECT
            :authority_id, offer_id, booking_id, child_id, session_id, 'round', 'open', :now,
            CAST(expires_at AS timestamptz)
        FROM made
    ), changed AS (
        INSERT INTO booking_changes (
            authority_id, booking_id, version, what, status, at, cause, facts)
        SELECT
            :authority_id, booking_id, 1, :offered, 'waitlisted', :now, 'round',
            jsonb_build_object('offer_id', offer_id, 'expires_at', expires_at)
        FROM made
    ), told AS (
        INSERT INTO events (
            authority_id, id, type, object_id, child_id, sequence, occurred_at)
        SELECT :authority_id, booking_event_id, :offered, booking_id, child_id, 1, :now FROM made
        UNION ALL
        SELECT :authority_id, offer_event_id, 'offer.made', offer_id, child_id, 1, :now FROM made
    )
    UPDATE allocated_places p SET state = 'offered', booking_id = made.booking_id
    FROM made WHERE p.authority_id = :authority_id AND p.id = made.place_id
    """
).bindparams(bindparam("authority_id", type_=Uuid()), bindparam("now", type_=UTCDateTime()))


def insert_rows(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], same: dict[str, Any]
) -> None:
    """Insert rows of plain values, which all name the same columns, beside the `same` in each."""
    if not rows:
        return
    # All are names of our own schema.
    name, own, of_all = table.__tablename__, ", ".join(rows[0]), ", ".join(same)
    statement = (
        f"INSERT INTO {name} ({own}, {of_all})"  # noqa: S608
        f" SELECT {_prefixed('r', rows[0])}, {_prefixed('s', same)}"
        f" FROM jsonb_populate_recordset(NULL::{name}, CAST(:rows AS jsonb)) r,"
        f" jsonb_populate_record(NULL::{name}, CAST(:same AS jsonb)) s"
    )
    values = {"rows": json.dumps(rows, default=str), "same": json.dumps(same, default=str)}
    session.execute(text(statement), values)


def _prefixed(source: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{source}.{column}" for column in columns)


def write_offers(
    session: Session, made: Sequence[tuple[AllocatedPlace, dict[str, Any]]], *, now: datetime
) -> None:
    """Write bookings that wait with their offers, history and events, and note them of places."""
    # Places that are new must be there first.
    session.flush()
    wanted = {
        "authority_id": session.info["authority_id"],
        "rows": json.dumps([row for _, row in made]),
        "offered": OFFERED,
        "now": now,
    }
    session.execute(WRITE_OFFERS, wanted)
    for place, row in made:
        set_committed_value(place, "state", "offered")
        set_committed_value(place, "booking_id", UUID(row["booking_id"]))
