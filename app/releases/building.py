"""From flags to a table: who counts where, how often, what noise is added, and what is shown.

Nothing here keeps a true count: `build` gives what may be known, and the rest is forgotten.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.releases.noise import (
    MOST_INTERESTS,
    add_noise,
    cost_of,
    error_of,
    rounded,
    sd_of,
    threshold_of,
)
from app.releases.topics import TOPICS

INTEREST: Final = "interest"
NEED_GROUP: Final = "need_group"
# What the table of the whole authority takes of the budget where there are breakdowns; they share
# the rest.
SHARE_OF_INTERESTS: Final = 0.4

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True)
class Flags:
    """Who wants what in vain: one row for each child and unmet want.

    `columns` has the index of the value in each breakdown's list; for need groups, of which a
    child may be in several, it has a row of booleans.
    """

    child: NDArray[np.int64]
    topic: NDArray[np.int64]
    columns: dict[str, NDArray[np.int64]]
    in_need_group: NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """The cells of a release: each topic, and each topic with each value of each breakdown."""

    breakdowns: dict[str, tuple[str, ...]]
    topics: tuple[str, ...] = TOPICS


@dataclass(frozen=True)
class Table:
    """How one table of a release is made: what it costs, its noise, and when a figure is shown."""

    by: str
    rho: float
    sd: float
    threshold: int
    error: int


@dataclass(frozen=True)
class Cell:
    """One figure of a release."""

    by: str
    interest: str
    # None in the table of the whole authority.
    value: str | None
    noised: int
    shown: bool

    @property
    def children(self) -> int | None:
        """Give the figure as it is shown."""
        return rounded(self.noised) if self.shown else None


def plan_tables(grid: Grid, rho: float) -> list[Table]:
    """Share a release's budget among its tables."""
    each = (1 - SHARE_OF_INTERESTS) / max(len(grid.breakdowns), 1)
    shares = {INTEREST: SHARE_OF_INTERESTS if grid.breakdowns else 1.0}
    shares |= dict.fromkeys(grid.breakdowns, each)
    tables = []
    for by, share in shares.items():
        sd = sd_of(share * rho)
        tables.append(Table(by, share * rho, sd, threshold_of(sd), error_of(sd)))
    if sum(cost_of(table.sd) for table in tables) > rho:
        raise ArithmeticError("the tables cost more than the release may")
    return tables


def build(
    flags: Flags, grid: Grid, tables: Sequence[Table], *, random: RandomBytes = os.urandom
) -> list[Cell]:
    """Draw a release: every cell of the grid is noised, those that nobody is in too."""
    counted = _counted_rows(flags, random)
    topic = flags.topic[counted]
    cells = []
    for table in tables:
        values: Sequence[str | None] = grid.breakdowns.get(table.by, (None,))
        column = _column(flags, table.by, random)[counted]
        counts = np.bincount(topic * len(values) + column, minlength=len(grid.topics) * len(values))
        places = [(interest, value) for interest in grid.topics for value in values]
        for (interest, value), noised in zip(
            places, add_noise(counts.tolist(), table.sd), strict=True
        ):
            cells.append(Cell(table.by, interest, value, noised, noised >= table.threshold))
    return cells


def _counted_rows(flags: Flags, random: RandomBytes) -> NDArray[np.int64]:
    """Choose by lot one row for each child and topic, and so many topics of each child."""
    lot = np.frombuffer(random(8 * len(flags.child)), np.uint64)
    order = np.lexsort((lot, flags.topic, flags.child))
    child, topic = flags.child[order], flags.topic[order]
    order = order[_firsts(child, topic)]
    order = order[np.lexsort((lot[order], flags.child[order]))]
    child = flags.child[order]
    starts = np.flatnonzero(_firsts(child))
    rank = np.arange(len(child)) - np.repeat(starts, np.diff([*starts, len(child)]))
    return order[rank < MOST_INTERESTS]


def _firsts(*keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the first row of each run of equal keys."""
    first = np.ones(len(keys[0]), bool)
    if len(first):
        first[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return first


def _column(flags: Flags, by: str, random: RandomBytes) -> NDArray[np.int64]:
    if by == INTEREST:
        return np.zeros(len(flags.child), np.int64)
    if by != NEED_GROUP:
        return flags.columns[by]
    # A child of several groups counts in one of them, drawn by lot: in more, it would cost more.
    rows, groups = flags.in_need_group.shape
    lot = np.frombuffer(random(8 * rows * groups), np.uint64).reshape(rows, groups) >> np.uint64(1)
    lot = np.where(flags.in_need_group, lot + np.uint64(1), np.uint64(0))
    drawn = lot.argmax(axis=1) if groups else np.zeros(rows, np.int64)
    return np.where(flags.in_need_group.any(axis=1), drawn, groups)
