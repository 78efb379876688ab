"""A month as it stands, judged for every child: what scenarios and plans begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy.orm import Session

from app.clock import age_on, month_bounds
from app.codes import NEED_CODES
from app.commissioning import queries
from app.engine.gaps import GapFacts, essential_masks, judge_month
from app.engine.scenarios import Place
from app.engine.warm import WarmCatalogues
from app.gaps.inputs import (
    ChildInputs,
    MonthInputs,
    born_for,
    first_and_last_day,
    read_children,
    read_month,
)
from app.gaps.queries import booked_by
from app.gaps.refreshing import band_of

# Of a want whose text names no concept.
OTHER = "other"


@dataclass(frozen=True)
class Standing:
    """A month, its children, and what becomes of each of their wants."""

    inputs: MonthInputs
    children: ChildInputs
    # Of each child.
    places: Sequence[Sequence[Place]]
    # By how many reasons a near miss is missed at most; 0: near misses are not asked for.
    near_within: int

    @cached_property
    def facts(self) -> GapFacts:
        """Judge the month, once; the database is not asked."""
        return judge_month(self.inputs.month, self.children.wanting, near_within=self.near_within)

    @property
    def month(self) -> str:
        """Name the month."""
        return self.inputs.month.month

    @cached_property
    def child_ids(self) -> list[UUID]:
        """Name the children, by position."""
        return [profile.id for profile in self.children.profiles]

    @cached_property
    def areas(self) -> list[str]:
        """Give the outcode of each child."""
        return [frozen.area for frozen in self.children.frozen]

    @cached_property
    def age_bands(self) -> list[str]:
        """Give the age band of each child on the first day of the month."""
        day = first_and_last_day(self.month)[0]
        return [
            band_of(max(age_on(frozen.date_of_birth, day), 0)) for frozen in self.children.frozen
        ]

    @cached_property
    def needs(self) -> list[list[str]]:
        """Give the essential needs of each child."""
        masks = essential_masks([one.child for one in self.children.wanting]).tolist()
        return [[code for bit, code in enumerate(NEED_CODES) if mask >> bit & 1] for mask in masks]

    def interest(self, fact: int) -> str:
        """Name the interest of a fact."""
        at = int(self.facts.concept[fact])
        return OTHER if at < 0 else self.facts.concepts[at]


def read_standing(
    session: Session, warm: WarmCatalogues, month: str, *, now: datetime, near_within: int = 0
) -> Standing:
    """Read a month as it stands."""
    inputs = read_month(session, warm, month, now=now)
    ids = queries.children_born(session, born_for(inputs.situation.policies, month))
    children = read_children(session, inputs, ids)
    booked = booked_by(session, ids, month_bounds(month))
    places = [
        [
            Place(
                row.session_id,
                row.starts_at,
                row.ends_at,
                row.funding if row.counts and row.month == month else None,
            )
            for row in booked.get(profile.id, ())
            if row.holds
        ]
        for profile in children.profiles
    ]
    return Standing(inputs, children, places, near_within)
