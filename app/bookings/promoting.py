"""Offering what comes free to those who wait: one candidate a transaction, in the fair order.

Whatever frees a place marks its session (`kept_for_waitlist`) where somebody waits; until the
mark is cleared nobody else takes a place. Each step below is whole in itself, so a round that is
cut short is finished by the next one, and two rounds at once offer no place twice.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.bookings import queries, waitlist_queries
from app.bookings.cancelling import end_for_provider, expire_holds
from app.bookings.errors import (
    SessionCancelled,
    SessionFull,
    SessionStarted,
    SupportUnavailable,
)
from app.bookings.judging import judge
from app.bookings.models import Booking
from app.bookings.service import tell_change
from app.bookings.taking import (
    give_back_entitlement,
    take_entitlement,
    take_places,
    take_support,
)
from app.bookings.waitlist import next_turn
from app.bookings.waitlist_models import PlaceOffer
from app.catalogue.models import Activity
from app.catalogue.models import Session as CatalogueSession
from app.children.profiles import Profile, get_profile
from app.clock import month_of, year_of
from app.engine.warm import WarmCatalogue, WarmCatalogues
from app.errors import AppError, Unavailable
from app.ids import new_id
from app.outbox.service import emit

# A family has an hour to answer, and an hour to get there. What comes free later than that
# before the start is anybody's.
TIME_TO_ANSWER: Final = timedelta(hours=1)
TIME_TO_GO: Final = timedelta(hours=1)
# A rule that passes somebody over again and again is told of once a day.
TOLD_AGAIN_AFTER: Final = timedelta(days=1)


def promote(
    session: Session,
    warm: WarmCatalogues,
    session_id: UUID,
    *,
    passed_over: set[UUID],
    now: datetime,
) -> bool:
    """Offer a place to who is next, or pass that child over; tell whether to go on.

    Whom a round has `passed_over` grows by those of this step.
    """
    catalogue = warm.get(session, now=now)
    found = queries.find_session_and_activity(session, session_id)
    if found is None or not found[0].kept_for_waitlist:
        return False
    target, activity = found
    turn = next_turn(session, session_id, passed_over=passed_over, now=now)
    if target.status == "cancelled":
        return _end_one(session, target, now=now)
    if turn is None or target.taken >= target.capacity or _too_late(target, now=now):
        return _finish(session, target, passed_over, now=now)
    child = get_profile(session, None, turn.child_id, lock=True)
    booking = queries.get_locked(session, turn.booking_id)
    if booking.status != "waitlisted" or waitlist_queries.find_open_offer(session, booking.id):
        # Somebody else was there first.
        return True
    expire_holds(session, now=now, child_ids=[child.id], session_id=session_id)
    try:
        with session.begin_nested():
            _offer(session, catalogue, child, booking, target, activity, now=now)
    except Unavailable:
        raise
    except (SessionFull, SessionStarted, SessionCancelled):
        # It is the session that has changed: the next step sees how.
        return True
    except AppError as refusal:
        _pass_over(session, booking, refusal, now=now)
        passed_over.add(turn.booking_id)
    return True


def keep_free_places(session: Session, *, now: datetime) -> None:
    """Start another round where a place is free and those who wait were passed over before."""
    waitlist_queries.keep_free_places(session, now=now, at_least=TIME_TO_ANSWER + TIME_TO_GO)


def _too_late(target: CatalogueSession, *, now: datetime) -> bool:
    return target.starts_at - TIME_TO_GO - TIME_TO_ANSWER < now


def _finish(
    session: Session, target: CatalogueSession, passed_over: set[UUID], *, now: datetime
) -> bool:
    """Let everybody take what nobody who waits can have, unless that has just changed."""
    # Whoever joins the list, or frees a place, locks the session as well.
    waitlist_queries.reload_session(session, target, lock=True)
    if target.status == "cancelled":
        return True
    if (
        target.taken < target.capacity
        and not _too_late(target, now=now)
        and next_turn(session, target.id, passed_over=passed_over, now=now) is not None
    ):
        return True
    waitlist_queries.stop_keeping(session, target)
    return False


def _offer(
    session: Session,
    catalogue: WarmCatalogue,
    child: Profile,
    booking: Booking,
    target: CatalogueSession,
    activity: Activity,
    *,
    now: datetime,
) -> None:
    """Keep a place and its support for a booking, if all rules let the child have them now."""
    # While nobody had a place the session may have moved.
    booking.month = month_of(target.starts_at)
    booking.year = year_of(booking.month)
    judgement = judge(
        session,
        catalogue,
        None,
        child,
        target,
        activity,
        funding=booking.funding,
        now=now,
        waiting=booking,
    )
    # It must be left now, but is used only when the family accepts.
    take_entitlement(session, booking, judgement)
    if booking.uses_entitlement:
        give_back_entitlement(session, booking)
    take_places(session, target, for_waitlist=True)
    take_support(session, booking, target, judgement, now=now)
    last_answer = min(
        target.starts_at - TIME_TO_GO,
        *(task.due_at for task in booking.arrangements if task.status == "open"),
        now + timedelta(hours=judgement.terms.policy.offer_hours),
    )
    if last_answer < now + TIME_TO_ANSWER:
        raise SupportUnavailable("There is no time left to ask the family and to arrange it.")
    offer = PlaceOffer(
        authority_id=booking.authority_id,
        id=new_id(),
        booking_id=booking.id,
        child_id=booking.child_id,
        session_id=booking.session_id,
        source="waitlist",
        status="open",
        made_at=now,
        expires_at=last_answer,
        answered_at=None,
    )
    session.add(offer)
    emit(session, "offer.made", offer.id, sequence=1, now=now, child_id=offer.child_id)
    facts = {"offer_id": str(offer.id), "expires_at": offer.expires_at.isoformat()}
    tell_change(session, None, booking, "booking.offered", now=now, facts=facts)


def _pass_over(session: Session, booking: Booking, refusal: AppError, *, now: datetime) -> None:
    """Keep the reason why a booking was passed over; it waits on for the next place."""
    entry = waitlist_queries.get_entry(session, booking)
    known = (
        entry.skip_reason == refusal.slug
        and entry.skipped_at is not None
        and entry.skipped_at > now - TOLD_AGAIN_AFTER
    )
    entry.skipped_at, entry.skip_reason = now, refusal.slug
    if not known:
        tell_change(
            session,
            None,
            booking,
            "booking.skipped",
            now=now,
            cause=refusal.slug,
            facts=_codes(refusal.facts),
        )


def _codes(facts: dict[str, Any]) -> dict[str, Any]:
    """Leave out of the facts of a refusal what is written for a person to read."""
    kept: dict[str, Any] = {
        name: value
        for name, value in facts.items()
        if value is None or isinstance(value, str | int | float)
    }
    if "reasons" in facts:
        kept["reasons"] = [reason["reason"] for reason in facts["reasons"]]
    return kept


def _end_one(session: Session, target: CatalogueSession, *, now: datetime) -> bool:
    """Cancel the booking of one who waits for a session that will not take place."""
    turn = next_turn(session, target.id, passed_over=set(), now=now, offered=True)
    if turn is None:
        waitlist_queries.reload_session(session, target, lock=True)
        if next_turn(session, target.id, passed_over=set(), now=now, offered=True) is not None:
            return True
        waitlist_queries.stop_keeping(session, target)
        return False
    queries.lock_children(session, [turn.child_id])
    booking = queries.get_locked(session, turn.booking_id)
    if booking.status == "waitlisted":
        end_for_provider(session, booking, target.starts_at, reason=None, facts={}, now=now)
    return True
