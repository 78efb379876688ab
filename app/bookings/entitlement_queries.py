"""Reads of what children have used, and of what single ones are allowed instead of the policy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from app.bookings.entitlement import Override, Used
from app.bookings.models import EntitlementCounter, EntitlementOverride, YearlyCounter
from app.pagination import Page, PageRequest, fetch_page


def page_of_overrides(
    session: Session, child_id: UUID, page: PageRequest, *, ended: bool
) -> Page[EntitlementOverride]:
    """List the overrides of a child as they were recorded, those that were ended if asked for."""
    statement = select(EntitlementOverride).where(EntitlementOverride.child_id == child_id)
    if not ended:
        statement = statement.where(EntitlementOverride.ended_at.is_(None))
    return fetch_page(
        session,
        statement,
        page,
        keys=(EntitlementOverride.id,),
        parsers=(UUID,),
        key_of=lambda one: (one.id,),
    )


def list_overrides(session: Session, child_id: UUID) -> Sequence[EntitlementOverride]:
    """List the overrides of a child that hold, the last recorded last."""
    return session.scalars(
        select(EntitlementOverride)
        .where(EntitlementOverride.child_id == child_id, EntitlementOverride.ended_at.is_(None))
        .order_by(EntitlementOverride.id)
    ).all()


def overrides_of_everyone(session: Session) -> Mapping[UUID, Sequence[Override]]:
    """Read the overrides that hold of every child, the last recorded last."""
    rows = session.execute(
        select(
            EntitlementOverride.child_id,
            EntitlementOverride.measure,
            EntitlementOverride.allowed,
            EntitlementOverride.starts_on,
            EntitlementOverride.ends_on,
        )
        .where(EntitlementOverride.ended_at.is_(None))
        .order_by(EntitlementOverride.id)
    )
    found: defaultdict[UUID, list[Override]] = defaultdict(list)
    for child_id, measure, allowed, starts_on, ends_on in rows:
        found[child_id].append(Override(measure, allowed, starts_on, ends_on))
    return found


def used_by_everyone(session: Session, month: str, year: str) -> Mapping[UUID, Used]:
    """Read how much of a month and of a year every child has used, by period and measure."""
    of_month = select(
        EntitlementCounter.child_id,
        EntitlementCounter.month,
        EntitlementCounter.funding,
        EntitlementCounter.used,
    ).where(EntitlementCounter.month == month, EntitlementCounter.used > 0)
    of_year = select(
        YearlyCounter.child_id, YearlyCounter.year, YearlyCounter.measure, YearlyCounter.used
    ).where(YearlyCounter.year == year, YearlyCounter.used > 0)
    found: defaultdict[UUID, dict[tuple[str, str], int]] = defaultdict(dict)
    for child_id, period, measure, count in session.execute(union_all(of_month, of_year)):
        found[child_id][period, measure] = count
    return found
