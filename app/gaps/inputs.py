"""What the gaps of a month rest on, read in a few statements however many children there are."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.authorities.models import EntitlementPolicy
from app.authorities.service import policy_of_month
from app.bookings.entitlement import Override, Used, terms_of
from app.bookings.entitlement_queries import overrides_of_everyone, used_by_everyone
from app.bookings.standing import read_standing
from app.children.profiles import Profile, get_profiles
from app.clock import iso_week, local_date, month_bounds, year_of, years_before
from app.codes import NEED_CODES
from app.engine.gaps import Month, Wanting, judged_by, make_month, make_wanting, matching_children
from app.engine.problem import Booked, Holdings, Situation, Taken
from app.engine.warm import WarmCatalogues
from app.gaps import queries
from app.gaps.queries import Frozen, Rows

# A place in a session meets what it serves, unless the child did not come.
MEETING: Final = ("held", "confirmed", "attended")


@dataclass(frozen=True)
class MonthInputs:
    """One month of an authority as it stands, without its children."""

    month: Month
    situation: Situation
    # By what it is judged: rules, encoder, policies.
    judged_by: str


@dataclass(frozen=True)
class ChildInputs:
    """Some children, in the order of their ids: as the engine takes them, and their slices."""

    profiles: Sequence[Profile]
    wanting: Sequence[Wanting]
    frozen: Sequence[Frozen]


def read_month(session: Session, warm: WarmCatalogues, month: str, *, now: datetime) -> MonthInputs:
    """Read the sessions of a month as they stand: four statements with a warm catalogue."""
    starts_from, starts_before = month_bounds(month)
    standing = read_standing(
        session,
        needs=NEED_CODES,
        starts_from=starts_from,
        starts_before=starts_before,
        week_from=iso_week(starts_from),
    )
    situation = Situation(
        catalogue_version=standing.catalogue_version,
        holdings=Holdings(),
        taken=Taken(standing.places, standing.limited, standing.weeks),
        policies=standing.policies,
        services=standing.services,
    )
    catalogue = warm.at(session, standing.catalogue_version, now=now)
    return MonthInputs(
        month=make_month(catalogue, situation, month, now=now),
        situation=situation,
        judged_by=f"{judged_by()}:{_policies(situation.policies)}",
    )


def born_for(policies: Sequence[EntitlementPolicy], month: str) -> tuple[date, date]:
    """Tell when those were born who are of the authority's ages on any day of a month."""
    policy = policy_of_month(policies, month)
    first, last = first_and_last_day(month)
    return (
        years_before(first, policy.max_age_years + 1),
        years_before(last, policy.min_age_years),
    )


def first_and_last_day(month: str) -> tuple[date, date]:
    """Give the first and the last day of a month."""
    starts_from, starts_before = month_bounds(month)
    return local_date(starts_from), local_date(starts_before - timedelta(hours=12))


def read_children(
    session: Session, inputs: MonthInputs, child_ids: Collection[UUID]
) -> ChildInputs:
    """Read some children with what they hold and wish for: six statements."""
    month, situation = inputs.month.month, inputs.situation
    bounds = month_bounds(month)
    profiles = sorted(get_profiles(session, child_ids).values(), key=lambda one: one.id)
    booked = queries.booked_by(session, child_ids, bounds)
    used = used_by_everyone(session, month, year_of(month))
    overrides = overrides_of_everyone(session)
    wishes = queries.wishes_of(session, month, child_ids)
    frozen = queries.frozen_of(session, child_ids)
    # A child may be erased between two statements.
    profiles = [profile for profile in profiles if profile.id in frozen]
    return ChildInputs(
        profiles=profiles,
        wanting=[
            make_wanting(
                child,
                _holdings(profile, month, situation, booked.get(profile.id, ()), used, overrides),
                wishes.get(profile.id, ()),
                [r.session_id for r in booked.get(profile.id, ()) if r.status in MEETING],
            )
            # What several children say alike is read once.
            for profile, child in zip(profiles, matching_children(profiles), strict=True)
        ],
        frozen=[frozen[profile.id] for profile in profiles],
    )


def _holdings(
    profile: Profile,
    month: str,
    situation: Situation,
    booked: Rows,
    used_by: Mapping[UUID, Used],
    overrides: Mapping[UUID, Sequence[Override]],
) -> Holdings:
    held = [row for row in booked if row.holds]
    used = Counter(dict(used_by.get(profile.id, {})))
    for row in held:
        # What an offer would use when it is accepted is not there for another place.
        if row.month == month and row.counts and not row.uses_entitlement:
            used[month, row.funding] += 1
    terms = terms_of(month, situation.policies, overrides.get(profile.id, ()), profile.income_band)
    return Holdings(
        booked=tuple(Booked(row.starts_at, row.ends_at) for row in held),
        remaining={month: terms.remaining(used)},
    )


def _policies(policies: Sequence[Any]) -> str:
    """Name the policies by their ids: one is never changed, only followed by another."""
    return ",".join(str(policy.id) for policy in policies)
