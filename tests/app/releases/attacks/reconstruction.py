"""T7: all flags at once by least squares, from every cell and what is known of everybody."""

import numpy as np
from numpy.typing import NDArray

from app.releases.building import Grid
from tests.app.releases.attacks.synthetic import Children


def equations(children: Children, grid: Grid) -> NDArray[np.float64]:
    """Write down which children each cell of one interest counts, table by table."""
    n = len(children.wants)
    rows = [np.ones((1, n))]
    rows += [
        children.known[by] == np.arange(len(values))[:, None]
        for by, values in grid.breakdowns.items()
    ]
    return np.vstack(rows).astype(float)


def reconstruct(
    children: Children, grid: Grid, figures: NDArray[np.float64], sd: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Estimate each child's flag: the most likely values, from even odds at first.

    What is not published (NaN) says nothing. Each cell weighs by its noise.
    """
    told = ~np.isnan(figures)
    counts = equations(children, grid)[told] / sd[told, None]
    surprise = figures[told] / sd[told] - counts.sum(axis=1) / 2
    # A flag's own variance is a quarter.
    spread = counts @ counts.T / 4 + np.eye(len(counts))
    estimate: NDArray[np.float64] = 0.5 + counts.T @ np.linalg.solve(spread, surprise) / 4
    return estimate
