"""What a plan is chosen from: items with prices and places, and whom each of them would serve."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidProblem

Integers = NDArray[np.int64]

NONE: Final = -1
"""Stands for no provider, no area and no group."""

MOST_WEIGHT: Final = 1_000_000
"""The largest weight of a child; the sums stay exact in a float."""


def _unset() -> Integers:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class PlanProblem:
    """Items that could be commissioned, and the unmet children each would serve.

    Arrays are copied and made read-only; those of items that have length 0 take their default.

    Attributes
    ----------
    item_cost : array_like of shape (n_items,), int
        Pence that the item takes of the budget, 0 or more.
    item_capacity : array_like of shape (n_items,), int
        How many children it serves at most, 1 or more.
    child_weight : array_like of shape (n_children,), int
        What it is worth to serve the child, from 1 to `MOST_WEIGHT`, whichever item does it.
    pair_item, pair_child : array_like of shape (n_pairs,), int
        Which item would serve which child, none twice.
    budget : int
        Pence.
    item_provider : array_like of shape (n_items,), int
        Who would run it; -1: nobody who counts.
    item_area : array_like of shape (n_items,), int
        Where it would be; -1: nowhere in particular.
    item_group : array_like of shape (n_items,), int
        At most one of the items with the same number is chosen; -1: no such rule.
    most_providers : int or None
        At most so many providers; None: any number.
    areas : sequence of int
        At least one item is chosen in each of these.

    Raises
    ------
    InvalidProblem
        When arrays contradict each other; the message names the field.
    """

    item_cost: Integers
    item_capacity: Integers
    child_weight: Integers
    pair_item: Integers
    pair_child: Integers
    budget: int
    item_provider: Integers = field(default_factory=_unset)
    item_area: Integers = field(default_factory=_unset)
    item_group: Integers = field(default_factory=_unset)
    most_providers: int | None = None
    areas: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        n_items, n_pairs = np.size(self.item_cost), np.size(self.pair_item)
        for one in fields(self):
            if one.name in ("budget", "most_providers", "areas"):
                continue
            array = np.array(getattr(self, one.name), dtype=np.int64).reshape(-1)
            length = array.size
            if one.name.startswith("item_"):
                length = n_items
                if not array.size and one.default_factory is _unset:
                    array = np.full(n_items, NONE, dtype=np.int64)
            elif one.name.startswith("pair_"):
                length = n_pairs
            if array.size != length:
                raise InvalidProblem(f"{one.name} has another length than the others")
            array.flags.writeable = False
            object.__setattr__(self, one.name, array)
        object.__setattr__(self, "areas", tuple(sorted(set(self.areas))))
        self._check(n_items, len(self.child_weight))

    def _check(self, n_items: int, n_children: int) -> None:
        for name, low, high in (
            ("item_cost", 0, None),
            ("item_capacity", 1, None),
            ("child_weight", 1, MOST_WEIGHT),
            ("pair_item", 0, n_items - 1),
            ("pair_child", 0, n_children - 1),
            ("item_provider", NONE, None),
            ("item_area", NONE, None),
            ("item_group", NONE, None),
        ):
            array = getattr(self, name)
            if array.size and (array.min() < low or (high is not None and array.max() > high)):
                raise InvalidProblem(f"{name} is out of range")
        if len(np.unique(self.pair_item * max(n_children, 1) + self.pair_child)) < len(
            self.pair_item
        ):
            raise InvalidProblem("pair_item and pair_child name a pair twice")
        if self.budget < 0:
            raise InvalidProblem("budget must be 0 or more")
        if self.most_providers is not None and self.most_providers < 0:
            raise InvalidProblem("most_providers must be 0 or more")
        if self.areas and self.areas[0] < 0:
            raise InvalidProblem("areas must be 0 or more")

    @property
    def n_items(self) -> int:
        """Count the items.

        Returns
        -------
        int
        """
        return len(self.item_cost)

    def children_of_items(self) -> list[list[int]]:
        """Give whom each item would serve.

        Returns
        -------
        list of list of int
            Of each item its children, the heaviest first, ties by position.
        """
        order = np.lexsort((self.pair_child, -self.child_weight[self.pair_child], self.pair_item))
        ends = np.cumsum(np.bincount(self.pair_item, minlength=self.n_items))[:-1]
        return [part.tolist() for part in np.split(self.pair_child[order], ends)]
