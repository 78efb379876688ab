"""What to commission for a budget so that most unmet children are served, and how good that is."""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from matching.gaps.planning_greedy import greedy
from matching.gaps.planning_places import Places
from matching.gaps.planning_prices import search
from matching.gaps.planning_problem import Integers, PlanProblem
from matching.gaps.planning_programme import NoPlan, cheapest, choose

# With more, asking again what each item adds takes longer than the search by prices.
MOST_PAIRS_OF_GREEDY: Final = 5_000


@dataclass(frozen=True)
class PlanStep:
    """One item of a plan, with what it adds to those before it.

    Attributes
    ----------
    item : int
    children : list of int
        Who is served with it and was not before, the heaviest first.
    weight : int
        What they weigh.
    spent : int
        Pence of this item and those before it.
    """

    item: int
    children: list[int]
    weight: int
    spent: int


@dataclass(frozen=True)
class Plan:
    """A plan, and what no plan can surpass.

    Attributes
    ----------
    steps : list of PlanStep
        In a sensible order of buying: what adds most for its price first.
    item_of_child : dict of int to int
        Of each child that is served, the item that gives it a place when all are there.
    cost : int
        Pence of all items.
    weight : int
        What the served children weigh.
    bound : float
        No plan within the same budget and limits serves children who weigh more.
    method : str
        Who proved the bound: ``greedy``, ``prices`` or ``integer_programme``.
    """

    steps: list[PlanStep]
    item_of_child: dict[int, int]
    cost: int
    weight: int
    bound: float
    method: str

    @property
    def gap(self) -> float:
        """Tell which share of the bound may be missing.

        Returns
        -------
        float
            0 when the plan is proved best.
        """
        return (self.bound - self.weight) / self.bound if self.bound else 0.0


def make_plan(problem: PlanProblem, *, gap: float = 0.0, time_limit_s: float = 20.0) -> Plan:
    """Choose the items that serve the unmet children of the most weight.

    Parameters
    ----------
    problem : PlanProblem
    gap : float
        The search may stop when it is proved that no more than this share is missing.
    time_limit_s : float
        Of the integer programme.

    Returns
    -------
    Plan
        Each child counts once, whichever of its wants are served, and takes one place.

    Raises
    ------
    NoPlan
        When no set of items keeps the limits within the budget.

    Notes
    -----
    Budgeted maximum coverage with places. With few pairs the lazy greedy plan comes first, with its
    bound; with many the search by prices. Where that does not prove enough, an integer programme
    follows unless it is too large, of the items that prices have not ruled out. The best of the
    plans and the lowest of the bounds are given, so the gap is proven whatever the time. What adds
    nothing is left out, unless an area needs it. With the gap at 0 and time enough the weight of a
    small problem is the largest there is; which of several such plans is given depends on HiGHS.
    """
    adjacent = problem.children_of_items()
    start = cheapest(problem)
    if len(problem.pair_item) <= MOST_PAIRS_OF_GREEDY:
        quick = greedy(problem, adjacent)
        items, bound, method = quick.items, quick.bound, "greedy"
        among = np.arange(problem.n_items)
    else:
        priced = search(problem, adjacent, start=start, gap=gap)
        items, bound, method = priced.items, priced.bound, "prices"
        among = np.flatnonzero(priced.worthwhile)
    bound = float(math.floor(bound + 1e-6))
    items = start if items is None else items
    total = _fill(problem, adjacent, items).total
    if bound - total > gap * bound:
        found = choose(_only(problem, among), gap=gap, time_limit_s=time_limit_s)
        # With any other item no plan surpasses what there is.
        proved = max(found.bound, float(total))
        if proved < bound or (found.items is not None and proved == bound):
            bound, method = proved, "integer_programme"
        if found.items is not None:
            chosen = among[found.items].tolist()
            reached = _fill(problem, adjacent, chosen).total
            if reached > total:
                items, total = chosen, reached
    return _tell(problem, adjacent, items, max(bound, float(total)), method)


