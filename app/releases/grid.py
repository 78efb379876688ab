"""The declared grid of a release, from what is public, and children's wants laid out on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.engine.gaps import GROUP_NAMES, OUTCOMES
from app.releases.building import Flags, Grid
from app.releases.schemas import ELSEWHERE
from app.releases.topics import topic_of
from app.rounds.coverage import AGE_BANDS

AGES: Final = tuple(f"{low}-{high}" for low, high in AGE_BANDS)
# What became of a want that was neither met nor available.
REASONS: Final = tuple(outcome for outcome in OUTCOMES if outcome not in ("met", "available"))
# Of a child without any essential need.
NO_NEED: Final = "none"


@dataclass(frozen=True)
class Unmet:
    """The wants of a quarter that were neither met nor available, one row each."""

    # Numbers that are the same for the same child, and mean nothing else.
    child: NDArray[np.int64]
    concept: Sequence[str]
    outcode: Sequence[str]
    age_band: Sequence[str]
    # A bit for each need group.
    need_groups: NDArray[np.int64]
    reason: Sequence[str]


def declare_grid(localities: Sequence[dict[str, Any]], *, with_breakdowns: bool) -> Grid:
    """Declare the cells: the same whatever the children want."""
    if not with_breakdowns:
        return Grid({})
    breakdowns = {
        "age_band": (*AGES, ELSEWHERE),
        "need_group": (*GROUP_NAMES, NO_NEED),
        "reason": REASONS,
    }
    if localities:
        names = (*(locality["name"] for locality in localities), ELSEWHERE)
        breakdowns = {"locality": names, **breakdowns}
    return Grid(breakdowns)


def lay_out(unmet: Unmet, grid: Grid, localities: Sequence[dict[str, Any]]) -> Flags:
    """Lay wants out on the grid: each under its topic, and in one value of each breakdown."""
    locality_of = {
        outcode: locality["name"] for locality in localities for outcode in locality["outcodes"]
    }
    values = {
        "locality": [locality_of.get(outcode, ELSEWHERE) for outcode in unmet.outcode],
        "age_band": unmet.age_band,
        "reason": unmet.reason,
    }
    bits = np.arange(len(GROUP_NAMES))
    return Flags(
        child=unmet.child,
        topic=_positions([topic_of(concept) for concept in unmet.concept], grid.topics),
        columns={
            by: _positions(values[by], grid.breakdowns[by])
            for by in values
            if by in grid.breakdowns
        },
        in_need_group=(unmet.need_groups[:, None] >> bits & 1).astype(bool),
    )


def _positions(words: Sequence[str], declared: Sequence[str]) -> NDArray[np.int64]:
    """Find each word in a list; what is not there is the last of it, which is for the rest."""
    at = {word: position for position, word in enumerate(declared)}
    last = len(declared) - 1
    return np.array([at.get(word, last) for word in words], np.int64)
