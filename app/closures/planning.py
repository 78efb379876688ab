"""Working on a closure: first every booking is ended, then every family has its plan.

Each step is a transaction that is whole in itself and leaves its mark in the plan's state: work
that is cut short goes on where it stopped. A step holds the closure's row, so two workers never
do the same one. All bookings end before the first plan is made, so that what one family loses by
the closure does not stand in the way of another.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.bookings import queries as bookings
from app.bookings.cancelling import end_for_provider
from app.bookings.holdings import read_situation
from app.bookings.models import Booking
from app.catalogue.models import Session as CatalogueSession
from app.children.profiles import get_profiles
from app.clock import iso_week
from app.closures import queries
from app.closures.alternatives import WINDOW, Choice, Lost, choose, explain_without
from app.closures.models import Closure, TransitionPlan
from app.engine.service import JudgedSpan, judge_span, setting_of
from app.engine.warm import WarmCatalogue, WarmCatalogues
from app.outbox.service import emit

# States of a plan that something has still to be done for, in the order of doing it.
UNFINISHED: Final = ("found", "released")
LIVE: Final = ("held", "confirmed", "waitlisted")
# The last session of the window may start on its last instant.
ONE_MOMENT: Final = timedelta(microseconds=1)

Found = Sequence[tuple[TransitionPlan, Booking, CatalogueSession]]


@dataclass(frozen=True)
class Judged:
    """A child's sessions around all that it lost, and where its friends have places."""

    span: JudgedSpan
    friends_there: Mapping[UUID, int]


def work_step(
    session: Session,
    catalogues: WarmCatalogues,
    closure_id: UUID,
    *,
    passed_over: set[UUID],
    now: datetime,
) -> bool:
    """End a child's bookings, or plan for a child and its friends; tell whether to go on.

    A child at whom the step fails stays in `passed_over`: the others do not wait for it.
    """
    closure = queries.lock_closure(session, closure_id)
    if closure is None:
        return False
    for state in UNFINISHED:
        child_id = queries.next_child(session, closure_id, state, passed_over=passed_over)
        if child_id is not None:
            passed_over.add(child_id)
            if state == "found":
                _release(session, closure, child_id, now=now)
            else:
                _plan(session, catalogues, closure, child_id, now=now)
            session.flush()
            passed_over.remove(child_id)
            return True
    if queries.count_unfinished(session, closure_id):
        return False
    closure.status, closure.done_at = "done", now
    closure.version += 1
    emit(session, "closure.done", closure.id, sequence=closure.version, now=now)
    return False


def _release(session: Session, closure: Closure, child_id: UUID, *, now: datetime) -> None:
    """End what a child has booked of the closure, with all that it takes."""
    bookings.lock_children(session, [child_id])
    found = queries.list_plans(session, closure.id, [child_id], "found")
    starts = bookings.lock_sessions(session, {plan.session_id for plan, _, _ in found})
    if any(task.support_service_id for _, booking, _ in found for task in booking.arrangements):
        # Several bookings' services are given back here, in no order.
        bookings.lock_service_weeks(session, {iso_week(starts_at) for starts_at in starts.values()})
    for plan, booking, _ in found:
        bookings.reload_locked(session, booking)
        if booking.status in LIVE:
            end_for_provider(
                session,
                booking,
                starts[booking.session_id],
                reason=closure.reason,
                facts={"closure_id": str(closure.id)},
                now=now,
            )
        plan.state = "released"


def _plan(
    session: Session,
    catalogues: WarmCatalogues,
    closure: Closure,
    child_id: UUID,
    *,
    now: datetime,
) -> None:
    """Plan for a child, and for all who hang together with it by a place lost together."""
    friends: defaultdict[tuple[UUID, UUID], list[UUID]] = defaultdict(list)
    for row in queries.lost_together(session, closure.id, child_id):
        friends[row.session_id, row.child_id].append(row.friend_id)
    child_ids = sorted({child_id, *(child for _, child in friends)})
    found = queries.list_plans(session, closure.id, child_ids, "released")
    lost_at = [lost.starts_at for _, _, lost in found]
    starts_from = max(now, min(lost_at) - WINDOW)
    starts_before = max(starts_from, max(lost_at) + WINDOW + ONE_MOMENT)
    warm = catalogues.get(session, now=now)
    judged = _judge_all(
        session, warm, child_ids, starts_from=starts_from, starts_before=starts_before, now=now
    )
    told: set[UUID] = set()
    for plan, booking, lost in found:
        mine = judged[plan.child_id]
        choice = Choice(
            warm,
            _describe(warm, mine.span, booking, lost),
            mine.span,
            [judged[friend].span for friend in friends[plan.session_id, plan.child_id]],
            mine.friends_there,
            [warm.times[id_][0] for id_ in mine.span.session_ids],
        )
        plan.alternatives = choose(choice)
        plan.without = None if plan.alternatives else explain_without(choice)
        plan.state, plan.planned_at = "planned", now
        if plan.child_id not in told:
            told.add(plan.child_id)
            emit(
                session, "closure.family_told", plan.id, sequence=1, now=now, child_id=plan.child_id
            )


def _judge_all(
    session: Session,
    warm: WarmCatalogue,
    child_ids: Sequence[UUID],
    *,
    starts_from: datetime,
    starts_before: datetime,
    now: datetime,
) -> dict[UUID, Judged]:
    """Judge the same sessions for some children, each read once."""
    judged = {}
    for id_, child in get_profiles(session, child_ids).items():
        situation = read_situation(
            session, child, starts_from=starts_from, starts_before=starts_before
        )
        span = judge_span(
            warm,
            child,
            situation=situation,
            starts_from=starts_from,
            starts_before=starts_before,
            now=now,
        )
        judged[id_] = Judged(span, situation.holdings.friends)
    return judged


def _describe(
    warm: WarmCatalogue, judged: JudgedSpan, booking: Booking, lost: CatalogueSession
) -> Lost:
    if lost.id not in warm.times:
        return Lost(lost.starts_at, booking.funding, None, None)
    return Lost(
        lost.starts_at,
        booking.funding,
        setting_of(warm, lost.activity_id),
        judged.explain(lost.id).distance_km,
    )
