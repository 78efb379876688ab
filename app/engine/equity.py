"""How groups of children fare, as the rooms above need it; all of it is matching's own."""

from typing import Final

import matching
from matching import GROUP_OF_NEED, GroupRate, Interval, compare_groups

# Positions up to this one in `OUTCOMES` are what is met or available.
LAST_SETTLED: Final = matching.OUTCOMES.index("available")

__all__ = ["GROUP_OF_NEED", "LAST_SETTLED", "GroupRate", "Interval", "compare_groups"]
