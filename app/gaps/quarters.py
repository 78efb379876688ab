"""What was unmet in a quarter, as releases and plans are made from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.clock import months_of_quarter
from app.engine.gaps import OUTCOMES, RANKS
from app.gaps.warm import MonthFacts, WarmMonths, load_months

MET_OR_AVAILABLE: Final = 2
# After every nearest miss.
NOTHING_RANK: Final = len(RANKS)


@dataclass(frozen=True)
class UnmetWants:
    """The wants of a quarter that were neither met nor available, one row each.

    Texts that name no concept are left out: they are for brokers only.
    """

    # Which months of the quarter have been judged.
    months: tuple[str, ...]
    # Children, 16 bytes each; positions among them, one row a want.
    child_ids: NDArray[np.void]
    child: NDArray[np.int64]
    concept: tuple[str, ...]
    # As they were in the last month in which the child was judged.
    outcode: tuple[str, ...]
    age_band: tuple[str, ...]
    # Bits of the groups of the essential needs.
    need_groups: NDArray[np.int64]
    # Of the nearest miss of all months; the earliest of equals.
    reason: tuple[str, ...]
    # In how many months it was wanted.
    months_wanted: NDArray[np.int64]

    def ids(self) -> list[UUID]:
        """Name the children, by their positions."""
        return [UUID(bytes=one.tobytes()) for one in self.child_ids]


def unmet_of_quarter(session: Session, quarter: str, warm: WarmMonths | None = None) -> UnmetWants:
    """Find what was unmet in a quarter (`2027-Q1`) from the months that have been judged."""
    months = months_of_quarter(quarter)
    facts = (
        list(load_months(session, months).values()) if warm is None else warm.get(session, months)
    )
    return unmet_of_months(sorted(facts, key=lambda one: one.month))


def unmet_of_months(months: Sequence[MonthFacts]) -> UnmetWants:
    """Find what was unmet in all of some months, which are given in their order."""
    ids = [one.child_ids for one in months]
    everyone, at_all = np.unique(_joined(ids, "V16"), return_inverse=True)
    names = tuple(sorted({name for one in months for name in one.concepts}))
    place = {name: at for at, name in enumerate(names)}
    key, rank, wanted_in = [], [], []
    # The last month in which each child was judged, and its position there.
    last = np.zeros((len(everyone), 2), dtype=np.int64)
    first = 0
    for at, one in enumerate(months):
        children = at_all[first : first + len(one.child_ids)]
        first += len(one.child_ids)
        last[children] = np.stack([np.full(len(children), at), np.arange(len(children))], axis=1)
        named = one.concept >= 0
        concept = np.array([place[name] for name in one.concepts], dtype=np.int64)
        wants = concept[one.concept[named]] if len(concept) else np.zeros(0, dtype=np.int64)
        key.append(children[one.child[named]] * max(len(names), 1) + wants)
        rank.append(_ranks(one)[named])
        wanted_in.append(np.full(int(named.sum()), at))
    keys, ranks = _joined(key, "int64"), _joined(rank, "int64")
    # By want, then the nearest first, then the earliest month.
    order = np.lexsort((_joined(wanted_in, "int64"), ranks, keys))
    wants, starts, counts = np.unique(keys[order], return_index=True, return_counts=True)
    best = ranks[order][starts]
    # A want that was met or available in any month has the rank 0.
    unmet = best > 0
    child, concept = np.divmod(wants[unmet], max(len(names), 1))
    dimensions = [(months[at], position) for at, position in last[child].tolist()]
    return UnmetWants(
        months=tuple(one.month for one in months),
        child_ids=everyone,
        child=child,
        concept=tuple(names[at] for at in concept.tolist()),
        outcode=tuple(month.areas[month.area[at]] for month, at in dimensions),
        age_band=tuple(month.age_bands[month.age_band[at]] for month, at in dimensions),
        need_groups=np.array([month.need_groups[at] for month, at in dimensions], dtype=np.int64),
        reason=tuple(_REASON_OF_RANK[at] for at in best[unmet].tolist()),
        months_wanted=counts[unmet],
    )


def _ranks(facts: MonthFacts) -> NDArray[np.int64]:
    """Rank facts, the nearest first: 0 for what was met or available."""
    ranks = RANKS[facts.mask].astype(np.int64)
    ranks[facts.outcome == len(OUTCOMES) - 1] = NOTHING_RANK
    return ranks


def _reasons_of_ranks() -> tuple[str, ...]:
    """Name the outcome of each rank: the first reason of its mask."""
    names = [""] * (NOTHING_RANK + 1)
    for mask, rank in enumerate(RANKS.tolist()):
        names[rank] = OUTCOMES[MET_OR_AVAILABLE + (mask & -mask).bit_length() - 1]
    names[NOTHING_RANK] = OUTCOMES[-1]
    return tuple(names)


_REASON_OF_RANK: Final = _reasons_of_ranks()


def _joined(parts: Sequence[NDArray[Any]], dtype: str) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=dtype), *parts])
