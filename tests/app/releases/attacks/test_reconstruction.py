"""T7: least squares over the whole cube finds no more flags than the bound lets it."""

import numpy as np

from app.releases.building import build, plan_tables
from app.releases.noise import odds_for_a_flag
from tests.app.releases.attacks import controls
from tests.app.releases.attacks.likelihood import standard_error
from tests.app.releases.attacks.reconstruction import reconstruct
from tests.app.releases.attacks.synthetic import ALONE, RHO, grid_of, make_children

TOPICS_LOOKED_AT = 6


def success_on_releases(draws: int, seed: int = 11) -> tuple[float, float, int]:
    """Reconstruct as many authorities: right of all flags, right of those alone, how many these."""
    rng = np.random.default_rng(seed)
    grid = grid_of(TOPICS_LOOKED_AT)
    tables = plan_tables(grid, RHO)
    sd = np.array(
        [table.sd for table in tables for _ in grid.breakdowns.get(table.by, (None,))], float
    )
    middle = {table.by: (table.threshold - 1) / 2 for table in tables}
    right, alone = [], []
    for _ in range(draws):
        children = make_children(rng)
        cells = build(children.flags(), grid, tables)
        for topic in range(TOPICS_LOOKED_AT):
            figures = np.array(
                [
                    middle[cell.by] if cell.children is None else cell.children
                    for cell in cells
                    if cell.interest == grid.topics[topic]
                ],
                float,
            )
            guessed = reconstruct(children, grid, figures, sd) > 0.5
            hits = guessed == children.wants[:, topic]
            right.append(hits.mean())
            alone += hits[: len(ALONE)].tolist()
    return float(np.mean(right)), float(np.mean(alone)), len(alone)


def success_on(rule: controls.Rule, draws: int, seed: int = 11) -> float:
    """Reconstruct from what a weak rule publishes: right of those who are alone in a cell."""
    rng = np.random.default_rng(seed)
    grid = grid_of(TOPICS_LOOKED_AT)
    alone = []
    for _ in range(draws):
        children = make_children(rng)
        for topic in range(TOPICS_LOOKED_AT):
            counts = children.count(grid, topic)
            figures = rule(np.concatenate(list(counts.values())), rng)
            guessed = reconstruct(children, grid, figures, np.full(len(figures), 1e-3)) > 0.5
            alone += (guessed == children.wants[:, topic])[: len(ALONE)].tolist()
    return float(np.mean(alone))


def test_a_release_withstands() -> None:
    right, alone, n = success_on_releases(draws=40)

    bound = odds_for_a_flag(RHO)
    # Each flag is as likely as not: the blind guess is right half the time.
    assert right <= bound
    assert alone <= bound + 4 * standard_error(n, bound)


def test_suppression_of_small_counts_does_not() -> None:
    assert success_on(controls.suppress_small, draws=10) >= 0.95
