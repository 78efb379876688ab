"""Taking what a booking uses, and giving it back.

Locks are taken in one order everywhere, so that no two changes wait for each other: the
children, their bookings, the entitlement, the session, its support, the support services by need.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.bookings import counters, queries, waitlist_queries
from app.bookings.entitlement import MONTHLY, SHOWN, shown_amount
from app.bookings.errors import (
    EntitlementExhausted,
    SessionCancelled,
    SessionFull,
    SupportUnavailable,
)
from app.bookings.judging import Judgement
from app.bookings.models import ACTIVE_STATUSES, Arrangement, Booking
from app.bookings.waitlist_models import PlaceOffer
from app.catalogue.models import Session as CatalogueSession
from app.clock import iso_week
from app.errors import Unavailable
from app.ids import new_id
from app.outbox.service import emit


def take_entitlement(session: Session, booking: Booking, judgement: Judgement) -> None:
    """Use what the place takes of the month and of the year, all of it or nothing."""
    terms, place = judgement.terms, judgement.place
    # Of a booking that has waited, the terms may have changed since it was made.
    booking.counts, booking.price_pence = place.counts, place.price_pence
    booking.yearly_use = dict(place.yearly_use)
    if not place.counts:
        return
    month, year, funding, uses = booking.month, booking.year, booking.funding, booking.yearly_use
    if not counters.take_entitlement(
        session, booking.child_id, month, funding, allowed=terms.allowed[funding]
    ):
        raise _exhausted(session, booking, judgement, funding)
    taken = counters.take_year(session, booking.child_id, year, uses, allowed=terms.allowed)
    if short := [measure for measure in uses if measure not in taken]:
        counters.give_back_entitlement(session, booking.child_id, month, funding)
        counters.give_back_year(
            session, booking.child_id, year, {measure: uses[measure] for measure in taken}
        )
        raise _exhausted(session, booking, judgement, short[0])
    booking.uses_entitlement = True


def _exhausted(
    session: Session, booking: Booking, judgement: Judgement, measure: str
) -> EntitlementExhausted:
    """Say which allowance does not reach, how far it does, and what would make it possible."""
    terms = judgement.terms
    used = counters.used_by(session, booking.child_id, booking.month, booking.year)
    period, allowed = terms.period(measure), terms.allowed[measure]
    count = used.get((period, measure), 0)
    wanted = booking.yearly_use.get(measure, 1)
    shown = SHOWN.get(measure, measure)
    other = "contributory" if booking.funding == "free" else "free"
    if measure in MONTHLY:
        detail = f"The {measure} entitlement of {period} is used up."
        remedy = "a session in another month, a cancelled booking, or a higher entitlement"
    else:
        detail = f"What is left of the {shown} of {period} does not reach for this session."
        remedy = "a smaller session, one in another year, a cancelled booking, or a higher limit"
    return EntitlementExhausted(
        detail,
        month=booking.month,
        funding=booking.funding,
        measure=shown,
        period=period,
        allowed=shown_amount(measure, allowed),
        used=shown_amount(measure, count),
        wanted=shown_amount(measure, wanted),
        # What would make it possible.
        remedy=remedy,
        possible_funding=other if judgement.fit.funding == other else None,
        **{f"{other}_remaining": terms.left(other, used)},
    )


def take_places(
    session: Session, target: CatalogueSession, wanted: int = 1, *, for_waitlist: bool = False
) -> None:
    """Take places of a session, all that are wanted or none."""
    judged = (target.starts_at, target.ends_at)
    # A place that comes free between a vain try and the look at why is tried for again.
    while not counters.take_places(session, target, wanted, for_waitlist=for_waitlist):
        session.refresh(target)
        if target.status == "cancelled":
            raise SessionCancelled(session_id=str(target.id))
        if (target.starts_at, target.ends_at) != judged:
            raise Unavailable("The session has just been moved.")
        kept = target.kept_for_waitlist and not for_waitlist
        if kept or target.taken + wanted > target.capacity:
            raise SessionFull(
                "Every place is taken."
                if target.taken >= target.capacity
                else "What has come free goes to those who wait for it."
                if kept
                else "Fewer places are left than are wanted together.",
                session_id=str(target.id),
                capacity=target.capacity,
                places_left=target.capacity - target.taken,
                places_wanted=wanted,
                kept_for_waitlist=kept,
                # What would make it possible: the same order with `waitlist`, for one child.
                may_wait=wanted == 1,
            )


def take_support(
    session: Session,
    booking: Booking,
    target: CatalogueSession,
    judgement: Judgement,
    *,
    now: datetime,
) -> None:
    """Take the limited places a booking needs, and open a task for all that must be arranged."""
    fit = judgement.fit
    # What is only helpful to one child leaves the place to another who cannot do without.
    booking.limited_needs = sorted(
        need.need
        for need in fit.needs
        if need.met_by == "limited" and need.importance == "essential"
    )
    booking.family_stays = any(
        need.need == "family_stay" and (need.met_by == "provided" or need.importance == "essential")
        for need in fit.needs
    )
    if booking.limited_needs:
        places = queries.limited_places(session, target.id, target.activity_id)
        for need in booking.limited_needs:
            if not counters.take_limited_support(
                session, target.id, need, allowed=places.get(need, 0)
            ):
                raise SupportUnavailable("The last place for a need has gone.", need=need)
    week = iso_week(target.starts_at)
    for wanted in sorted(fit.arrangements, key=lambda arrangement: arrangement.need):
        service_id = None
        if wanted.source == "authority":
            same_terms = [
                service
                for service in judgement.situation.services
                if (service.need, service.lead_days, service.cost_pence)
                == (wanted.need, wanted.lead_days, wanted.cost_pence)
            ]
            for service in same_terms:
                if counters.take_service_week(session, service.id, week, allowed=service.per_week):
                    service_id = service.id
                    break
            else:
                raise SupportUnavailable(
                    "The authority's support of that week has gone.", need=wanted.need, week=week
                )
        booking.arrangements.append(
            Arrangement(
                authority_id=booking.authority_id,
                id=new_id(),
                need=wanted.need,
                source=wanted.source,
                support_service_id=service_id,
                lead_days=wanted.lead_days,
                cost_pence=wanted.cost_pence,
                # The last moment at which it can still be ordered.
                due_at=max(now, target.starts_at - timedelta(days=wanted.lead_days)),
                status="open",
                funder="authority",
                reason=None,
                closed_at=None,
                version=1,
            )
        )


def set_status(
    booking: Booking, starts_at: datetime, *, hold_minutes: int | None = None, now: datetime
) -> None:
    """Confirm a new booking, unless the family wants time or its support has to be arranged."""
    asked_to_wait = hold_minutes is not None
    must_be_arranged = any(task.status == "open" for task in booking.arrangements)
    booking.confirm_when_arranged = must_be_arranged and not asked_to_wait
    booking.status = "held" if asked_to_wait or must_be_arranged else "confirmed"
    booking.hold_expires_at = None
    if booking.status == "held":
        # Nobody is held a place in a session that has begun.
        ends = [starts_at]
        if hold_minutes is not None:
            ends.append(now + timedelta(minutes=hold_minutes))
        booking.hold_expires_at = min(ends)


def release(
    session: Session,
    booking: Booking,
    starts_at: datetime,
    *,
    gives_back_entitlement: bool,
    now: datetime,
    offer_ends: str = "withdrawn",
) -> None:
    """Cancel a booking and give back all that it takes, in the order in which it was taken.

    One that waits takes nothing, unless it is offered a place; then it ends the offer.
    """
    offer = None
    if booking.status == "waitlisted":
        offer = waitlist_queries.find_open_offer(session, booking.id)
    had_place = booking.status in ACTIVE_STATUSES or offer is not None
    # Written before the place comes free: it does not wait for the place that it gives back.
    booking.status, booking.cancelled_at = "cancelled", now
    booking.hold_expires_at = None
    session.flush()
    if booking.uses_entitlement and gives_back_entitlement:
        give_back_entitlement(session, booking)
    if had_place:
        counters.give_back_place(session, booking.session_id)
        give_back_support(session, booking, starts_at)
    if offer is not None:
        close_offer(session, offer, offer_ends, now=now)


def close_offer(session: Session, offer: PlaceOffer, status: str, *, now: datetime) -> None:
    """End an offer, and tell how."""
    offer.status, offer.answered_at = status, now
    emit(session, f"offer.{status}", offer.id, sequence=2, now=now, child_id=offer.child_id)


def give_back_entitlement(session: Session, booking: Booking) -> None:
    """Give back what a booking uses of the month and of the year."""
    counters.give_back_entitlement(session, booking.child_id, booking.month, booking.funding)
    counters.give_back_year(session, booking.child_id, booking.year, booking.yearly_use)
    booking.uses_entitlement = False


def give_back_support(session: Session, booking: Booking, starts_at: datetime) -> None:
    """Give back what was kept for the needs of a booking."""
    for need in booking.limited_needs:
        counters.give_back_limited_support(session, booking.session_id, need)
    booking.limited_needs = []
    for task in booking.arrangements:
        # What was waived has been given back already.
        if task.support_service_id is not None and task.status in ("open", "done"):
            counters.give_back_service_week(session, task.support_service_id, iso_week(starts_at))
        task.status = "dropped"
