"""How often a process looks for garbage: rarely, as what is read in bulk is nearly all kept."""

import gc
from typing import Final

# New objects before the first look, and looks of one generation before the next one's. With
# Python's own 700, 10, 10 a third of the time that a large authority is read goes into looking.
THRESHOLDS: Final = (50_000, 10, 10)


def collect_rarely() -> None:
    """Look for garbage as seldom as suits a process that reads much and keeps it."""
    gc.set_threshold(*THRESHOLDS)
