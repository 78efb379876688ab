"""What profiles and activities lack that matching needs, and how much each lack costs in a month.

A lack is a record and what it lacks. Its cost is counted in the facts of the month: wants that were
judged without knowing, or that are unmet for no other reason; or sessions, for an activity.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.codes import NEED_CODES
from app.engine.gaps import BLOCKING_REASONS
from app.gaps import quality_queries
from app.gaps.slices import UNMET, no_facts
from app.gaps.warm import MonthFacts, WarmMonths

Issue = Literal[
    "no_home_position",
    "no_postcode",
    "no_interests",
    "no_recognised_concept",
    "no_venue_position",
    "no_concepts",
    "no_offers",
    "need_not_told",
    "no_age_limits",
    "no_price",
]
ISSUES: Final[tuple[Issue, ...]] = get_args(Issue)
OF_CHILDREN: Final = frozenset(ISSUES[:4])
# As the statement names them.
OF_ACTIVITIES: Final[tuple[Issue, ...]] = (
    *("no_venue_position", "no_concepts", "no_age_limits", "no_price"),
)
NEED: Final = 1 << BLOCKING_REASONS.index("need")


@dataclass(frozen=True)
class Lack:
    """One thing that one child's profile, or one activity, lacks."""

    issue: Issue
    id: UUID
    cost: int
    # Of an activity.
    provider_id: UUID | None = None
    provider: str | None = None
    # Which needs are not told of, for `need_not_told`.
    needs: Sequence[str] = ()

    @property
    def key(self) -> tuple[int, str, UUID]:
        """Sort by what costs most, then the issue, then the record."""
        return -self.cost, self.issue, self.id


def find_lacks(session: Session, warm: WarmMonths, month: str) -> tuple[MonthFacts, list[Lack]]:
    """Find everything that is lacking, what costs most in a month first; with its facts."""
    found = warm.get(session, [month])
    facts = found[0] if found else no_facts(month)
    children = quality_queries.list_children(session)
    activities = quality_queries.list_activities(session, month)
    lacks = [*_of_children(facts, children), *_of_activities(facts, activities)]
    return facts, sorted(lacks, key=lambda lack: lack.key)


def _of_children(facts: MonthFacts, rows: Sequence[Any]) -> Iterator[Lack]:
    size = len(facts.child_ids)
    ids = [facts.child_id(at) for at in range(size)]
    wants = dict(zip(ids, np.bincount(facts.child, minlength=size).tolist(), strict=True))
    nameless = facts.concept < 0
    unmet = np.bincount(facts.child[nameless & (facts.outcome >= UNMET)], minlength=size).tolist()
    for at in np.unique(facts.child[nameless]).tolist():
        yield Lack("no_recognised_concept", ids[at], unmet[at])
    for row in rows:
        if row.no_home:
            yield Lack("no_home_position", row.id, wants.get(row.id, 0))
        if row.no_postcode:
            yield Lack("no_postcode", row.id, wants.get(row.id, 0))
        if row.no_interests:
            # Nothing is known to be wanted, so there is nothing that could be counted.
            yield Lack("no_interests", row.id, 0)


def _of_activities(facts: MonthFacts, rows: Sequence[Any]) -> Iterator[Lack]:
    only_need = _only_needs(facts)
    for row in rows:
        provider = {"provider_id": row.provider_id, "provider": row.provider}
        for issue in OF_ACTIVITIES:
            if getattr(row, issue):
                yield Lack(issue, row.id, row.sessions, **provider)
        untold = {
            need: count
            for need, count in only_need[row.id].items()
            if need not in set(row.told_needs)
        }
        if not row.told_needs:
            yield Lack("no_offers", row.id, sum(untold.values()), **provider)
        elif untold:
            needs = tuple(need for need in NEED_CODES if need in untold)
            yield Lack("need_not_told", row.id, sum(untold.values()), needs=needs, **provider)


def _only_needs(facts: MonthFacts) -> defaultdict[UUID, Counter[str]]:
    """Count by activity and need the unmet wants that nothing but that need stands in the way of.

    A want counts at its nearest miss, where only that it is not told of blocks it.
    """
    single = np.flatnonzero((facts.mask == NEED) & (np.bitwise_count(facts.lacking) == 1))
    pairs = Counter(
        zip(facts.session[single].tolist(), facts.lacking[single].tolist(), strict=True)
    )
    found: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for (number, lacking), count in pairs.items():
        need = NEED_CODES[lacking.bit_length() - 1]
        found[facts.sessions.activity_ids[number]][need] += count
    return found
