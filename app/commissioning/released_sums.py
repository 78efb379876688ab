"""How far sums of released figures are from the truth."""

import math
from typing import Final

from app.releases.schemas import TableRead

# Of a normal distribution, 95 of 100.
Z: Final = 1.96


def variance_of(table: TableRead) -> float:
    """Give the variance of one figure."""
    # Rounding to five is at most two off, near enough evenly: a variance of two.
    return table.sd**2 + 2


def error_of_sum(table: TableRead, figures: int) -> int:
    """Tell how far a sum of independent figures is from the truth, 95 times of a hundred."""
    return math.ceil(Z * math.sqrt(figures * variance_of(table)))
