"""What a nearest miss is measured by: masks of needs and of reasons, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Catalogue
from matching.codes import BLOCKING_REASONS, NEED_CODES
from matching.eligibility import eligible
from matching.offers import NOTHING, TOO_LATE
from matching.problem import Child, Holdings, Live, Need


def essential_masks(children: Sequence[Child]) -> NDArray[np.int64]:
    """Give the essential needs of children as masks.

    Parameters
    ----------
    children : sequence of Child

    Returns
    -------
    ndarray of shape (n,), int64
        Bit k for `NEED_CODES[k]`.
    """
    masks = (sum(1 << need for need in child.essential_needs()) for child in children)
    return np.fromiter(masks, dtype=np.int64, count=len(children))


@dataclass(frozen=True, slots=True)
class MissingNeeds:
    """What sessions cannot do for a need; it is the same for every child who has it.

    Attributes
    ----------
    nothing, late : ndarray of shape (n,), int64
        Masks of the needs that nothing meets, and of those that cannot be met in time.
    """

    nothing: NDArray[np.int64]
    late: NDArray[np.int64]


def missing_needs(catalogue: Catalogue, live: Live, span: slice, needs: int) -> MissingNeeds:
    """Tell which needs each session of a span does not meet, or not in time.

    Parameters
    ----------
    catalogue : Catalogue
    live : Live
    span : slice
    needs : int
        Mask of the needs that are asked about.

    Returns
    -------
    MissingNeeds
    """
    asked = [code for column, code in enumerate(NEED_CODES) if needs >> column & 1]
    everything = Child(date(2000, 1, 1), needs=tuple(Need(code) for code in asked))
    support = eligible(catalogue, everything, Holdings(), live, span).support
    missing = MissingNeeds(*np.zeros((2, span.stop - span.start), dtype=np.int64))
    for need, answer in support.essential.items():
        missing.nothing[:] |= (answer.how == NOTHING).astype(np.int64) << need
        missing.late[:] |= (answer.how == TOO_LATE).astype(np.int64) << need
    return missing


def nearest_first() -> NDArray[np.uint16]:
    """Give the rank of every mask of blocking reasons, the nearest miss first.

    Returns
    -------
    ndarray of shape (2 ** n_reasons,), uint16
        0 for no reason at all; by the number of reasons, then by the reasons in their order.
    """
    reasons = range(len(BLOCKING_REASONS))
    bits = [[bit for bit in reasons if mask >> bit & 1] for mask in range(1 << len(reasons))]
    order = sorted(range(len(bits)), key=lambda mask: (len(bits[mask]), bits[mask]))
    ranks = np.empty(len(order), dtype=np.uint16)
    ranks[order] = np.arange(len(order), dtype=np.uint16)
    return ranks


RANKS: Final = nearest_first()
# Of each mask, the first reason, and how many there are.
FIRST_REASON: Final = np.array(
    [0, *((mask & -mask).bit_length() - 1 for mask in range(1, len(RANKS)))], dtype=np.uint8
)
REASONS: Final = np.array([mask.bit_count() for mask in range(len(RANKS))], dtype=np.uint8)
