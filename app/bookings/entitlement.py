"""What a child is entitled to: the terms of a month and of its year, by policy and override."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from app.authorities.models import EntitlementPolicy
from app.authorities.service import policy_of_month
from app.clock import local_date, month_of, year_of
from app.engine.problem import Remaining

# What is counted by the month of the session, and what by its year.
MONTHLY: Final = ("free", "contributory")
YEARLY: Final = ("minutes", "nights", "pence")

# On the wire by other names than they are stored: minutes in hours.
SHOWN: Final = {"minutes": "hours", "pence": "money_pence"}

# How much a child has used, by month or year and by measure.
Used = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Override:
    """What one child is allowed of a measure instead of the policy."""

    measure: str
    # Null allows any number.
    allowed: int | None
    starts_on: date
    ends_on: date

    def governs(self, month: str) -> bool:
        """Tell whether it holds in a month: like a policy, it governs whole ones."""
        return f"{self.starts_on:%Y-%m}" <= month <= f"{self.ends_on:%Y-%m}"


@dataclass(frozen=True)
class Terms:
    """What governs a child's places in the sessions of one month."""

    month: str
    year: str
    policy: EntitlementPolicy
    # By measure, of the month or of the year; null is unlimited.
    allowed: Mapping[str, int | None]
    # The most that the family pays for a contributory place; null: the activity's price.
    contribution_pence: int | None

    def period(self, measure: str) -> str:
        """Name the month or the year that a measure is counted in."""
        return self.month if measure in MONTHLY else self.year

    def left(self, measure: str, used: Used) -> int | None:
        """Count what is left of a measure; null is unlimited."""
        return remaining(self.allowed[measure], used.get((self.period(measure), measure), 0))

    def remaining(self, used: Used) -> Remaining:
        """Put what is left, and on which terms, as the engine takes it."""
        return Remaining(
            **{measure: self.left(measure, used) for measure in MONTHLY + YEARLY},
            uncounted=tuple(self.policy.uncounted_break_types),
            contribution_pence=self.contribution_pence,
        )


@dataclass(frozen=True)
class PlaceTerms:
    """What a place in a session uses of the entitlement, and what the family pays for it."""

    month: str
    year: str
    # False for a type of break that the policy does not count: it uses nothing.
    counts: bool
    # By measure, without those that are not used.
    yearly_use: Mapping[str, Any]
    price_pence: int


def terms_of(
    month: str,
    policies: Sequence[EntitlementPolicy],
    overrides: Sequence[Override],
    income_band: str | None,
) -> Terms:
    """Work out the terms of a month; of several overrides the last of the list holds."""
    policy = policy_of_month(policies, month)
    allowed = {
        "free": policy.free_per_month,
        "contributory": policy.contributory_per_month,
        "minutes": policy.minutes_per_year,
        "nights": policy.nights_per_year,
        "pence": policy.pence_per_year,
    }
    allowed |= {one.measure: one.allowed for one in overrides if one.governs(month)}
    contribution = policy.contribution_by_band.get(income_band or "", policy.contribution_pence)
    return Terms(month, year_of(month), policy, allowed, contribution)


def place_terms(
    terms: Terms,
    *,
    starts_at: datetime,
    ends_at: datetime,
    break_type: str,
    funding: str,
    price_pence: int,
    cost_pence: int,
) -> PlaceTerms:
    """Work out what a place uses and what the family pays."""
    paid = 0
    if funding == "contributory":
        limit = terms.contribution_pence
        paid = price_pence if limit is None else min(price_pence, limit)
    counts = break_type not in terms.policy.uncounted_break_types
    use = {
        # Every begun minute.
        "minutes": -((starts_at - ends_at) // timedelta(minutes=1)),
        "nights": nights_between(starts_at, ends_at) if break_type == "overnight" else 0,
        "pence": max(0, cost_pence - paid),
    }
    return PlaceTerms(
        month=month_of(starts_at),
        year=terms.year,
        counts=counts,
        yearly_use={measure: n for measure, n in use.items() if n and counts},
        price_pence=paid,
    )


def nights_between(starts_at: datetime, ends_at: datetime) -> int:
    """Count the midnights of Europe/London that a stay goes through."""
    last = local_date(ends_at - timedelta(microseconds=1))
    return (last - local_date(starts_at)).days


def shown_amount(measure: str, amount: int | None) -> int | float | None:
    """Give an amount as it is shown: minutes in hours; null is unlimited."""
    return amount / 60 if measure == "minutes" and amount is not None else amount


def remaining(allowed: int | None, used: int) -> int | None:
    """Count what is left; None is unlimited."""
    return None if allowed is None else max(0, allowed - used)
