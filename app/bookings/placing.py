"""Placing a booking: every rule once, in the order of the contract.

Locks are taken in one order everywhere, so that no two changes wait for each other: the
child, its bookings, the entitlement, the session, its support, the support services by need.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.authorities import service as authorities
from app.authorities.models import EntitlementPolicy, SupportService
from app.bookings import counters, queries
from app.bookings.cancelling import expire_holds
from app.bookings.errors import (
    AlreadyBooked,
    ConsentMissing,
    EntitlementExhausted,
    NotEligible,
    PolicyAge,
    SessionCancelled,
    SessionFull,
    SessionOverlap,
    SessionStarted,
    SupportUnavailable,
)
from app.bookings.holdings import read_situation, remaining
from app.bookings.idempotency import claim_key, keep_answer
from app.bookings.models import Arrangement, Booking
from app.bookings.schemas import BookingCreate
from app.bookings.service import get_booking, tell
from app.catalogue.models import Activity
from app.catalogue.models import Session as CatalogueSession
from app.children import service as children
from app.children.profiles import Profile, get_profile
from app.clock import age_on, iso_week, local_date, month_of
from app.engine import service as engine
from app.engine.problem import Fit
from app.engine.warm import WarmCatalogues
from app.errors import Invalid, NotFound, Unavailable
from app.ids import new_id

CREATED: Final = 201
# What the activity itself asks of a child. Availability is the family's to judge.
NOT_FOR_THIS_CHILD: Final = ("age", "gender", "avoid", "distance")
NO_SUPPORT: Final = ("need", "lead_time")


@dataclass(frozen=True)
class Placed:
    """A booking, and the status its first request was answered with."""

    booking: Booking
    status: int
    replayed: bool = False


def place_booking(
    session: Session,
    warm: WarmCatalogues,
    caller: Caller,
    order: BookingCreate,
    *,
    key: str,
    now: datetime,
) -> Placed:
    """Give the child a place, or say why not."""
    request = {"call": "place", **order.model_dump(mode="json", exclude_none=True)}
    kept = claim_key(session, caller, key, request, now=now)
    if kept is not None:
        booking = get_booking(session, caller, kept.booking_ids[0], now=now)
        return Placed(booking, kept.status or CREATED, replayed=True)

    # Loading a catalogue that has moved may take a while: not with the child's row locked.
    catalogue = warm.get(session, now=now)
    child = get_profile(session, caller, order.child_id, lock=True)
    expire_holds(session, now=now, child_id=child.id, session_id=order.session_id)

    if caller.kind is ClientKind.FAMILY_APP and not children.consent_holds(
        session, child.id, "booking"
    ):
        raise ConsentMissing(
            "Record the family's consent first.",
            purpose="booking",
            record_at=f"/v1/children/{child.id}/consents",
        )
    target, activity = _get_session(session, order.session_id)
    month = month_of(target.starts_at)
    situation = read_situation(session, child, starts_from=target.starts_at)
    policy = authorities.policy_of_month(situation.policies, month)
    _check_session(child, target, policy, now=now)
    fit = engine.explain_fit(session, catalogue, child, target.id, situation=situation, now=now)
    _check_fit(session, child, target, fit)
    if order.funding not in activity.funding:
        raise Invalid(
            "funding",
            "funding_not_offered",
            f"This activity can be booked as: {', '.join(activity.funding)}",
        )
    _take_entitlement(session, child, month, order.funding, policy)
    _take_place(session, target)
    booking = _new_booking(child, target, activity, order, fit, now=now)
    _take_support(session, booking, target, fit, situation.services, now=now)
    session.add(booking)
    session.flush()
    tell(session, caller, booking, "booking.placed", now=now)
    keep_answer(session, caller, key, status=CREATED, booking_ids=[booking.id])
    return Placed(booking, CREATED)


def _get_session(session: Session, session_id: UUID) -> tuple[CatalogueSession, Activity]:
    found = queries.find_session_and_activity(session, session_id)
    if found is None:
        raise NotFound("There is no such session.")
    return found


def _check_session(
    child: Profile, target: CatalogueSession, policy: EntitlementPolicy, *, now: datetime
) -> None:
    age_years = age_on(child.date_of_birth, local_date(target.starts_at))
    if not policy.min_age_years <= age_years <= policy.max_age_years:
        raise PolicyAge(
            "The authority's policy is for other ages on that day.",
            min_age=policy.min_age_years,
            max_age=policy.max_age_years,
            age_on_the_day=age_years,
        )
    if target.starts_at <= now:
        raise SessionStarted(starts_at=target.starts_at.isoformat())
    if target.status == "cancelled":
        raise SessionCancelled(session_id=str(target.id))


def _check_fit(session: Session, child: Profile, target: CatalogueSession, fit: Fit) -> None:
    obstacles = {obstacle.reason: obstacle for obstacle in fit.obstacles}

    def told(reasons: tuple[str, ...]) -> list[dict[str, object]]:
        return [
            {
                "reason": reason,
                "text": obstacles[reason].text,
                "remedy": obstacles[reason].remedy,
                **obstacles[reason].facts,
            }
            for reason in reasons
            if reason in obstacles
        ]

    if reasons := told(NOT_FOR_THIS_CHILD):
        raise NotEligible("The activity is for other children.", reasons=reasons)
    if reasons := told(NO_SUPPORT):
        raise SupportUnavailable("An essential need cannot be met.", reasons=reasons)
    live = queries.find_live_booking(session, child.id, target.id)
    if live is not None:
        raise AlreadyBooked("The child has a booking here.", booking_id=str(live))
    if reasons := told(("overlap",)):
        raise SessionOverlap("The child has another booking at that time.", reasons=reasons)


def _take_entitlement(
    session: Session, child: Profile, month: str, funding: str, policy: EntitlementPolicy
) -> None:
    allowed = {"free": policy.free_per_month, "contributory": policy.contributory_per_month}
    if counters.take_entitlement(session, child.id, month, funding, allowed=allowed[funding]):
        return
    used = counters.used_in_month(session, child.id, month)
    other = "contributory" if funding == "free" else "free"
    other_left = remaining(allowed[other], used.get(other, 0))
    raise EntitlementExhausted(
        f"The {funding} entitlement of {month} is used up.",
        month=month,
        funding=funding,
        allowed=allowed[funding],
        used=used.get(funding, 0),
        # What would make it possible.
        **{f"{other}_remaining": other_left},
    )


def _take_place(session: Session, target: CatalogueSession) -> None:
    judged = (target.starts_at, target.ends_at)
    # A place that comes free between a vain try and the look at why is tried for again.
    while not counters.take_place(session, target):
        session.refresh(target)
        if target.status == "cancelled":
            raise SessionCancelled(session_id=str(target.id))
        if (target.starts_at, target.ends_at) != judged:
            raise Unavailable("The session has just been moved.")
        if target.taken >= target.capacity:
            raise SessionFull(
                "Every place is taken.", session_id=str(target.id), capacity=target.capacity
            )


def _new_booking(
    child: Profile,
    target: CatalogueSession,
    activity: Activity,
    order: BookingCreate,
    fit: Fit,
    *,
    now: datetime,
) -> Booking:
    held = order.hold_minutes is not None or bool(fit.arrangements)
    return Booking(
        authority_id=child.authority_id,
        id=new_id(),
        child_id=child.id,
        session_id=target.id,
        funding=order.funding,
        status="held" if held else "confirmed",
        month=month_of(target.starts_at),
        uses_entitlement=True,
        price_pence=activity.price_pence if order.funding == "contributory" else 0,
        factors=dict(fit.measures),
        # What is only helpful to one child leaves the place to another who cannot do without.
        limited_needs=sorted(
            need.need
            for need in fit.needs
            if need.met_by == "limited" and need.importance == "essential"
        ),
        hold_expires_at=(
            None if order.hold_minutes is None else now + timedelta(minutes=order.hold_minutes)
        ),
        # Named although empty: what is not set is read back from the database for the answer.
        cancelled_at=None,
        cancel_cause=None,
        cancel_reason=None,
        arrangements=[],
        created_at=now,
        updated_at=now,
    )


def _take_support(
    session: Session,
    booking: Booking,
    target: CatalogueSession,
    fit: Fit,
    services: Sequence[SupportService],
    *,
    now: datetime,
) -> None:
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
                for service in services
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
            )
        )