def _only(problem: PlanProblem, among: Integers) -> PlanProblem:
    """Leave out items, and the children whom none of the others would serve."""
    kept = np.isin(problem.pair_item, among)
    children, child = np.unique(problem.pair_child[kept], return_inverse=True)
    return replace(
        problem,
        **{
            one.name: getattr(problem, one.name)[among]
            for one in fields(PlanProblem)
            if one.name.startswith("item_")
        },
        child_weight=problem.child_weight[children],
        pair_item=np.searchsorted(among, problem.pair_item[kept]),
        pair_child=child,
    )


def _fill(problem: PlanProblem, adjacent: Sequence[list[int]], items: Sequence[int]) -> Places:
    places = Places(problem, adjacent)
    for item in items:
        places.add(item)
    return places


def _tell(
    problem: PlanProblem,
    adjacent: Sequence[list[int]],
    items: Sequence[int],
    bound: float,
    method: str,
) -> Plan:
    """Put items in the order of what they add for a pound, and leave out what adds nothing."""
    places, spent = Places(problem, adjacent), 0
    steps: list[PlanStep] = []
    idle: list[int] = []
    heap = [_key(problem, places, item) for item in items]
    heapq.heapify(heap)
    while heap:
        # What an item adds never grows, so one that stays in front is the best.
        item = heapq.heappop(heap)[-1]
        key = _key(problem, places, item)
        if heap and key > heap[0]:
            heapq.heappush(heap, key)
        elif not key[0]:
            idle.append(item)
        else:
            spent += int(problem.item_cost[item])
            children = places.add(item)
            weight = sum(int(problem.child_weight[child]) for child in children)
            steps.append(PlanStep(item, children, weight, spent))
    missing = set(problem.areas) - {int(problem.item_area[step.item]) for step in steps}
    for item in sorted(idle, key=lambda one: (int(problem.item_cost[one]), one)):
        area = int(problem.item_area[item])
        if area in missing:
            missing.remove(area)
            spent += int(problem.item_cost[item])
            steps.append(PlanStep(item, [], 0, spent))
    return Plan(steps, dict(places.item_of_child), spent, places.total, bound, method)


def _key(problem: PlanProblem, places: Places, item: int) -> tuple[float, int]:
    return -places.worth(item) / max(int(problem.item_cost[item]), 0.01), item


@dataclass(frozen=True)
class CurvePoint:
    """What a budget reaches.

    Attributes
    ----------
    budget : int
        Pence.
    cost : int
        Pence that the plan for it takes.
    weight, children : int
        What the served children weigh, and how many they are.
    bound : float
        No plan for this budget serves more weight.
    """

    budget: int
    cost: int
    weight: int
    children: int
    bound: float


def curve(
    problem: PlanProblem,
    plan: Plan,
    budgets: Sequence[int],
    *,
    gap: float = 0.0,
    time_limit_s: float = 10.0,
) -> list[CurvePoint]:
    """Tell what smaller budgets would reach, up to a plan that has been made.

    Parameters
    ----------
    problem : PlanProblem
    plan : Plan
        The plan of its budget.
    budgets : sequence of int
        Pence, each less than the problem's budget.
    gap : float
        As in `make_plan`.
    time_limit_s : float
        For all of them together.

    Returns
    -------
    list of CurvePoint
        Rising; the last one is the plan itself. A budget that cannot keep the limits is left out.

    Notes
    -----
    A plan of a smaller budget is a plan of a larger one, so no point lies below the one before,
    and no bound below another that was proved of a smaller budget counts.
    """
    started = time.monotonic()
    points: list[CurvePoint] = []
    for at, budget in enumerate(sorted(set(budgets))):
        left = time_limit_s - (time.monotonic() - started)
        share = max(0.0, left) / (len(set(budgets)) - at)
        try:
            found = make_plan(replace(problem, budget=budget), gap=gap, time_limit_s=share)
        except NoPlan:
            continue
        point = CurvePoint(budget, found.cost, found.weight, len(found.item_of_child), found.bound)
        if points and points[-1].weight > point.weight:
            point = replace(points[-1], budget=budget, bound=point.bound)
        # What a larger budget cannot surpass, this one cannot either.
        points.append(replace(point, bound=min(point.bound, plan.bound)))
    points.append(
        CurvePoint(problem.budget, plan.cost, plan.weight, len(plan.item_of_child), plan.bound)
    )
    return points


__all__ = ["CurvePoint", "NoPlan", "Plan", "PlanProblem", "PlanStep", "curve", "make_plan"]
