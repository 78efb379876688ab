"""Whether a child may have a place: the rules that no counter decides, in the contract's order."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.authorities.models import EntitlementPolicy
from app.bookings.entitlement import PlaceTerms, Terms, place_terms, terms_of
from app.bookings.errors import (
    AlreadyBooked,
    ConsentMissing,
    NotEligible,
    PolicyAge,
    SessionCancelled,
    SessionOverlap,
    SessionStarted,
    SupportUnavailable,
)
from app.bookings.holdings import ChildSituation, read_situation
from app.bookings.models import Booking
from app.catalogue.models import Activity
from app.catalogue.models import Session as CatalogueSession
from app.children import service as children
from app.children.profiles import Profile
from app.clock import age_on, iso_week, local_date, month_of
from app.engine import service as engine
from app.engine.problem import Fit, Taken
from app.engine.warm import WarmCatalogue
from app.errors import Invalid

# What the activity itself asks of a child. Availability is the family's to judge.
NOT_FOR_THIS_CHILD: Final = ("age", "gender", "avoid", "distance")
NO_SUPPORT: Final = ("need", "lead_time")


@dataclass(frozen=True)
class Judgement:
    """A child who may have a place in a session, and what that rests on."""

    child: Profile
    terms: Terms
    # What the place uses of the entitlement, and what the family pays for it.
    place: PlaceTerms
    situation: ChildSituation
    fit: Fit


def judge(
    session: Session,
    catalogue: WarmCatalogue,
    caller: Caller | None,
    child: Profile,
    target: CatalogueSession,
    activity: Activity,
    *,
    funding: str,
    now: datetime,
    waiting: Booking | None = None,
    may_wait: bool = False,
) -> Judgement:
    """Find nothing against a place for the child, or say the first thing that is.

    The booking that is `waiting` for the place stands in its own way by nothing. Whoever `may_wait`
    is not refused because support is taken: it comes free with the places of those who take it.
    """
    if (
        caller is not None
        and caller.kind is ClientKind.FAMILY_APP
        and not children.consent_holds(session, child.id, "booking")
    ):
        raise ConsentMissing(
            "Record the family's consent first.",
            purpose="booking",
            record_at=f"/v1/children/{child.id}/consents",
        )
    situation = read_situation(session, child, starts_from=target.starts_at)
    if may_wait:
        situation = replace(situation, taken=Taken())
    elif waiting is not None:
        taken = _without_own(situation.taken, waiting, iso_week(target.starts_at))
        situation = replace(situation, taken=taken)
    terms = terms_of(
        month_of(target.starts_at), situation.policies, situation.overrides, child.income_band
    )
    _check_session(child, target, terms.policy, now=now)
    fit = engine.explain_fit(catalogue, child, target.id, situation=situation, now=now)
    _check_fit(situation, target, fit, waiting)
    if funding not in activity.funding:
        raise Invalid(
            "funding",
            "funding_not_offered",
            f"This activity can be booked as: {', '.join(activity.funding)}",
        )
    place = place_terms(
        terms,
        starts_at=target.starts_at,
        ends_at=target.ends_at,
        break_type=activity.break_type,
        funding=funding,
        price_pence=activity.price_pence,
        cost_pence=activity.cost_pence,
    )
    return Judgement(child, terms, place, situation, fit)


def judge_again(
    session: Session,
    catalogue: WarmCatalogue,
    judgement: Judgement,
    target: CatalogueSession,
    *,
    now: datetime,
) -> Judgement:
    """Read how the session suits the child as things stand by now in this transaction."""
    child = judgement.child
    situation = read_situation(session, child, starts_from=target.starts_at)
    fit = engine.explain_fit(catalogue, child, target.id, situation=situation, now=now)
    _check_fit(situation, target, fit)
    return replace(judgement, situation=situation, fit=fit)


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


def _without_own(taken: Taken, waiting: Booking, week: str) -> Taken:
    """Leave out the support that is kept for a booking itself, with the place it is offered."""
    session_id = str(waiting.session_id)
    services = [
        str(task.support_service_id)
        for task in waiting.arrangements
        if task.status in ("open", "done")
    ]
    return replace(
        taken,
        limited=[
            (id_, need, count - (id_ == session_id and need in waiting.limited_needs))
            for id_, need, count in taken.limited
        ],
        weeks=[
            (id_, in_week, count - (services.count(id_) if in_week == week else 0))
            for id_, in_week, count in taken.weeks
        ],
    )


def _check_fit(
    situation: ChildSituation,
    target: CatalogueSession,
    fit: Fit,
    waiting: Booking | None = None,
) -> None:
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
    booking_id, status = situation.live.get(str(target.id), (None, None))
    if booking_id is not None and (waiting is None or booking_id != str(waiting.id)):
        raise AlreadyBooked(
            "The child waits for a place here."
            if status == "waitlisted"
            else "The child has a booking here.",
            booking_id=booking_id,
            status=status,
        )
    if reasons := told(("overlap",)):
        raise SessionOverlap("The child has another booking at that time.", reasons=reasons)
