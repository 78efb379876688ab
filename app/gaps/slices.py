"""The facts of a month cut by one dimension: what each part of them adds up to.

All that a slice is cut by lies beside the facts as arrays, so a slice is a few counts over them.
What is a child's own (area, age, needs, SEN types) is counted over children, of whom there are
fewer than facts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from app.clock import month_bounds
from app.codes import NEED_CODES, WEEKDAYS
from app.engine.gaps import OUTCOMES, SETTINGS
from app.gaps.counts import AVAILABLE, SUPPORT
from app.gaps.warm import MonthFacts, MonthSessions

Dimension = Literal[
    "interest", "need", "reason", "area", "age_band", "sen_type", "weekday", "setting"
]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)

OF_CHILDREN: Final = frozenset({"need", "sen_type", "area", "age_band"})

# A text that names no concept.
OTHER: Final = "other"
# A child without needs or SEN types; a want that no session is there for has no weekday.
NONE: Final = "none"
REASONS: Final = OUTCOMES[AVAILABLE + 1 :]
NOTHING_ON_OFFER: Final = len(OUTCOMES) - 1
UNMET: Final = AVAILABLE + 1


# Which facts count; None: all of them.
Chosen = NDArray[np.bool_] | None


@dataclass(frozen=True)
class Members:
    """Which children, or which facts, belong to which value of a dimension."""

    names: Sequence[str]
    of_children: bool
    # Values, in the order of the positions. Without `starts` each position has one; with it,
    # position p has those from starts[p] to starts[p + 1].
    value: NDArray[np.int32]
    starts: NDArray[np.int32] | None = None

    def of(self, positions: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Pair some positions with the values they have: rows among them, and a value each."""
        if self.starts is None:
            return np.arange(len(positions)), self.value[positions]
        begin = self.starts[positions]
        several = self.starts[positions + 1] - begin
        rows = np.repeat(np.arange(len(positions)), several)
        first = np.repeat(begin - np.cumsum(several) + several, several)
        return rows, self.value[first + np.arange(len(rows))]

    def having(self, name: str) -> NDArray[np.bool_]:
        """Mark the positions that have a value."""
        wanted: NDArray[np.bool_] = self.value == (
            self.names.index(name) if name in self.names else -1
        )
        if self.starts is None:
            return wanted
        return np.diff(np.append(0, np.cumsum(wanted))[self.starts]) > 0


@dataclass(frozen=True)
class Counts:
    """Children and wants, one entry a value of a dimension."""

    names: Sequence[str]
    # Columns: children, children with an unmet want, wants, met, available, unmet.
    table: NDArray[np.int64]

    def by_name(self) -> dict[str, list[int]]:
        """Give the six numbers of each value."""
        return dict(zip(self.names, self.table.tolist(), strict=True))


@dataclass
class _Kept:
    """What has been worked out of the facts of a month, and holds for as long as they do."""

    members: dict[Dimension, Members] = field(default_factory=dict)
    # Of all facts.
    counts: dict[Dimension, Counts] = field(default_factory=dict)
    total: list[int] | None = None


# Goes with the facts, which are bounded: some 1 MiB for a month of 40,000.
_KEPT: Final[WeakKeyDictionary[MonthFacts, _Kept]] = WeakKeyDictionary()


def members_of(facts: MonthFacts, dimension: Dimension) -> Members:
    """Tell who or what belongs to each value of a dimension."""
    kept = _KEPT.setdefault(facts, _Kept())
    if dimension not in kept.members:
        kept.members[dimension] = _find_members(facts, dimension)
    return kept.members[dimension]


def _find_members(facts: MonthFacts, dimension: Dimension) -> Members:
    if dimension in OF_CHILDREN:
        return _members_of_children(facts, dimension)
    if dimension == "reason":
        unmet = facts.outcome >= UNMET
        value = facts.outcome[unmet].astype(np.int32) - UNMET
        return Members(REASONS, of_children=False, value=value, starts=_starts(unmet))
    if dimension == "interest":
        names = (*facts.concepts, OTHER)
        return _each(names, np.where(facts.concept < 0, len(names) - 1, facts.concept))
    # The last one is what -1, no session, points to.
    if dimension == "weekday":
        days = np.append(facts.sessions.weekday, len(WEEKDAYS))
        return _each((*WEEKDAYS, NONE), days[facts.session])
    settings = np.append(facts.sessions.setting, len(SETTINGS))
    return _each((*SETTINGS, NONE), settings[facts.session])


