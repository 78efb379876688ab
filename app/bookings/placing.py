"""Placing a booking: every rule once, in the order of the contract; several children as one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings import queries
from app.bookings.cancelling import expire_holds
from app.bookings.idempotency import claim_key, keep_answer
from app.bookings.judging import Judgement, judge, judge_again
from app.bookings.models import Booking
from app.bookings.schemas import BookingCreate
from app.bookings.service import get_booking, tell
from app.bookings.taking import take_entitlement, take_places, take_support
from app.catalogue.models import Activity
from app.catalogue.models import Session as CatalogueSession
from app.children.profiles import get_profile
from app.clock import iso_week
from app.engine.warm import WarmCatalogue, WarmCatalogues
from app.errors import AppError, NotFound
from app.ids import new_id

CREATED: Final = 201


@dataclass(frozen=True)
class Placed:
    """The bookings of an order, and the status its first request was answered with."""

    bookings: list[Booking]
    status: int
    replayed: bool = False

    @property
    def party_id(self) -> UUID | None:
        """What those have in common that were booked together."""
        return self.bookings[0].party_id

    @property
    def booking(self) -> Booking:
        """The one booking of an order for one child."""
        return self.bookings[0]


def place_booking(
    session: Session,
    warm: WarmCatalogues,
    caller: Caller,
    order: BookingCreate,
    *,
    key: str,
    now: datetime,
) -> Placed:
    """Give each child of the order a place, or none of them and say why."""
    request = {"call": "place", **order.model_dump(mode="json", exclude_none=True)}
    kept = claim_key(session, caller, key, request, now=now)
    if kept is not None:
        bookings = [get_booking(session, caller, id_, now=now) for id_ in kept.booking_ids]
        return Placed(bookings, kept.status or CREATED, replayed=True)

    # Loading a catalogue that has moved may take a while: not with the child's row locked.
    catalogue = warm.get(session, now=now)
    judgements, target = _judge_all(session, catalogue, caller, order, now=now)
    party_id = new_id() if order.child_ids else None
    bookings = [
        _new_booking(judgement, target, order, party_id, now=now) for judgement in judgements
    ]
    for booking, judgement in zip(bookings, judgements, strict=True):
        with _about(booking.child_id, order):
            take_entitlement(session, booking, judgement)
    take_places(session, target, len(bookings))
    if party_id is not None:
        # Each takes its services in the order of needs, but one child after the other.
        queries.lock_service_weeks(session, {iso_week(target.starts_at)})
    for number, (booking, judgement) in enumerate(zip(bookings, judgements, strict=True)):
        with _about(booking.child_id, order):
            latest = judgement
            if number:
                # What the others have just taken is not there for this one.
                latest = judge_again(session, catalogue, judgement, target, now=now)
            take_support(session, booking, target, latest, now=now)
        _set_status(booking, target, order, now=now)
        session.add(booking)
        session.flush()
        tell(session, caller, booking, "booking.placed", now=now)
    keep_answer(session, caller, key, status=CREATED, booking_ids=[b.id for b in bookings])
    return Placed(bookings, CREATED)


def _judge_all(
    session: Session,
    catalogue: WarmCatalogue,
    caller: Caller,
    order: BookingCreate,
    *,
    now: datetime,
) -> tuple[list[Judgement], CatalogueSession]:
    # In one order for everybody, so that no two orders wait for each other.
    profiles = [
        get_profile(session, caller, child_id, lock=True) for child_id in sorted(order.children)
    ]
    for child in profiles:
        expire_holds(session, now=now, child_id=child.id, session_id=order.session_id)
    target, activity = _get_session(session, order.session_id)
    judgements = []
    for child in profiles:
        with _about(child.id, order):
            judgements.append(
                judge(
                    session,
                    catalogue,
                    caller,
                    child,
                    target,
                    activity,
                    funding=order.funding,
                    now=now,
                )
            )
    return judgements, target


@contextmanager
def _about(child_id: UUID, order: BookingCreate) -> Iterator[None]:
    """Say of a refusal which child of a party it is about."""
    try:
        yield
    except AppError as refusal:
        if order.child_ids:
            refusal.facts["child_id"] = str(child_id)
        raise


def _get_session(session: Session, session_id: UUID) -> tuple[CatalogueSession, Activity]:
    found = queries.find_session_and_activity(session, session_id)
    if found is None:
        raise NotFound("There is no such session.")
    return found


def _new_booking(
    judgement: Judgement,
    target: CatalogueSession,
    order: BookingCreate,
    party_id: UUID | None,
    *,
    now: datetime,
) -> Booking:
    place = judgement.place
    return Booking(
        authority_id=judgement.child.authority_id,
        id=new_id(),
        child_id=judgement.child.id,
        session_id=target.id,
        funding=order.funding,
        month=place.month,
        counts=place.counts,
        uses_entitlement=False,
        year=place.year,
        yearly_use=dict(place.yearly_use),
        party_id=party_id,
        price_pence=place.price_pence,
        factors=dict(judgement.fit.measures),
        limited_needs=[],
        family_stays=False,
        # Named although empty: what is not set is read back from the database for the answer.
        cancelled_at=None,
        cancel_cause=None,
        cancel_reason=None,
        arrangements=[],
        created_at=now,
        updated_at=now,
    )


def _set_status(
    booking: Booking, target: CatalogueSession, order: BookingCreate, *, now: datetime
) -> None:
    """Confirm a new booking, unless the family wants time or its support has to be arranged."""
    asked_to_wait = order.hold_minutes is not None
    must_be_arranged = bool(booking.arrangements)
    booking.confirm_when_arranged = must_be_arranged and not asked_to_wait
    booking.status = "held" if asked_to_wait or must_be_arranged else "confirmed"
    booking.hold_expires_at = None
    if booking.status == "held":
        # Nobody is held a place in a session that has begun.
        ends = [target.starts_at]
        if order.hold_minutes is not None:
            ends.append(now + timedelta(minutes=order.hold_minutes))
        booking.hold_expires_at = min(ends)
