"""What children hold and what is taken, as the engine takes it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.authorities import service as authorities
from app.authorities.models import EntitlementPolicy
from app.bookings import queries
from app.bookings.standing import read_standing
from app.catalogue.models import Session as CatalogueSession
from app.children.profiles import Profile
from app.clock import iso_week, month_of, months_between
from app.codes import NEED_CODES
from app.engine.problem import Booked, Holdings, Remaining, Situation, Taken

# How much of a month's funding a child has used, by month and funding.
Used = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Candidate:
    """A child that a session might suit, and when its last break began."""

    child: Profile
    holdings: Holdings
    last_break: datetime | None


def read_situation(
    session: Session,
    child: Profile,
    *,
    starts_from: datetime,
    starts_before: datetime | None = None,
) -> Situation:
    """Read what decides about a child's sessions that start in a span, or at an instant."""
    return _read_situation(
        session,
        [child.id, *child.companions],
        child.need_codes,
        starts_from=starts_from,
        starts_before=starts_before or starts_from,
    )


def read_candidates(
    session: Session, target: CatalogueSession, children: Sequence[Profile], *, now: datetime
) -> tuple[list[Candidate], Situation]:
    """Read what decides about one session for many children, and what is the same for them all."""
    situation = _read_situation(
        session, [], NEED_CODES, starts_from=target.starts_at, starts_before=target.starts_at
    )
    month = month_of(target.starts_at)
    used: defaultdict[UUID, dict[tuple[str, str], int]] = defaultdict(dict)
    for child_id, funding, count in queries.list_used_in_month(session, month):
        used[child_id][month, funding] = count
    rolls = {roll.child_id: roll for roll in queries.list_rolls(session, target, now=now)}
    there = {child_id for child_id, roll in rolls.items() if roll.booked}
    found = []
    for child in children:
        roll = rolls.get(child.id)
        friends = len(there.intersection(child.companions))
        holdings = Holdings(
            booked=(Booked(target.starts_at, target.ends_at),) if roll and roll.overlaps else (),
            visits={target.activity_id: roll.visits} if roll and roll.visits else {},
            friends={target.id: friends} if friends else {},
            remaining={month: _remaining(situation.policies, month, used.get(child.id, {}))},
        )
        found.append(Candidate(child, holdings, roll.last_break if roll else None))
    return found, situation


def _read_situation(
    session: Session,
    child_ids: Sequence[UUID],
    needs: Collection[str],
    *,
    starts_from: datetime,
    starts_before: datetime,
) -> Situation:
    """Read the situation of the first child, whose companions are the others."""
    standing = read_standing(
        session,
        child_ids=child_ids,
        needs=needs,
        starts_from=starts_from,
        starts_before=starts_before,
        week_from=iso_week(starts_from),
    )
    used = {(month, funding): count for month, funding, count in standing.counters}
    first = str(child_ids[0]) if child_ids else None
    mine = [place for place in standing.held if place[0] == first]
    theirs = [place for place in standing.held if place[0] != first]
    return Situation(
        catalogue_version=standing.catalogue_version,
        holdings=Holdings(
            booked=tuple(
                Booked(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
                for *_, starts_at, ends_at in mine
            ),
            visits=Counter(UUID(activity_id) for _, _, activity_id, *_ in mine),
            friends=Counter(UUID(session_id) for _, session_id, *_ in theirs),
            remaining={
                month: _remaining(standing.policies, month, used)
                for month in months_between(starts_from, starts_before)
            },
        ),
        taken=Taken(standing.places, standing.limited, standing.weeks),
        policies=standing.policies,
        services=standing.services,
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
