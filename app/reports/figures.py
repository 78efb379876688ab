"""Released figures: their order, and how far the difference of two is from the truth."""

import math
from collections.abc import Iterable
from typing import Final

from app.releases.schemas import CellRead, TableRead

# Rounding to five is at most two off, near enough evenly.
ROUNDING_VARIANCE: Final = 2
Z_95: Final = 1.96


def largest_first(cells: Iterable[CellRead]) -> list[CellRead]:
    """Order the shown figures by size; of equals, the one that is declared first."""
    shown = [cell for cell in cells if cell.children is not None]
    return sorted(shown, key=lambda cell: -(cell.children or 0))


def error_of_difference(one: TableRead, other: TableRead) -> int:
    """Tell how far the difference of two figures is from the truth, 95 times of a hundred."""
    variance = one.sd**2 + other.sd**2 + 2 * ROUNDING_VARIANCE
    return math.ceil(Z_95 * math.sqrt(variance))
