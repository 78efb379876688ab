"""What a child holds and what is taken, as the engine takes it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.authorities import service as authorities
from app.authorities.models import EntitlementPolicy
from app.bookings import queries
from app.children.profiles import Profile
from app.clock import iso_week, months_between
from app.engine.problem import Booked, Holdings, Remaining, Situation, SupportTaken

# How much of a month's funding a child has used, by month and funding.
Used = Mapping[tuple[str, str], int]


def read_situation(
    session: Session,
    child: Profile,
    *,
    starts_from: datetime,
    starts_before: datetime | None = None,
) -> Situation:
    """Read what decides about a child's sessions that start in a span, or at an instant."""
    policies = authorities.list_policies(session)
    standing = queries.read_standing(
        session,
        child_id=child.id,
        companions=child.companions,
        needs=child.need_codes,
        starts_from=starts_from,
        week_from=iso_week(starts_from),
    )
    used = {(month, funding): count for month, funding, count in standing.counters}
    mine = [place for place in standing.places if place[0] == str(child.id)]
    theirs = [place for place in standing.places if place[0] != str(child.id)]
    return Situation(
        holdings=Holdings(
            booked=tuple(
                Booked(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
                for *_, starts_at, ends_at in mine
            ),
            visits=Counter(UUID(activity_id) for _, _, activity_id, *_ in mine),
            friends=Counter(UUID(session_id) for _, session_id, *_ in theirs),
            remaining={
                month: _remaining(policies, month, used)
                for month in months_between(starts_from, starts_before or starts_from)
            },
        ),
        taken=SupportTaken(
            limited=[(UUID(id_), need, count) for id_, need, count in standing.limited],
            weeks={(UUID(id_), week): count for id_, week, count in standing.weeks},
        ),
        policies=policies,
        services=authorities.list_support_services(session),
        used=used,
    )


def _remaining(policies: Sequence[EntitlementPolicy], month: str, used: Used) -> Remaining:
    policy = authorities.policy_of_month(policies, month)
    return Remaining(
        free=remaining(policy.free_per_month, used.get((month, "free"), 0)),
        contributory=remaining(policy.contributory_per_month, used.get((month, "contributory"), 0)),
    )


def remaining(allowed: int | None, used: int) -> int | None:
    """Count what is left; None is unlimited."""
    return None if allowed is None else max(0, allowed - used)
