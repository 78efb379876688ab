"""T3: no sum or difference of cells gives a child away, and each weak rule falls to the same."""

import numpy as np

from app.releases.building import build, plan_tables
from app.releases.noise import odds_for_a_flag
from app.releases.topics import TOPICS
from tests.app.releases.attacks import controls
from tests.app.releases.attacks.contrasts import TABLES, figures_of, find_contrasts, guess
from tests.app.releases.attacks.likelihood import standard_error
from tests.app.releases.attacks.synthetic import ALONE, RHO, grid_of, make_children

TOPICS_LOOKED_AT = 6


def success_on_releases(draws: int, seed: int = 1) -> tuple[float, int]:
    """Attack releases of as many authorities: the share of right guesses, and how many."""
    rng = np.random.default_rng(seed)
    grid = grid_of(TOPICS_LOOKED_AT)
    tables = plan_tables(grid, RHO)
    hidden = {table.by: (table.threshold - 1) / 2 for table in tables}
    right = []
    for _ in range(draws):
        children = make_children(rng)
        contrasts = find_contrasts(children, grid)
        cells = build(children.flags(), grid, tables)
        for topic in range(TOPICS_LOOKED_AT):
            guesses = guess(contrasts, figures_of(cells, TOPICS[topic], hidden), rng)
            right += [guesses[child] == children.wants[child, topic] for child in range(len(ALONE))]
    return float(np.mean(right)), len(right)


def success_on(rule: controls.Rule, draws: int, seed: int = 1) -> float:
    """Attack what a weak rule publishes of the same children."""
    rng = np.random.default_rng(seed)
    grid = grid_of(TOPICS_LOOKED_AT)
    right = []
    for _ in range(draws):
        children = make_children(rng)
        contrasts = find_contrasts(children, grid)
        for topic in range(TOPICS_LOOKED_AT):
            counts = children.count(grid, topic)
            figures = rule(np.concatenate([counts[by] for by in TABLES]), rng)
            guesses = guess(contrasts, figures, rng)
            right += [guesses[child] == children.wants[child, topic] for child in range(len(ALONE))]
    return float(np.mean(right))


def test_a_release_withstands() -> None:
    success, n = success_on_releases(draws=60)

    assert success <= odds_for_a_flag(RHO) + 4 * standard_error(n, 0.5)


def test_suppression_of_small_counts_does_not() -> None:
    assert success_on(controls.suppress_small, draws=3) >= 0.95


def test_all_contrasts_are_looked_at() -> None:
    children = make_children(np.random.default_rng(2))

    contrasts = find_contrasts(children, grid_of(1))

    assert set(range(len(ALONE))) <= set(contrasts.leaving)
    assert contrasts.left.max() <= 3
    assert np.count_nonzero(contrasts.coefficients, axis=1).max() <= 8
