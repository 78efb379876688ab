"""Waiting lists: who is next, and how likely it is that a turn comes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from scipy.special import bdtrc
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.bookings import waitlist_queries
from app.bookings.models import Booking
from app.bookings.waitlist_models import Turn

# How far back it is counted how many places are given up.
COUNTED: Final = timedelta(days=28)
# An authority without a past is taken to see one place in ten given up: as if of ten places that
# were there before all others one had been.
PLACES_BEFORE: Final = 10
GIVEN_UP_BEFORE: Final = 1


def add_turns(session: Session, bookings: Iterable[Booking], *, now: datetime) -> None:
    """Work out where those of the bookings that wait stand, all in two statements."""
    waiting = {booking.id: booking for booking in bookings if booking.status == "waitlisted"}
    if not waiting:
        return
    session_ids = {booking.session_id for booking in waiting.values()}
    turns = waitlist_queries.list_turns(session, session_ids, now=now)
    rate = giving_up_rate(session, now=now)
    for turn in turns:
        if turn.booking_id in waiting:
            waiting[turn.booking_id].waitlist = Turn(
                place=turn.place,
                of=turn.waiting,
                chance=_chance(turn, rate),
                offer_id=turn.offer_id,
                offer_expires_at=turn.offer_expires_at,
            )


def giving_up_rate(session: Session, *, now: datetime) -> float:
    """Estimate how likely a place is given up, by the authority's sessions of the last weeks."""
    places, given_up = waitlist_queries.count_given_up(session, since=now - COUNTED, now=now)
    return (given_up + GIVEN_UP_BEFORE) / (places + PLACES_BEFORE)


def _chance(turn: Row[*tuple[Any, ...]], rate: float) -> float:
    """Estimate how likely a turn comes: that enough of the places taken are given up.

    Each place taken, or offered to another, is given up with the same probability and for itself,
    so the number that come free is binomial. How long it is until the start is not considered.
    """
    if not turn.coming:
        return 0.0
    if turn.offer_id is not None:
        return 1.0
    needed = turn.place - turn.offered - turn.free
    if needed <= 0:
        return 1.0
    if needed > turn.taken:
        return 0.0
    return round(float(bdtrc(needed - 1, turn.taken, rate)), 4)


def next_turn(
    session: Session,
    session_id: UUID,
    *,
    passed_over: set[UUID],
    now: datetime,
    offered: bool = False,
) -> Row[*tuple[Any, ...]] | None:
    """Find who is next: not passed over in this round, nor offered a place unless asked for."""
    turns = waitlist_queries.list_turns(session, [session_id], now=now)
    return next(
        (
            turn
            for turn in turns
            if (offered or turn.offer_id is None) and turn.booking_id not in passed_over
        ),
        None,
    )
