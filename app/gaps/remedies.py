"""What would serve most of the children of a slice: the one obstacle that most of them have alone.

Only nearest misses that a single thing stands in the way of count: one reason, and of support one
need. Those of one activity on one weekday belong together, those that the entitlement refuses
altogether, and those that nothing is on offer for by their interest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from app.codes import NEED_CODES
from app.engine.gaps import BLOCKING_REASONS
from app.gaps.counts import ENTITLEMENT, SUPPORT
from app.gaps.slices import NOTHING_ON_OFFER, Chosen, Dimension, firsts, members_of
from app.gaps.warm import MonthFacts

NOTHING: Final = "nothing_on_offer"
# Of a whole slice.
MOST_REMEDIES: Final = 10
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

    fact: NDArray[np.int32]
    # Position in `codes`.
    key: NDArray[np.int32]
    codes: NDArray[np.int64]
    activity_ids: tuple[UUID, ...]


# Goes with the facts, which are bounded: some 0.5 MiB for a month of 40,000.
_KEPT: Final[WeakKeyDictionary[MonthFacts, Obstacles]] = WeakKeyDictionary()
_OF_ALL: Final[WeakKeyDictionary[MonthFacts, Sequence[Remedy]]] = WeakKeyDictionary()


def obstacles_of(facts: MonthFacts) -> Obstacles:
    """Find the facts of a month that only one thing stands in the way of."""
    found = _KEPT.get(facts)
    if found is None:
        found = _KEPT[facts] = _find_obstacles(facts)
    return found


def _find_obstacles(facts: MonthFacts) -> Obstacles:
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
    return Obstacles(fact.astype(np.int32), key.astype(np.int32), codes, activity_ids)


def _lowest_bit(masks: NDArray[Any]) -> NDArray[np.int64]:
    """Give the position of the lowest bit that is set, of masks that have one."""
    wide = masks.astype(np.int64)
    place: NDArray[np.int64] = np.bitwise_count((wide & -wide) - 1).astype(np.int64)
    return place


def remedies(
    facts: MonthFacts, dimension: Dimension, chosen: Chosen, names: Sequence[str]
) -> dict[str, Remedy]:
    """Find for each named value of a dimension what would serve most of its children."""
    members = members_of(facts, dimension)
    row_of = np.full(len(members.names), -1, dtype=np.int64)
    row_of[[members.names.index(name) for name in names]] = np.arange(len(names))
    fact, key = _standing(facts, chosen)
    rows, value = members.of(facts.child[fact] if members.of_children else fact)
    row = row_of[value]
    shown = row >= 0
    return {
        names[at]: remedy
        for at, remedy in _best(facts, fact[rows[shown]], key[rows[shown]], row[shown], len(names))
    }


def best_remedies(facts: MonthFacts, chosen: Chosen) -> Sequence[Remedy]:
    """Find what would serve most of all children, the best first; of equals, as by value."""
    if chosen is not None:
        return _best_remedies(facts, chosen)
    if facts not in _OF_ALL:
        _OF_ALL[facts] = _best_remedies(facts, None)
    return _OF_ALL[facts]


def _best_remedies(facts: MonthFacts, chosen: Chosen) -> Sequence[Remedy]:
    fact, key = _standing(facts, chosen)
    obstacles = obstacles_of(facts)
    once = key[firsts(facts.child[fact], key)]
    children = np.bincount(once, minlength=len(obstacles.codes))
    best = np.argsort(-children, kind="stable")[:MOST_REMEDIES]
    return [
        _remedy(facts, obstacles, at, int(children[at]), np.unique(facts.session[fact[key == at]]))
        for at in best.tolist()
        if children[at]
    ]


def _standing(facts: MonthFacts, chosen: Chosen) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give the chosen facts that have one obstacle, with what it is."""
    obstacles = obstacles_of(facts)
    if chosen is None:
        return obstacles.fact, obstacles.key
    here = chosen[obstacles.fact]
    return obstacles.fact[here], obstacles.key[here]


def _best(
    facts: MonthFacts,
    fact: NDArray[np.int32],
    key: NDArray[np.int32],
    row: NDArray[np.int64],
    n_rows: int,
) -> Iterator[tuple[int, Remedy]]:
    """Give the obstacle that most children of each row have; of equals, the one of lower code."""
    obstacles = obstacles_of(facts)
    n_keys = len(obstacles.codes)
    if not len(fact):
        return
    cell = row * n_keys + key
    # A child whose two wants the same thing stands in the way of counts once.
    once = cell[firsts(facts.child[fact], cell)]
    children = np.bincount(once, minlength=n_rows * n_keys).reshape(n_rows, n_keys)
    for at, best in enumerate(children.argmax(axis=1).tolist()):
        if children[at, best]:
            sessions = np.unique(facts.session[fact[cell == at * n_keys + best]])
            yield at, _remedy(facts, obstacles, best, int(children[at, best]), sessions)


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
