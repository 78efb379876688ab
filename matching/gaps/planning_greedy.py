"""A plan item by item, the best next one first, and what no plan can surpass."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.gaps.planning_places import Places
from matching.gaps.planning_problem import NONE, Integers, PlanProblem


@dataclass(frozen=True)
class Greedy:
    """What the greedy search found.

    Attributes
    ----------
    items : list of int or None
        Chosen items as they were chosen; None when an area was left without one.
    total : int
        The weight of the children they serve.
    bound : float
        No plan within the budget serves more weight.
    """

    items: list[int] | None
    total: int
    bound: float


def fill(
    problem: PlanProblem,
    adjacent: Sequence[list[int]],
    allowed: NDArray[np.bool_],
    *,
    kept: Sequence[int] = (),
    served: Sequence[int] = (),
    favour: NDArray[np.float64] | None = None,
) -> list[int] | None:
    """Fill the budget quickly: the item next that serves the most new children for a pound.

    Parameters
    ----------
    problem : PlanProblem
    adjacent : sequence of list of int
        Whom each item would serve.
    allowed : ndarray of shape (n_items,), bool
        The items to choose among.
    kept : sequence of int
        Items that are chosen already.
    served : sequence of int
        The children whom these serve.
    favour : ndarray of shape (n_items,), float64, optional
        What an item's worth is multiplied by in comparisons.

    Returns
    -------
    list of int or None
        The items; None when an area was left without one.
    """
    limits = Limits(problem, allowed)
    weight, capacity = problem.child_weight.tolist(), problem.item_capacity.tolist()
    price = np.maximum(problem.item_cost, 0.01) / (1.0 if favour is None else favour)
    of_pound = (1 / price).tolist()
    taken = set(served)
    chosen: list[int] = []

    def _newly(item: int) -> list[int]:
        return [child for child in adjacent[item] if child not in taken][: capacity[item]]

    for item in kept:
        limits.take(item)
        chosen.append(item)
    heap = [
        (-sum(weight[child] for child in _newly(item)) * of_pound[item], item)
        for item in sorted(set(np.flatnonzero(allowed).tolist()) - set(kept))
    ]
    heapq.heapify(heap)
    while heap:
        _, item = heapq.heappop(heap)
        if not limits.allow(item):
            continue
        children = _newly(item)
        worth = -sum(weight[child] for child in children) * of_pound[item]
        # The last who serve nobody new are for areas only.
        if not children and int(problem.item_area[item]) not in limits.missing:
            continue
        if heap and worth > heap[0][0]:
            heapq.heappush(heap, (worth, item))
            continue
        limits.take(item)
        chosen.append(item)
        taken.update(children)
    return None if limits.missing else chosen


def greedy(problem: PlanProblem, adjacent: Sequence[list[int]]) -> Greedy:
    """Choose items one by one, by what they add for a pound and by what they add; keep the better.

    Parameters
    ----------
    problem : PlanProblem
    adjacent : sequence of list of int
        Whom each item would serve.

    Returns
    -------
    Greedy

    Notes
    -----
    Lazy evaluation (CELF [1]_): as the weight served is submodular, what an item added earlier
    bounds what it adds now, so only the top of a heap is asked again. After each choice the
    bound is what is served plus the best fractional knapsack of those additions, which no set of
    items within the budget surpasses whatever the other limits; the least of them is given. For
    areas that are still without an item the price of the cheapest one is kept back.

    References
    ----------
    .. [1] Leskovec, J. et al. (2007). Cost-effective outbreak detection in networks. KDD '07.
    """
    runs = [_run(problem, adjacent, by_price=by_price) for by_price in (True, False)]
    bound = min(one.bound for one in runs)
    whole = [one for one in runs if one.items is not None]
    best = max(whole, key=lambda one: one.total, default=runs[0])
    return Greedy(best.items, best.total, bound)


class Limits:
    """Which items may still be chosen.

    Parameters
    ----------
    problem : PlanProblem
    among : ndarray of shape (n_items,), bool, optional
        The items that will be asked about.
    """

    def __init__(self, problem: PlanProblem, among: NDArray[np.bool_] | None = None) -> None:
        self._problem = problem
        inside = np.ones(problem.n_items, dtype=bool) if among is None else among
        self.left = problem.budget
        self._providers: set[int] = set()
        self._groups: set[int] = set()
        self.missing = set(problem.areas)
        self._cheapest = {
            area: int(problem.item_cost[(problem.item_area == area) & inside].min(initial=2**62))
            for area in problem.areas
        }

    def allow(self, item: int) -> bool:
        """Tell whether an item may be chosen now.

        Parameters
        ----------
        item : int

        Returns
        -------
        bool
        """
        problem = self._problem
        area, group = int(problem.item_area[item]), int(problem.item_group[item])
        provider = int(problem.item_provider[item])
        if group in self._groups:
            return False
        full = problem.most_providers is not None and len(self._providers) >= problem.most_providers
        if full and provider != NONE and provider not in self._providers:
            return False
        kept_back = sum(self._cheapest[one] for one in self.missing if one != area)
        return int(problem.item_cost[item]) + kept_back <= self.left

    def take(self, item: int) -> None:
        """Choose an item.

        Parameters
        ----------
        item : int
        """
        problem = self._problem
        self.left -= int(problem.item_cost[item])
        self.missing.discard(int(problem.item_area[item]))
        self._providers |= {int(problem.item_provider[item])} - {NONE}
        self._groups |= {int(problem.item_group[item])} - {NONE}


def _run(problem: PlanProblem, adjacent: Sequence[list[int]], *, by_price: bool) -> Greedy:
    places, limits = Places(problem, adjacent), Limits(problem)
    worth = np.array([places.worth(item) for item in range(problem.n_items)], dtype=np.int64)
    # What costs nothing is best for its price.
    price = np.maximum(problem.item_cost, 0.01) if by_price else np.ones(problem.n_items)
    heap = [(-worth[item] / price[item], item) for item in range(problem.n_items)]
    heapq.heapify(heap)
    fresh = np.zeros(problem.n_items, dtype=np.int64)
    chosen: list[int] = []
    bound = _bound(problem, 0, worth)
    while heap:
        _, item = heapq.heappop(heap)
        # What is allowed never grows: no item comes back that is passed over.
        if not limits.allow(item):
            continue
        if fresh[item] < len(chosen):
            fresh[item], worth[item] = len(chosen), places.worth(item)
            heapq.heappush(heap, (-worth[item] / price[item], item))
            continue
        if not worth[item]:
            break
        limits.take(item)
        places.add(item)
        chosen.append(item)
        worth[item] = 0
        bound = min(bound, _bound(problem, places.total, worth))
    for area in sorted(limits.missing):
        inside = np.flatnonzero(problem.item_area == area)
        allowed = [item for item in inside.tolist() if limits.allow(item)]
        if not allowed:
            return Greedy(None, 0, bound)
        cheapest = min(allowed, key=lambda item: (problem.item_cost[item], item))
        limits.take(cheapest)
        places.add(cheapest)
        chosen.append(cheapest)
    return Greedy(chosen, places.total, bound)


def _bound(problem: PlanProblem, total: int, worth: Integers) -> float:
    """Fill the budget with what items add at most, the last one in part."""
    cost = problem.item_cost
    order = np.argsort(-worth / np.maximum(cost, 0.01), kind="stable")
    spent = np.cumsum(cost[order])
    whole = int(np.searchsorted(spent, problem.budget, side="right"))
    most = total + float(worth[order[:whole]].sum())
    if whole < len(order):
        left = problem.budget - (int(spent[whole - 1]) if whole else 0)
        most += float(worth[order[whole]]) * left / float(cost[order[whole]])
    everybody: NDArray[np.int64] = problem.child_weight
    return min(most, float(everybody.sum()))
