"""Reads of waiting lists and of the places offered from them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, select, text, update
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings.models import Booking
from app.bookings.offer_schemas import OfferQuery
from app.bookings.waitlist_models import PlaceOffer, WaitlistEntry
from app.catalogue.models import Session as CatalogueSession
from app.children.models import Child
from app.pagination import Page, PageRequest, fetch_page

# Whoever holds an offer stands before all others. Then the policy of the session's month decides:
# the longest without a break first, and who never had one before all, or the first to join.
TURNS: Final = text(
    """
    SELECT w.session_id, w.booking_id, b.child_id, w.joined_at, w.skipped_at, w.skip_reason,
           past.last_break, o.id AS offer_id, o.expires_at AS offer_expires_at,
           row_number() OVER turns AS place,
           count(*) OVER of_session AS waiting,
           count(o.id) OVER of_session AS offered,
           s.taken, greatest(s.capacity - s.taken, 0) AS free,
           s.status = 'scheduled' AND s.starts_at > :now AS coming
    FROM waitlist_entries w
    JOIN bookings b ON b.authority_id = w.authority_id AND b.id = w.booking_id
    JOIN sessions s ON s.authority_id = w.authority_id AND s.id = w.session_id
    LEFT JOIN place_offers o
           ON o.authority_id = w.authority_id AND o.booking_id = w.booking_id AND o.status = 'open'
    LEFT JOIN LATERAL (
        SELECT waitlist_order FROM entitlement_policies
        WHERE to_char(starts_on, 'YYYY-MM')
              <= to_char(s.starts_at AT TIME ZONE 'Europe/London', 'YYYY-MM')
        ORDER BY starts_on DESC LIMIT 1) policy ON true
    LEFT JOIN LATERAL (
        SELECT max(was.starts_at) AS last_break
        FROM bookings had
        JOIN sessions was ON was.authority_id = had.authority_id AND was.id = had.session_id
        WHERE had.authority_id = b.authority_id AND had.child_id = b.child_id
          AND had.status IN ('confirmed', 'attended') AND was.starts_at <= :now) past ON true
    WHERE w.session_id = ANY (:session_ids) AND b.status = 'waitlisted'
    WINDOW of_session AS (PARTITION BY w.session_id),
           turns AS (PARTITION BY w.session_id
                     ORDER BY o.id IS NULL,
                              CASE WHEN policy.waitlist_order = 'longest_without_break'
                                   THEN past.last_break END NULLS FIRST,
                              w.joined_at, w.booking_id)
    ORDER BY w.session_id, place
    """
)

# What had a place in the sessions of the last weeks, and what of it was given up. A booking that
# only waited never had one.
GIVEN_UP: Final = text(
    """
    SELECT count(*) AS places, count(*) FILTER (WHERE b.status = 'cancelled') AS given_up
    FROM sessions s
    JOIN bookings b ON b.authority_id = s.authority_id AND b.session_id = s.id
    WHERE s.starts_at > :since AND s.starts_at <= :now AND s.status = 'scheduled'
      AND b.status <> 'waitlisted'
      AND (b.status <> 'cancelled'
           OR NOT EXISTS (SELECT FROM waitlist_entries w
                          WHERE w.authority_id = b.authority_id AND w.booking_id = b.id)
           OR EXISTS (SELECT FROM place_offers o
                      WHERE o.authority_id = b.authority_id AND o.booking_id = b.id
                        AND o.status = 'accepted'))
    """
)

LOOK_AGAIN: Final = text(
    """
    UPDATE sessions s SET kept_for_waitlist = true
    WHERE s.status = 'scheduled' AND s.starts_at > :starts_after AND s.taken < s.capacity
      AND NOT s.kept_for_waitlist
      AND EXISTS (SELECT FROM waitlist_entries w
                  JOIN bookings b ON b.authority_id = w.authority_id AND b.id = w.booking_id
                  WHERE w.authority_id = s.authority_id AND w.session_id = s.id
                    AND b.status = 'waitlisted'
                    AND NOT EXISTS (SELECT FROM place_offers o
                                    WHERE o.authority_id = b.authority_id
                                      AND o.booking_id = b.id AND o.status = 'open'))
    """
)


def list_turns(
    session: Session, session_ids: Collection[UUID], *, now: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """List who waits for some sessions, each session's in the fair order of its policy."""
    wanted = {"session_ids": list(session_ids), "now": now}
    return session.execute(TURNS, wanted).all()