def _members_of_children(facts: MonthFacts, dimension: Dimension) -> Members:
    if dimension == "need":
        return _bits(NEED_CODES, facts.needs)
    if dimension == "sen_type":
        return _bits(facts.sen_names, facts.sen_types)
    if dimension == "area":
        return _each(facts.areas, facts.area, of_children=True)
    return _each(facts.age_bands, facts.age_band, of_children=True)


def _each(names: Sequence[str], value: NDArray[Any], *, of_children: bool = False) -> Members:
    """Give each position the one value it has."""
    return Members(names, of_children, value.astype(np.int32))


def _bits(names: Sequence[str], masks: NDArray[np.int64]) -> Members:
    """Give each child the values whose bits it has, or the one for none of them."""
    table = np.empty((len(masks), len(names) + 1), dtype=np.bool_)
    table[:, :-1] = masks[:, np.newaxis] >> np.arange(len(names)) & 1
    table[:, -1] = masks == 0
    value = np.nonzero(table)[1].astype(np.int32)
    return Members((*names, NONE), of_children=True, value=value, starts=_starts(table.sum(axis=1)))


def _starts(several: NDArray[Any]) -> NDArray[np.int32]:
    """Give where the values of each position begin, and where the last ones end."""
    return np.append(0, np.cumsum(several)).astype(np.int32)


def choose(facts: MonthFacts, filters: Mapping[Dimension, str]) -> Chosen:
    """Mark the facts that have every one of some values."""
    chosen = None
    for dimension, name in filters.items():
        members = members_of(facts, dimension)
        has = members.having(name)
        has = has[facts.child] if members.of_children else has
        chosen = has if chosen is None else chosen & has
    return chosen


def count(facts: MonthFacts, dimension: Dimension, chosen: Chosen) -> Counts:
    """Add up the chosen facts by the values of a dimension."""
    if chosen is not None:
        return _count(facts, members_of(facts, dimension), chosen)
    kept = _KEPT.setdefault(facts, _Kept())
    if dimension not in kept.counts:
        kept.counts[dimension] = _count(facts, members_of(facts, dimension), None)
    return kept.counts[dimension]


def _count(facts: MonthFacts, members: Members, chosen: Chosen) -> Counts:
    if members.of_children:
        return Counts(members.names, _count_children(facts, members, chosen))
    fact = _positions(facts, chosen)
    rows, value = members.of(fact)
    fact = fact[rows]
    kind = np.minimum(facts.outcome[fact], UNMET)
    n_names = len(members.names)
    wants = np.bincount(value * 3 + kind, minlength=3 * n_names).reshape(-1, 3)
    child, unmet = facts.child[fact], kind == UNMET
    columns = [
        np.bincount(values[firsts(children, values)], minlength=n_names)
        for children, values in ((child, value), (child[unmet], value[unmet]))
    ]
    return Counts(members.names, np.column_stack([*columns, wants.sum(axis=1), wants]))


