"""T5 and T6: the best attacker, who knows everything but one child, by likelihood ratio."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from app.engine.gaps import GROUP_NAMES
from app.releases.building import Cell, Flags, Grid, Table, build
from app.releases.noise import ROUNDING

WIDEST = 12


@cache
def chances(count: int, table: Table) -> dict[int | None, float]:
    """Tell how likely each published figure is for a true count; None: not shown."""
    spread = int(WIDEST * table.sd)
    noise = np.arange(-spread, spread + 1)
    likely = np.exp(-(noise**2) / (2 * table.sd**2))
    likely /= likely.sum()
    found: dict[int | None, float] = {}
    for noised, chance in zip((count + noise).tolist(), likely.tolist(), strict=True):
        figure = (
            ROUNDING * ((noised + ROUNDING // 2) // ROUNDING) if noised >= table.threshold else None
        )
        found[figure] = found.get(figure, 0.0) + chance
    return found


def log_ratio(cell: Cell, table: Table, *, without: int, with_child: int) -> float:
    """Weigh one figure: above 0 it speaks for the count with the child."""
    least = 1e-300
    there = chances(with_child, table).get(cell.children, least)
    away = chances(without, table).get(cell.children, least)
    return float(np.log(max(there, least)) - np.log(max(away, least)))


def standard_error(n: int, p: float) -> float:
    """Tell how far a share of n guesses strays by chance."""
    return float(np.sqrt(p * (1 - p) / n))


def alike(n: int, topics: int = 1) -> Flags:
    """Make children who all want the same and are the same in everything that is counted."""
    child = np.repeat(np.arange(n), topics)
    same = np.zeros(n * topics, np.int64)
    groups = np.zeros((n * topics, len(GROUP_NAMES)), bool)
    groups[:, 0] = True
    return Flags(
        child,
        np.tile(np.arange(topics), n),
        {"locality": same, "age_band": same, "reason": same},
        groups,
    )


@dataclass(frozen=True)
class Attacker:
    """Knows how many are counted but for one child, and reads every cell that it would be in."""

    grid: Grid
    tables: list[Table]
    # Of the child, all unmet.
    topics: int = 1

    def draw(self, n: int) -> list[Cell]:
        """Draw a release of so many children, all alike, as the service does."""
        return build(alike(n, self.topics), self.grid, self.tables)

    def score(self, cells: list[Cell], others: int) -> float:
        """Weigh a release: above 0 the child is in it."""
        told = self.grid.topics[: self.topics]
        return sum(self.weigh_topic(cells, topic, others) for topic in told)

    def weigh_topic(self, cells: list[Cell], topic: str, others: int) -> float:
        """Weigh the cells of one topic that the child would be in."""
        table_of = {table.by: table for table in self.tables}
        return sum(
            log_ratio(cell, table_of[cell.by], without=others, with_child=others + 1)
            for cell in cells
            if cell.interest == topic
            and cell.value in (None, self.grid.breakdowns.get(cell.by, (None,))[0])
        )

    def success(self, rng: np.random.Generator, pairs: int, releases: int = 1) -> float:
        """Guess, of as many pairs of authorities that differ by the child, which is which."""
        right = 0.0
        for _ in range(pairs):
            # From where nothing is shown to where all is.
            others = int(rng.integers(5, 60))
            for there in (False, True):
                drawn = [self.draw(others + there) for _ in range(releases)]
                score = sum(self.score(cells, others) for cells in drawn)
                right += 0.5 if score == 0 else float((score > 0) == there)
        return right / (2 * pairs)
