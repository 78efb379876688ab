"""What would serve most of the children of a slice: the one obstacle that most of them have alone.

Only nearest misses that a single thing stands in the way of count: one reason, and of support one
need. Those of one activity on one weekday belong together, those that the entitlement refuses
altogether, and those that nothing is on offer for by their interest.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.codes import NEED_CODES
from app.engine.gaps import BLOCKING_REASONS
from app.gaps.counts import ENTITLEMENT, SUPPORT
from app.gaps.slices import NOTHING_ON_OFFER, Members
from app.gaps.warm import MonthFacts

NOTHING: Final = "nothing_on_offer"
# The parts of an obstacle as one number: thing (activity or concept), weekday, need, reason.
REASONS_APART: Final = len(BLOCKING_REASONS) + 1
NEEDS_APART: Final = len(NEED_CODES) + 1
DAYS_APART: Final = 8


@dataclass(frozen=True)
class Remedy:
    """What stands in the way, alone, of so many children."""

    reason: str
    need: str | None
    activity_id: UUID | None
    # 0 is Monday.
    weekday: int | None
    interest: str | None
    children: int
    # Of the sessions that these children are nearest to.
    places_left: int | None


@dataclass(frozen=True)
class Obstacles:
    """The facts of a month that have one obstacle, with what it is."""

    fact: NDArray[np.int64]
    # Position in `codes`.
    key: NDArray[np.int64]
    codes: NDArray[np.int64]
    activity_ids: tuple[UUID, ...]


def find_obstacles(facts: MonthFacts) -> Obstacles:
    """Find the facts of a month that only one thing stands in the way of."""
    mask, lacking = facts.mask, facts.lacking
    support = (mask & np.uint16(SUPPORT)) != 0
    single = (np.bitwise_count(mask) == 1) & (~support | (np.bitwise_count(lacking) == 1))
    # A text without a concept names nothing that could be put on offer.
    nothing = (facts.outcome == NOTHING_ON_OFFER) & (facts.concept >= 0)
    fact = np.flatnonzero(single | nothing)
    activity_ids = tuple(dict.fromkeys(facts.sessions.activity_ids))
    place = {id_: at for at, id_ in enumerate(activity_ids)}
    activity = np.array([*(place[id_] for id_ in facts.sessions.activity_ids), 0], dtype=np.int64)
    weekday = np.append(facts.sessions.weekday, 0).astype(np.int64)
    mask, lacking = mask[fact], lacking[fact]
    session, none = facts.session[fact], nothing[fact]
    capped = mask == ENTITLEMENT
    reason = np.where(none, len(BLOCKING_REASONS), _lowest_bit(mask))
    need = np.where(support[fact], _lowest_bit(lacking), len(NEED_CODES))
    thing = np.where(none, facts.concept[fact], np.where(capped, 0, activity[session]))
    day = np.where(none | capped, DAYS_APART - 1, weekday[session])
    code = ((thing * DAYS_APART + day) * NEEDS_APART + need) * REASONS_APART + reason
    codes, key = np.unique(code, return_inverse=True)
    return Obstacles(fact, key.astype(np.int64), codes, activity_ids)


def _lowest_bit(masks: NDArray[Any]) -> NDArray[np.int64]:
    """Give the position of the lowest bit that is set, of masks that have one."""
    wide = masks.astype(np.int64)
    place: NDArray[np.int64] = np.bitwise_count((wide & -wide) - 1).astype(np.int64)
    return place


def remedies(
    facts: MonthFacts,
    obstacles: Obstacles,
    members: Members | None,
    chosen: NDArray[np.bool_],
    names: Collection[str],
) -> dict[str, Remedy]:
    """Find for each named value of a dimension what would serve most; without one, for `total`."""
    here = chosen[obstacles.fact]
    fact, key = obstacles.fact[here], obstacles.key[here]
    if members is None:
        value, wanted = np.zeros(len(fact), dtype=np.int64), {"total": 0}
    else:
        rows, value = _values_of(facts, members, fact)
        fact, key = fact[rows], key[rows]
        wanted = {name: members.names.index(name) for name in names}
    shown = np.isin(value, list(wanted.values()))
    fact, key, value = fact[shown], key[shown], value[shown]
    n_keys, n_children = max(len(obstacles.codes), 1), max(len(facts.child_ids), 1)
    # A child whose two wants the same thing stands in the way of counts once.
    each = np.unique((value * n_keys + key) * n_children + facts.child[fact])
    cells, children = np.unique(each // n_children, return_counts=True)
    # By value, what serves most first; of equals, the earlier code.
    order = np.lexsort((cells, -children, cells // n_keys))
    firsts = np.unique(cells[order] // n_keys, return_index=True)
    name_of = {at: name for name, at in wanted.items()}
    found = {}
    for at, first in zip(*(one.tolist() for one in firsts), strict=True):
        best = int(cells[order[first]])
        sessions = np.unique(facts.session[fact[value * n_keys + key == best]])
        found[name_of[at]] = _remedy(
            facts, obstacles, best % n_keys, int(children[order[first]]), sessions
        )
    return found


def _values_of(
    facts: MonthFacts, members: Members, fact: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair some facts with the values they have: rows among them, and a value each."""
    positions = facts.child[fact] if members.of_children else fact
    starts = np.searchsorted(members.at, positions, side="left")
    several = np.searchsorted(members.at, positions, side="right") - starts
    rows = np.repeat(np.arange(len(fact)), several)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(several) - several, several)
    return rows, members.value[np.repeat(starts, several) + within]


def _remedy(
    facts: MonthFacts,
    obstacles: Obstacles,
    key: int,
    children: int,
    sessions: NDArray[np.int32],
) -> Remedy:
    code, reason = divmod(int(obstacles.codes[key]), REASONS_APART)
    code, need = divmod(code, NEEDS_APART)
    thing, day = divmod(code, DAYS_APART)
    nothing = reason == len(BLOCKING_REASONS)
    of_activity = day < DAYS_APART - 1
    return Remedy(
        reason=NOTHING if nothing else BLOCKING_REASONS[reason],
        need=NEED_CODES[need] if need < len(NEED_CODES) else None,
        activity_id=obstacles.activity_ids[thing] if of_activity else None,
        weekday=day if of_activity else None,
        interest=facts.concepts[thing] if nothing else None,
        children=children,
        places_left=(
            int(np.maximum(facts.sessions.places_left[sessions], 0).sum()) if of_activity else None
        ),
    )