def firsts(child: NDArray[Any], value: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the first of equal values of each child; equal children stand side by side."""
    first = np.ones(len(child), dtype=np.bool_)
    for back in range(1, len(child)):
        same = child[back:] == child[:-back]
        if not same.any():
            break
        first[back:] &= ~(same & (value[back:] == value[:-back]))
    return first


def _count_children(facts: MonthFacts, members: Members, chosen: Chosen) -> NDArray[np.int64]:
    of_child = _wants_of_children(facts, chosen)
    rows, value = members.of(np.arange(len(of_child)))
    of_child = of_child[rows]
    has = of_child.any(axis=1)
    columns = [has, of_child[:, UNMET] > 0, of_child.sum(axis=1), *of_child.T]
    return np.column_stack(
        [np.bincount(value, weights=column, minlength=len(members.names)) for column in columns]
    ).astype(np.int64)


def total(facts: MonthFacts, chosen: Chosen) -> list[int]:
    """Add up the chosen facts: children, those with an unmet want, wants, met, available, unmet."""
    if chosen is not None:
        return _total(facts, chosen)
    kept = _KEPT.setdefault(facts, _Kept())
    if kept.total is None:
        kept.total = _total(facts, None)
    return kept.total


def _total(facts: MonthFacts, chosen: Chosen) -> list[int]:
    of_child = _wants_of_children(facts, chosen)
    return [
        int(of_child.any(axis=1).sum()),
        int((of_child[:, UNMET] > 0).sum()),
        int(of_child.sum()),
        *of_child.sum(axis=0).tolist(),
    ]


def _wants_of_children(facts: MonthFacts, chosen: Chosen) -> NDArray[np.int64]:
    """Count the chosen wants of each child that are met, available and unmet."""
    key = facts.child * np.int32(3) + np.minimum(facts.outcome, UNMET)
    key = key if chosen is None else key[chosen]
    return np.bincount(key, minlength=3 * len(facts.child_ids)).reshape(-1, 3)


def _positions(facts: MonthFacts, chosen: Chosen) -> NDArray[np.int64]:
    return np.arange(len(facts.child)) if chosen is None else np.flatnonzero(chosen)


@dataclass(frozen=True)
class Lacking:
    """Unmet wants by what their nearest miss lacks, and by what alone stands in the way."""

    lacking: Mapping[str, int]
    only: Mapping[str, int]


def lacking_needs(facts: MonthFacts, chosen: Chosen) -> Lacking:
    """Count the unmet wants that lack each need, and those that lack nothing else."""
    lacks = facts.lacking != 0
    missed = np.flatnonzero(lacks if chosen is None else lacks & chosen)
    lacking, mask = facts.lacking[missed], facts.mask[missed]
    only = (np.bitwise_count(lacking) == 1) & ((mask & ~np.uint16(SUPPORT)) == 0)
    both = []
    for masks in (lacking, lacking[only]):
        has = masks[:, np.newaxis] >> np.arange(len(NEED_CODES)) & 1
        both.append(dict(zip(NEED_CODES, has.sum(axis=0).tolist(), strict=True)))
    return Lacking(*both)


def only_reasons(facts: MonthFacts, chosen: Chosen) -> Mapping[str, int]:
    """Count by reason the unmet wants that have no other."""
    only = (facts.outcome >= UNMET) & (np.bitwise_count(facts.mask) <= 1)
    only = only if chosen is None else only & chosen
    found = np.bincount(facts.outcome[only], minlength=len(OUTCOMES))[UNMET:]
    return dict(zip(REASONS, found.tolist(), strict=True))


def no_facts(month: str) -> MonthFacts:
    """Give a month without children and sessions, as one that has not been judged."""
    none = np.zeros(0, dtype=np.int64)
    sessions = MonthSessions(
        ids=(),
        activity_ids=(),
        weekday=none.astype(np.int8),
        setting=none.astype(np.int8),
        places_left=none,
        stands=none.astype(np.bool_),
        serves=(),
    )
    return MonthFacts(
        month=month,
        version=0,
        built_at=month_bounds(month)[0],
        child_ids=np.zeros(0, dtype="V16"),
        age_bands=(),
        age_band=none.astype(np.int16),
        areas=(),
        area=none.astype(np.int16),
        needs=none,
        need_groups=none.astype(np.uint8),
        sen_names=(),
        sen_types=none,
        child=none.astype(np.int32),
        concepts=(),
        concept=none.astype(np.int32),
        outcome=none.astype(np.uint8),
        mask=none.astype(np.uint16),
        lacking=none,
        session=none.astype(np.int32),
        options=none.astype(np.int32),
        going_child=none.astype(np.int32),
        going_session=none.astype(np.int32),
        sessions=sessions,
    )
