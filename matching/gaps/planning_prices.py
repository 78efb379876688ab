"""A bound and a plan for many items: each child gets a price, and items compete for children."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.gaps.planning_greedy import Limits, fill
from matching.gaps.planning_places import Seats
from matching.gaps.planning_problem import NONE, Integers, PlanProblem

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_ROUNDS: Final = 400
_TRIES: Final = 120
# Rounds without a lower bound before steps become smaller, and when they are too small.
_PATIENCE: Final = 12
_SMALLEST_STEP: Final = 0.001
_SHRINK: Final = 0.6
# Rounds from one plan to the next, and of how many of them the latest one is the average.
_ROUNDS_OF_A_PLAN: Final = 20
_NEWEST: Final = 0.05
# Shares of the latest rounds: items taken in fewer are not looked at, in more are kept at first.
_SELDOM: Final = 0.01
_MOSTLY: Final = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
# The share of the items that a try gives up, and how far it looks away from their prices.
_GIVEN_UP: Final = (0.03, 0.08, 0.15, 0.3)
_NOISE: Final = 0.15
# How often a try changes a provider, where they are limited.
_CHANGED: Final = 0.5


@dataclass(frozen=True)
class Priced:
    """What prices found.

    Attributes
    ----------
    items : list of int or None
        None when no try kept the limits.
    total : int
        The weight they serve.
    bound : float
        No plan serves more weight.
    worthwhile : ndarray of shape (n_items,), bool
        No plan with any other item serves more than `total`.
    """

    items: list[int] | None
    total: int
    bound: float
    worthwhile: Mask


def search(
    problem: PlanProblem,
    adjacent: Sequence[list[int]],
    *,
    start: Sequence[int] = (),
    gap: float = 0.0,
    seed: int = 0,
) -> Priced:
    """Find a plan and a bound by prices.

    Parameters
    ----------
    problem : PlanProblem
    adjacent : sequence of list of int
        Whom each item would serve.
    start : sequence of int
        Items that keep the limits together, where areas must have one.
    gap : float
        It may stop when no more than this share of the bound is missing.
    seed : int
        Of the tries.

    Returns
    -------
    Priced
        The same for the same arguments, as no clock is asked.

    Notes
    -----
    Lagrangian relaxation [1]_: that a child counts once gets a price for each child, the budget
    one for all items, each area one. With prices given, each item is worth its dearest children
    less its part of the budget, and the best providers are taken whole, so every set of prices
    gives a bound; subgradient steps lower it to that of the linear programme. How often an item is
    taken in the latest rounds comes near to its share in that programme's solution [2]_: plans
    begin with the items that are mostly taken, are filled up with others, and then give up and
    refill a part of them again and again, while the items that are seldom taken are left out. A
    round sorts the pairs once.

    References
    ----------
    .. [1] Fisher, M. L. (1981). The Lagrangian relaxation method for solving integer programming
       problems. Management Science 27(1), 1-18.
    .. [2] Barahona, F. and Anbil, R. (2000). The volume algorithm: producing primal solutions with
       a subgradient method. Mathematical Programming 87(3), 385-399.
    """
    if not problem.n_items:
        return Priced(None if problem.areas else [], 0, 0.0, np.zeros(0, dtype=bool))
    prices = _Prices(problem)
    best = _Best(problem, adjacent, start)
    everything = np.ones(problem.n_items, dtype=bool)
    best.attempt(everything)

    def _proved() -> bool:
        return prices.lowest - best.total <= gap * prices.lowest

    for at in range(_ROUNDS):
        providers = prices.round(best.total)
        if prices.step < _SMALLEST_STEP or _proved():
            break
        if at % _ROUNDS_OF_A_PLAN == 0:
            best.attempt(providers, favour=prices.favour())
    for mostly in _MOSTLY:
        if not _proved():
            best.attempt(prices.taken > _SELDOM, prices.kept(mostly), prices.favour())
    rng = np.random.default_rng(seed)
    for _ in range(_TRIES):
        if best.items is None or _proved():
            break
        # What is taken in every round is given up hardly ever.
        chance = 2 * rng.choice(_GIVEN_UP) * (1 + _NEWEST - prices.taken)
        stay = rng.random(problem.n_items) >= chance
        noise = rng.uniform(1 - _NOISE, 1 + _NOISE, problem.n_items)
        allowed = prices.taken > _SELDOM
        if problem.most_providers is not None:
            allowed = _of_other_providers(problem, best.items, prices.taken, rng)
        kept = [item for item in best.items if stay[item] and allowed[item]]
        best.attempt(allowed, kept, prices.favour() * noise)
    return Priced(best.items, best.total, prices.lowest, prices.worthwhile(best.total))


def _of_other_providers(
    problem: PlanProblem, items: Sequence[int], taken: Floats, rng: np.random.Generator
) -> Mask:
    """Allow the providers of a plan, every other time with one of them changed for another."""
    names, provider = np.unique(problem.item_provider, return_inverse=True)
    inside = np.zeros(len(names), dtype=bool)
    inside[provider[list(items)]] = True
    limited = names != NONE
    out, come = np.flatnonzero(inside & limited), np.flatnonzero(~inside & limited)
    if out.size and come.size and rng.random() < _CHANGED:
        share = np.bincount(provider, weights=taken, minlength=len(names))[come] + _SELDOM
        inside[rng.choice(out)] = False
        inside[rng.choice(come, p=share / share.sum())] = True
    allowed: Mask = (inside | ~limited)[provider]
    return allowed


class _Best:
    """The best plan so far."""

    def __init__(
        self, problem: PlanProblem, adjacent: Sequence[list[int]], start: Sequence[int]
    ) -> None:
        self._problem, self._adjacent, self._start = problem, adjacent, start
        self._seats = Seats(problem, adjacent)
        self.items: list[int] | None = None
        self.total = 0

    def attempt(
        self, allowed: Mask, kept: Sequence[int] = (), favour: Floats | None = None
    ) -> None:
        """Fill the budget with some of the items, from those that are kept."""
        items = self._filled(allowed, kept, favour)
        if items is None and self.items is None:
            items = self._filled(np.ones_like(allowed), self._start, favour)
        if items is None:
            return
        total = self._seats.fill(items)[1]
        if self.items is None or total >= self.total:
            self.items, self.total = items, total

    def _filled(
        self, allowed: Mask, kept: Sequence[int], favour: Floats | None
    ) -> list[int] | None:
        served = self._seats.fill(kept)[0]
        return fill(self._problem, self._adjacent, allowed, kept=kept, served=served, favour=favour)


class _Prices:
    """Prices of children, of the budget and of areas, and the lowest bound they have given."""

    def __init__(self, problem: PlanProblem) -> None:
        self._problem = problem
        order = np.lexsort((problem.pair_child, problem.pair_item))
        self._item, self._child = problem.pair_item[order], problem.pair_child[order]
        degree = np.bincount(self._item, minlength=problem.n_items)
        self._rank = np.arange(len(self._item)) - np.repeat(np.cumsum(degree) - degree, degree)
        self._within = self._rank < problem.item_capacity[self._item]
        self._n_items = problem.n_items
        self._weight: Floats = problem.child_weight.astype(np.float64)
        self._cost: Floats = problem.item_cost / max(problem.budget, 1)
        self._affordable: Mask = problem.item_cost <= problem.budget
        areas = np.array(problem.areas, dtype=np.int64)
        at = np.searchsorted(areas, problem.item_area)
        inside = np.isin(problem.item_area, areas)
        self._area: Integers = np.where(inside, at, len(areas))
        names, self._provider = np.unique(problem.item_provider, return_inverse=True)
        self._free_of_limit = names == NONE
        self._most = problem.most_providers
        self._of_child = self._weight / 2
        self._of_budget = float(self._weight.sum()) / 10
        self._of_area = np.zeros(len(areas) + 1)
        self._kept = self._of_child, self._of_budget, self._of_area
        self._without_gain = 0
        self.step = 1.0
        self.lowest = float(self._weight.sum())
        self._changes = np.zeros(self._n_items)
        # Of each item, in which share of the latest rounds it was taken.
        self.taken: Floats = np.zeros(self._n_items)

    def round(self, target: int) -> Mask:
        """Step towards a plan's weight, and give the items of the providers that are taken."""
        price = self._of_child[self._child]
        order = np.lexsort((-price, self._item))
        # Sorted by item, so ranks within each item stay in place.
        top = order[self._within & (price[order] > 0)]
        value = np.bincount(self._item[top], weights=price[top], minlength=self._n_items)
        change = value - self._of_budget * self._cost + self._of_area[self._area]
        reduced = np.where(self._affordable, np.maximum(change, 0), 0)
        of_provider: Floats = np.bincount(self._provider, weights=reduced).astype(np.float64)
        taken = self._free_of_limit.copy()
        limited = np.flatnonzero(~taken)
        most = len(limited) if self._most is None else self._most
        taken[limited[np.argsort(-of_provider[limited], kind="stable")[:most]]] = True
        bound = (
            float(np.maximum(self._weight - self._of_child, 0).sum())
            + self._of_budget
            - float(self._of_area.sum())
            + float(of_provider[taken].sum())
        )
        self._note(bound, change + self._behind(of_provider, taken)[self._provider])
        providers: Mask = taken[self._provider]
        chosen = (reduced > 0) & providers
        self.taken += _NEWEST * (chosen - self.taken)
        self._move(bound, target, chosen, top)
        return providers

    def favour(self) -> Floats:
        """Give what the worth of items is multiplied by: more, the more often they are taken."""
        return 2 * _NEWEST + self.taken

    def kept(self, mostly: float) -> list[int]:
        """Give the items that are taken in so many rounds, as far as limits allow."""
        limits, items = Limits(self._problem), []
        for item in np.argsort(-self.taken, kind="stable").tolist():
            if self.taken[item] < mostly:
                break
            if limits.allow(item):
                limits.take(item)
                items.append(item)
        return items

    def worthwhile(self, total: int) -> Mask:
        """Mark the items that a plan of more than this weight could have."""
        # What an item that is not taken would add is at most what it changes here.
        reached = self.lowest + np.minimum(self._changes, 0)
        worth: Mask = self._affordable & (reached >= total + 1 - 1e-6)
        return worth

    def _behind(self, of_provider: Floats, taken: Mask) -> Floats:
        """Tell how far each provider is behind the last one that is taken."""
        limited = taken & ~self._free_of_limit
        if not limited.any():
            return np.zeros(len(of_provider))
        behind = np.minimum(of_provider - of_provider[limited].min(), 0)
        return np.where(taken, 0, behind)

    def _note(self, bound: float, changes: Floats) -> None:
        if bound < self.lowest:
            if bound < self.lowest * 0.9999:
                self._without_gain = 0
            self.lowest, self._changes = bound, changes
            self._kept = self._of_child, self._of_budget, self._of_area
        self._without_gain += 1
        if self._without_gain > _PATIENCE:
            self.step *= _SHRINK
            self._without_gain = 0
            self._of_child, self._of_budget, self._of_area = self._kept

    def _move(self, bound: float, target: int, chosen: Mask, top: Integers) -> None:
        scale = float(len(self._weight))
        served = top[chosen[self._item[top]]]
        children = np.bincount(self._child[served], minlength=len(self._weight)) - (
            self._weight > self._of_child
        )
        children = np.where((self._of_child <= 0) & (children > 0), 0, children)
        money = 1 - float(self._cost[chosen].sum())
        areas = np.bincount(self._area[chosen], minlength=len(self._of_area)) - 1.0
        areas[-1] = 0
        areas = np.where((self._of_area <= 0) & (areas > 0), 0, areas)
        length = float((children**2).sum() + money**2 * scale + (areas**2).sum())
        if not length:
            return
        step = self.step * max(bound - target, 1.0) / length
        self._of_child = np.maximum(self._of_child - step * children, 0)
        self._of_budget = max(0.0, self._of_budget - step * money * scale)
        self._of_area = np.maximum(self._of_area - step * areas, 0)
