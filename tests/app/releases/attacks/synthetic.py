"""Invented children whose flags an attacker is after."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.engine.gaps import GROUP_NAMES
from app.releases.building import Flags, Grid
from app.releases.grid import REASONS, declare_grid
from app.releases.noise import MOST_INTERESTS
from app.releases.topics import TOPICS

LOCALITIES = [{"name": name, "outcodes": []} for name in ("North", "East", "South", "West")]
RHO = 0.125
# Who is alone in a part of a breakdown: of the first children one each.
ALONE = (("locality", 3), ("age_band", 6))


def grid_of(n_topics: int) -> Grid:
    """Declare the shipped grid, for the first topics only: noise is drawn cell by cell."""
    return Grid(declare_grid(LOCALITIES, with_breakdowns=True).breakdowns, TOPICS[:n_topics])


@dataclass(frozen=True)
class Children:
    """What an attacker knows of everybody, and the flags that it wants to know."""

    # By breakdown: the index of each child's value.
    known: dict[str, NDArray[np.int64]]
    # Row a child, column a topic.
    wants: NDArray[np.bool_]

    def flags(self) -> Flags:
        """Lay the wants out as a release takes them."""
        child, topic = np.nonzero(self.wants)
        rows = {by: values[child] for by, values in self.known.items()}
        groups = rows["need_group"][:, None] == np.arange(len(GROUP_NAMES))
        columns = {by: values for by, values in rows.items() if by != "need_group"}
        return Flags(child, topic, columns, groups)

    def count(self, grid: Grid, topic: int) -> dict[str, NDArray[np.int64]]:
        """Count one topic's cells exactly, by table."""
        wanting = self.wants[:, topic]
        counts = {"interest": np.array([wanting.sum()])}
        for by, values in grid.breakdowns.items():
            counts[by] = np.bincount(self.known[by][wanting], minlength=len(values))
        return counts


def make_children(
    rng: np.random.Generator, *, n: int = 600, n_topics: int = 2 * MOST_INTERESTS
) -> Children:
    """Make children who each want half of six topics.

    The first of them is alone in a locality, the second in an age band: `ALONE`.
    """
    sizes = {"locality": 5, "age_band": 8, "need_group": 9, "reason": len(REASONS)}
    known = {by: rng.integers(0, 3, n) for by in sizes}
    for child, (by, value) in enumerate(ALONE):
        known[by][child] = value
    wants = np.zeros((n, n_topics), bool)
    chosen = rng.random((n, n_topics)).argsort(axis=1)[:, :MOST_INTERESTS]
    np.put_along_axis(wants, chosen, True, axis=1)
    return Children(known, wants)
