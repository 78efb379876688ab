"""What children hold and what is taken, as the engine takes it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.bookings import entitlement_queries, queries
from app.bookings.entitlement import Override, Used, terms_of
from app.bookings.models import ACTIVE_STATUSES
from app.bookings.standing import read_standing
from app.catalogue.models import Session as CatalogueSession
from app.children.profiles import Profile
from app.clock import iso_week, month_of, months_between, year_of
from app.codes import NEED_CODES
from app.engine.problem import Booked, Holdings, Situation, Taken


@dataclass(frozen=True)
class ChildSituation(Situation):
    """What decides about one child's sessions, and what its entitlement is made of."""

    used: Used
    # Its bookings that are not cancelled, by session: id and status. All ids are text.
    live: Mapping[str, tuple[str, str]]
    # What it is allowed instead of the policies, the last recorded last.
    overrides: Sequence[Override]


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
) -> ChildSituation:
    """Read what decides about a child's sessions that start in a span, or at an instant."""
    return _read_situation(
        session,
        child,
        child.need_codes,
        starts_from=starts_from,
        starts_before=starts_before or starts_from,
    )


def read_candidates(
    session: Session, target: CatalogueSession, children: Sequence[Profile], *, now: datetime
) -> tuple[list[Candidate], Situation]:
    """Read what decides about one session for many children, and what is the same for them all."""
    situation = _read_situation(
        session, None, NEED_CODES, starts_from=target.starts_at, starts_before=target.starts_at
    )
    month = month_of(target.starts_at)
    used = entitlement_queries.used_by_everyone(session, month, year_of(month))
    overrides = entitlement_queries.overrides_of_everyone(session)
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
            remaining={
                month: terms_of(
                    month, situation.policies, overrides.get(child.id, ()), child.income_band
                ).remaining(used.get(child.id, {}))
            },
        )
        found.append(Candidate(child, holdings, roll.last_break if roll else None))
    return found, situation


def _read_situation(
    session: Session,
    child: Profile | None,
    needs: Collection[str],
    *,
    starts_from: datetime,
    starts_before: datetime,
) -> ChildSituation:
    standing = read_standing(
        session,
        child_id=child.id if child else None,
        companions=child.companions if child else (),
        needs=needs,
        starts_from=starts_from,
        starts_before=starts_before,
        week_from=iso_week(starts_from),
    )
    used = {
        (period, measure): count for period, measure, count in (*standing.months, *standing.years)
    }
    income_band = child.income_band if child else None
    return ChildSituation(
        catalogue_version=standing.catalogue_version,
        holdings=Holdings(
            booked=tuple(
                Booked(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
                for _, starts_at, ends_at, _, status in standing.live
                if status in ACTIVE_STATUSES
            ),
            visits={UUID(id_): count for id_, count in standing.visits.items()},
            friends={UUID(id_): count for id_, count in standing.friends.items()},
            remaining={
                month: terms_of(
                    month, standing.policies, standing.overrides, income_band
                ).remaining(used)
                for month in months_between(starts_from, starts_before)
            },
        ),
        taken=Taken(standing.places, standing.limited, standing.weeks),
        policies=standing.policies,
        services=standing.services,
        used=used,
        live={session_id: (id_, status) for session_id, _, _, id_, status in standing.live},
        overrides=standing.overrides,
    )
