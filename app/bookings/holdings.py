"""What a child holds and what is taken, as the engine takes it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.authorities import service as authorities
from app.authorities.models import EntitlementPolicy
from app.bookings import queries
from app.children.models import Child
from app.clock import iso_week, months_between
from app.engine.problem import Booked, Holdings, Remaining, Situation, SupportTaken


def read_situation(
    session: Session, child: Child, *, starts_from: datetime, starts_before: datetime | None = None
) -> Situation:
    """Read what decides about a child's sessions that start in a span, or at an instant."""
    policies = authorities.list_policies(session)
    months = months_between(starts_from, starts_before or starts_from)
    return Situation(
        holdings=_read_holdings(session, child, policies=policies, months=months),
        taken=_read_support_taken(session, child, starts_from=starts_from),
        policies=policies,
        services=authorities.list_support_services(session),
    )


def _read_holdings(
    session: Session,
    child: Child,
    *,
    policies: Sequence[EntitlementPolicy],
    months: Iterable[str],
) -> Holdings:
    companions = queries.list_companions(session, child)
    mine, theirs = [], Counter[UUID]()
    for child_id, session_id, activity_id, starts_at, ends_at in queries.list_held_places(
        session, [child.id, *companions]
    ):
        if child_id == child.id:
            mine.append((activity_id, Booked(starts_at, ends_at)))
        else:
            theirs[session_id] += 1
    used = {
        (month, funding): count
        for month, funding, count in queries.list_counters(session, child.id)
    }
    return Holdings(
        booked=tuple(booked for _, booked in mine),
        visits=Counter(activity_id for activity_id, _ in mine),
        friends=theirs,
        remaining={month: _remaining(policies, month, used) for month in months},
    )


def _remaining(
    policies: Sequence[EntitlementPolicy], month: str, used: dict[tuple[str, str], int]
) -> Remaining:
    policy = authorities.policy_of_month(policies, month)
    return Remaining(
        free=remaining(policy.free_per_month, used.get((month, "free"), 0)),
        contributory=remaining(policy.contributory_per_month, used.get((month, "contributory"), 0)),
    )


def remaining(allowed: int | None, used: int) -> int | None:
    """Count what is left; None is unlimited."""
    return None if allowed is None else max(0, allowed - used)


def _read_support_taken(session: Session, child: Child, *, starts_from: datetime) -> SupportTaken:
    needs = {need.code for need in child.needs}
    if child.accessible_transport_only:
        needs.add("accessible_transport")
    limited = queries.list_limited_taken(session, needs, starts_from=starts_from) if needs else []
    weeks = queries.list_weeks_taken(session, week_from=iso_week(starts_from))
    return SupportTaken(
        limited=[(session_id, need, used) for session_id, need, used in limited],
        weeks={(service_id, week): used for service_id, week, used in weeks},
    )
