"""Weak rules that others publish counts by: what an attack must break to count for anything.

Each takes exact counts and gives what would be published, NaN where nothing is.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Figures = NDArray[np.float64]
Rule = Callable[[Counts, np.random.Generator], Figures]


def suppress_small(counts: Counts, _: np.random.Generator) -> Figures:
    """Publish exact counts, but none of 1 to 4."""
    return np.where((counts > 0) & (counts < 5), np.nan, counts.astype(float))


def suppress_and_round(counts: Counts, _: np.random.Generator) -> Figures:
    """Publish to the nearest 5, but none of 1 to 7."""
    return np.where((counts > 0) & (counts <= 7), np.nan, 5.0 * np.round(counts / 5))


def cell_key(counts: Counts, rng: np.random.Generator) -> Figures:
    """Publish from 10 on, with bounded noise: at most two more or fewer."""
    noised = counts + rng.integers(-2, 3, counts.shape)
    return np.where(counts < 10, np.nan, noised.astype(float))
