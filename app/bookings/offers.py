"""Places offered to those who wait: seen, accepted, declined; and the list they come from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.bookings import queries, waitlist_queries
from app.bookings.cancelling import CANCELLED, OFFER_EXPIRED, expire_holds, expire_offers
from app.bookings.errors import OfferClosed, OfferExpired
from app.bookings.judging import Judgement, judge
from app.bookings.models import Booking
from app.bookings.offer_schemas import OfferQuery, TurnRead
from app.bookings.service import tell_change
from app.bookings.taking import (
    close_offer,
    give_back_support,
    release,
    set_status,
    take_entitlement,
    take_support,
)
from app.bookings.waitlist_models import PlaceOffer
from app.catalogue.models import Session as CatalogueSession
from app.children.profiles import get_profile
from app.clock import iso_week
from app.engine.warm import WarmCatalogues
from app.errors import NotFound
from app.pagination import Page, PageRequest, decode_cursor, encode_cursor

ACCEPTED: Final = "offer_accepted"
DECLINED: Final = "offer_declined"
# What a list ends before it is looked at; the rest is the worker's.
OVERDUE_AT_A_LOOK: Final = 20


def list_offers(
    session: Session, caller: Caller, query: OfferQuery, page: PageRequest, *, now: datetime
) -> Page[PlaceOffer]:
    """List the offers a caller may see."""
    expire_offers(session, now=now, limit=OVERDUE_AT_A_LOOK)
    found = waitlist_queries.list_offers(session, caller, query, page)
    seen = {offer.child_id for offer in found.items}
    audit.record(session, caller, "offer.list", now=now, child_ids=sorted(seen))
    return found


def accept_offer(
    session: Session, warm: WarmCatalogues, caller: Caller, offer_id: UUID, *, now: datetime
) -> tuple[PlaceOffer, Booking]:
    """Make the place that is kept for a child its own, if every rule still lets it have it."""
    catalogue = warm.get(session, now=now)
    offer, booking = _get_to_answer(session, caller, offer_id)
    if offer.status == "accepted":
        return offer, booking
    _check_open(offer)
    if offer.expires_at <= now:
        raise OfferExpired(
            "The place goes to who is next.", expires_at=offer.expires_at.isoformat()
        )
    child = get_profile(session, caller, offer.child_id)
    # What the child held too long may be what stands in the way.
    expire_holds(session, now=now, child_ids=[child.id])
    found = queries.find_session_and_activity(session, offer.session_id)
    if found is None:
        raise NotFound
    target, activity = found
    judgement = judge(
        session,
        catalogue,
        caller,
        child,
        target,
        activity,
        funding=booking.funding,
        now=now,
        waiting=booking,
    )
    if booking.factors is None:
        # A round's place: how well it fits is measured as it becomes the child's own.
        booking.factors = dict(judgement.fit.measures)
    take_entitlement(session, booking, judgement)
    _match_support(session, booking, target, judgement, now=now)
    close_offer(session, offer, "accepted", now=now)
    set_status(booking, target.starts_at, now=now)
    tell_change(session, caller, booking, f"booking.{booking.status}", now=now, cause=ACCEPTED)
    return offer, booking


def decline_offer(
    session: Session, caller: Caller, offer_id: UUID, *, now: datetime
) -> tuple[PlaceOffer, Booking]:
    """Let a place go to who is next; the booking ends."""
    offer, booking = _get_to_answer(session, caller, offer_id)
    if offer.status in ("declined", "expired"):
        return offer, booking
    _check_open(offer)
    in_time = now < offer.expires_at
    starts_at = queries.session_start(session, booking.session_id)
    release(
        session,
        booking,
        starts_at,
        gives_back_entitlement=True,
        now=now,
        offer_ends="declined" if in_time else "expired",
    )
    booking.cancel_cause = DECLINED if in_time else OFFER_EXPIRED
    what = CANCELLED if in_time else "booking.expired"
    tell_change(session, caller, booking, what, now=now, cause=booking.cancel_cause)
    return offer, booking


def list_waitlist(
    session: Session, caller: Caller, session_id: UUID, page: PageRequest, *, now: datetime
) -> Page[TurnRead]:
    """List who waits for a session, in the fair order."""
    if queries.find_session_and_activity(session, session_id) is None:
        raise NotFound("There is no such session.")
    turns = [
        TurnRead.model_validate(turn)
        for turn in waitlist_queries.list_turns(session, [session_id], now=now)
    ]
    shown = _page_of(turns, page)
    audit.record(
        session,
        caller,
        "waitlist.read",
        now=now,
        object_id=session_id,
        child_ids=[turn.child_id for turn in shown.items],
    )
    return shown


def _page_of(turns: Sequence[TurnRead], page: PageRequest) -> Page[TurnRead]:
    """Cut a page out of a list that is known whole, because a place in it depends on all."""
    first = 0
    if page.cursor is not None:
        [last_seen] = decode_cursor(page.cursor, [UUID])
        # Whoever was the last may have left meanwhile; then the list is read from its beginning.
        first = next((turn.place for turn in turns if turn.booking_id == last_seen), 0)
    items = list(turns[first : first + page.limit])
    more = first + page.limit < len(turns)
    return Page(items=items, next_cursor=encode_cursor([items[-1].booking_id]) if more else None)


def _get_to_answer(session: Session, caller: Caller, offer_id: UUID) -> tuple[PlaceOffer, Booking]:
    """Get an offer and its booking: nobody else changes them, or the child's others, meanwhile."""
    offer = waitlist_queries.find_offer(session, caller, offer_id)
    if offer is None:
        raise NotFound("There is no such offer.")
    queries.lock_children(session, [offer.child_id])
    booking = queries.get_locked(session, offer.booking_id)
    session.refresh(offer, with_for_update=True)
    return offer, booking


def _check_open(offer: PlaceOffer) -> None:
    if offer.status == "expired":
        raise OfferExpired(
            "The place went to who is next.", expires_at=offer.expires_at.isoformat()
        )
    if offer.status != "open":
        raise OfferClosed(status=offer.status)


def _match_support(
    session: Session,
    booking: Booking,
    target: CatalogueSession,
    judgement: Judgement,
    *,
    now: datetime,
) -> None:
    """Keep the support that was kept with the place, or take anew what is needed by now."""
    kept = {task.need for task in booking.arrangements if task.status != "dropped"}
    limited = {
        need.need
        for need in judgement.fit.needs
        if need.met_by == "limited" and need.importance == "essential"
    }
    wanted = {arrangement.need for arrangement in judgement.fit.arrangements}
    if (kept, set(booking.limited_needs)) == (wanted, limited):
        return
    queries.lock_sessions(session, {target.id})
    # What is given back and what is taken may be different services, in any order.
    queries.lock_service_weeks(session, {iso_week(target.starts_at)})
    give_back_support(session, booking, target.starts_at)
    take_support(session, booking, target, judgement, now=now)