def count_given_up(session: Session, *, since: datetime, now: datetime) -> tuple[int, int]:
    """Count the places of the sessions that started since then, and how many were given up."""
    row = session.execute(GIVEN_UP, {"since": since, "now": now}).one()
    return row.places, row.given_up


def list_kept(session: Session) -> Sequence[UUID]:
    """List the sessions that keep a place for those who wait."""
    return session.scalars(
        select(CatalogueSession.id)
        .where(CatalogueSession.kept_for_waitlist)
        .order_by(CatalogueSession.id)
    ).all()


def keep_free_places(session: Session, *, now: datetime, at_least: timedelta) -> None:
    """Keep what is free for those who wait and were passed over: their turn may have come."""
    session.execute(LOOK_AGAIN, {"starts_after": now + at_least})


def reload_session(session: Session, target: CatalogueSession, *, lock: bool) -> None:
    """Read a session's places again, and keep them from changing if asked to."""
    session.refresh(target, with_for_update={"key_share": True} if lock else None)


def stop_keeping(session: Session, target: CatalogueSession) -> None:
    """Let everybody take what is free in a session."""
    session.execute(
        update(CatalogueSession)
        .where(
            CatalogueSession.authority_id == target.authority_id, CatalogueSession.id == target.id
        )
        .values(kept_for_waitlist=False)
    )


def get_entry(session: Session, booking: Booking) -> WaitlistEntry:
    """Get the turn of a booking on its waiting list."""
    return session.get_one(WaitlistEntry, (booking.authority_id, booking.id))


def find_open_offer(session: Session, booking_id: UUID) -> PlaceOffer | None:
    """Find the offer that a booking holds, as things stand now."""
    return session.scalar(
        select(PlaceOffer)
        .where(PlaceOffer.booking_id == booking_id, PlaceOffer.status == "open")
        .execution_options(populate_existing=True)
    )


def find_offer(session: Session, caller: Caller, offer_id: UUID) -> PlaceOffer | None:
    """Find an offer the caller may see."""
    statement = select(PlaceOffer).where(PlaceOffer.id == offer_id)
    if not caller.sees_every_household:
        statement = statement.join(Child, _child_of_offer()).where(
            Child.household_id == caller.household_id
        )
    return session.scalar(statement)


def list_offers(
    session: Session, caller: Caller, query: OfferQuery, page: PageRequest
) -> Page[PlaceOffer]:
    """List the offers a caller may see in the order they were made."""
    statement = select(PlaceOffer)
    if not caller.sees_every_household:
        statement = statement.join(Child, _child_of_offer()).where(
            Child.household_id == caller.household_id
        )
    for filtered, wanted in (
        (PlaceOffer.child_id, query.child_id),
        (PlaceOffer.session_id, query.session_id),
        (PlaceOffer.status, query.status),
    ):
        if wanted is not None:
            statement = statement.where(filtered == wanted)
    return fetch_page(
        session,
        statement,
        page,
        keys=[PlaceOffer.id],
        parsers=[UUID],
        key_of=lambda offer: [offer.id],
    )


def list_overdue(
    session: Session, *, now: datetime, session_id: UUID | None = None, limit: int
) -> Sequence[tuple[PlaceOffer, Booking]]:
    """List open offers whose deadline has passed and that nobody is dealing with, and lock them."""
    overdue = [PlaceOffer.status == "open", PlaceOffer.expires_at <= now]
    if session_id is not None:
        overdue.append(PlaceOffer.session_id == session_id)
    rows = session.execute(
        select(PlaceOffer, Booking)
        .join(
            Booking,
            and_(
                Booking.authority_id == PlaceOffer.authority_id,
                Booking.id == PlaceOffer.booking_id,
            ),
        )
        .join(Child, _child_of_offer())
        .where(*overdue)
        .order_by(PlaceOffer.expires_at, PlaceOffer.id)
        .limit(limit)
        # The child's row as well: whoever changes a child's bookings holds it.
        .with_for_update(of=[Child, Booking, PlaceOffer], skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    return [(row[0], row[1]) for row in rows]


def _child_of_offer() -> Any:
    return and_(Child.authority_id == PlaceOffer.authority_id, Child.id == PlaceOffer.child_id)
