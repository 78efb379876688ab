"""Placing a booking: every rule once, in the order of the contract; several children as one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings import queries, waitlist_queries
from app.bookings.cancelling import expire_holds, expire_offers
from app.bookings.errors import SessionFull
from app.bookings.idempotency import claim_key
from app.bookings.judging import Judgement, judge, judge_again
from app.bookings.models import Booking
from app.bookings.schemas import BookingCreate
from app.bookings.service import get_booking, tell
from app.bookings.taking import (
    give_back_entitlement,
    set_status,
    take_entitlement,
    take_places,
    take_support,
)
from app.bookings.waitlist import add_turns
from app.bookings.waitlist_models import WaitlistEntry
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
    # Without defaults, so that a retry means the same after an update that brings a new one.
    request = {"call": "place", **order.model_dump(mode="json", exclude_defaults=True)}
    ids = [new_id() for _ in order.children]
    kept = claim_key(session, caller, key, request, status=CREATED, booking_ids=ids, now=now)
    if kept is not None:
        bookings = [get_booking(session, caller, id_, now=now) for id_ in kept.booking_ids]
        return Placed(bookings, kept.status or CREATED, replayed=True)

    # Loading a catalogue that has moved may take a while: not with the child's row locked.
    version, overdue = queries.look_first(session, order.children, order.session_id, now=now)
    catalogue = warm.at(session, version, now=now)
    judgements, target = _judge_all(session, catalogue, caller, order, overdue=overdue, now=now)
    party_id = new_id() if order.child_ids else None
    bookings = [
        _new_booking(id_, judgement, target, order, party_id, now=now)
        for id_, judgement in zip(ids, judgements, strict=True)
    ]
    for booking, judgement in zip(bookings, judgements, strict=True):
        with _about(booking.child_id, order):
            take_entitlement(session, booking, judgement)
    if order.waitlist and _must_wait(session, target, now=now):
        [booking] = bookings
        _join_waitlist(session, caller, booking, now=now)
        return Placed(bookings, CREATED)
    _take_places(session, target, len(bookings), now=now)
    if party_id is not None:
        # Each takes its services in the order of needs, but one child after the other.
        queries.lock_service_weeks(session, {iso_week(target.starts_at)})
    for number, (booking, judgement) in enumerate(zip(bookings, judgements, strict=True)):
        with _about(booking.child_id, order):
            latest = judgement
            if number or order.waitlist:
                # What others have taken, just now or before, is not there for this one.
                latest = judge_again(session, catalogue, judgement, target, now=now)
            take_support(session, booking, target, latest, now=now)
        set_status(booking, target.starts_at, hold_minutes=order.hold_minutes, now=now)
        tell(session, caller, booking, "booking.placed", now=now, is_new=True)
    return Placed(bookings, CREATED)


def _judge_all(
    session: Session,
    catalogue: WarmCatalogue,
    caller: Caller,
    order: BookingCreate,
    *,
    overdue: bool,
    now: datetime,
) -> tuple[list[Judgement], CatalogueSession]:
    # In one order for everybody, so that no two orders wait for each other.
    profiles = [
        get_profile(session, caller, child_id, lock=True) for child_id in sorted(order.children)
    ]
    if overdue:
        # In one go, because it locks the sessions of what it ends in their order.
        expire_holds(session, now=now, child_ids=order.children, session_id=order.session_id)
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
                    may_wait=order.waitlist,
                )
            )
    return judgements, target


def _take_places(session: Session, target: CatalogueSession, wanted: int, *, now: datetime) -> None:
    """Take places; an offer that has run out keeps none from whoever asks before the worker."""
    try:
        take_places(session, target, wanted)
    except SessionFull:
        if not expire_offers(session, now=now, session_id=target.id):
            raise
        take_places(session, target, wanted)


def _must_wait(session: Session, target: CatalogueSession, *, now: datetime) -> bool:
    """Tell whether the place can only be waited for, and let none come free unseen meanwhile."""
    judged = (target.starts_at, target.ends_at)
    if target.taken >= target.capacity:
        # Before the session is locked: whoever answers an offer locks its booking first.
        expire_offers(session, now=now, session_id=target.id)
    waitlist_queries.reload_session(session, target, lock=True)
    if target.status != "scheduled" or (target.starts_at, target.ends_at) != judged:
        # Taking a place says so.
        return False
    return target.kept_for_waitlist or target.taken >= target.capacity


def _join_waitlist(session: Session, caller: Caller, booking: Booking, *, now: datetime) -> None:
    """Let a booking wait: it has been found to be entitled to the place, and uses nothing."""
    if booking.uses_entitlement:
        give_back_entitlement(session, booking)
    booking.status = "waitlisted"
    booking.hold_expires_at = None
    booking.confirm_when_arranged = False
    tell(session, caller, booking, "booking.waitlisted", now=now, is_new=True)
    session.add(
        WaitlistEntry(
            authority_id=booking.authority_id,
            booking_id=booking.id,
            session_id=booking.session_id,
            joined_at=now,
            skipped_at=None,
            skip_reason=None,
        )
    )
    session.flush()
    add_turns(session, [booking], now=now)


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
    id_: UUID,
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
        id=id_,
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
        # Named although empty: it goes past the mapper, which would fill in what is missing.
        cancelled_at=None,
        cancel_cause=None,
        cancel_reason=None,
        arrangements=[],
        version=1,
        created_at=now,
        updated_at=now,
    )
