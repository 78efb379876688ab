"""A plan as an integer programme, solved by HiGHS, and a bound for what is too large for it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from matching.gaps.planning_problem import NONE, Integers, PlanProblem

# On larger programmes HiGHS was seen to overrun its time limit many times over.
MOST_COLUMNS: Final = 8_000


class NoPlan(ValueError):
    """No set of items keeps the limits within the budget.

    Parameters
    ----------
    cheapest : int or None
        Pence of the cheapest set that keeps the other limits; None where none does.
    """

    def __init__(self, cheapest: int | None = None) -> None:
        super().__init__("no set of items keeps the limits within the budget")
        self.cheapest = cheapest


@dataclass(frozen=True)
class Found:
    """What HiGHS found.

    Attributes
    ----------
    items : list of int or None
        The chosen items; None when no plan was found in time.
    bound : float
        No plan serves more weight; infinite when nothing was proved.
    """

    items: list[int] | None
    bound: float


@dataclass(frozen=True)
class Classes:
    """Children whom the same items would serve and who weigh the same, taken together.

    Attributes
    ----------
    size, weight : ndarray of shape (n_classes,), int64
        How many children, and what each of them weighs.
    pair_item, pair_class : ndarray, int64
        Which item would serve which class.
    """

    size: Integers
    weight: Integers
    pair_item: Integers
    pair_class: Integers


def classes_of(problem: PlanProblem) -> Classes:
    """Take children together who are alike to every item.

    Parameters
    ----------
    problem : PlanProblem

    Returns
    -------
    Classes
        In the order of their first child.
    """
    order = np.lexsort((problem.pair_item, problem.pair_child))
    child = problem.pair_child[order]
    starts = np.flatnonzero(np.diff(child, prepend=-1))
    counts = Counter(
        (int(problem.child_weight[child[start]]), tuple(items.tolist()))
        for start, items in zip(
            starts.tolist(), np.split(problem.pair_item[order], starts[1:]), strict=False
        )
        if items.size
    )
    items_of = [items for _, items in counts]
    return Classes(
        size=np.array(list(counts.values()), dtype=np.int64),
        weight=np.array([weight for weight, _ in counts], dtype=np.int64),
        pair_item=np.array([item for items in items_of for item in items], dtype=np.int64),
        pair_class=np.repeat(np.arange(len(items_of)), [len(items) for items in items_of]),
    )


def choose(problem: PlanProblem, *, gap: float, time_limit_s: float) -> Found:
    """Choose the items that serve the most weight.

    Parameters
    ----------
    problem : PlanProblem
    gap : float
        HiGHS may stop when what it has falls short of its bound by this share of it at most.
    time_limit_s : float

    Returns
    -------
    Found

    Notes
    -----
    Yes or no for each item (and each provider, where they are limited); how many children of a
    class an item serves needs no such rule, as with the items fixed what remains is a
    transportation problem, whose corners are whole. An item with a place for everybody it would
    serve needs no such numbers at all: a class is served when any of these items is chosen.
    """
    classes = classes_of(problem)
    degree = np.bincount(
        classes.pair_item, weights=classes.size[classes.pair_class], minlength=problem.n_items
    )
    roomy = degree <= problem.item_capacity
    flows = np.flatnonzero(~roomy[classes.pair_item])
    n_items, n_classes = problem.n_items, len(classes.size)
    n_providers = _count_providers(problem)
    # Columns: items, providers, children served of each class, flows of each narrow item.
    at_class, at_flow = n_items + n_providers, n_items + n_providers + n_classes
    n_columns = at_flow + len(flows)
    if not n_items:
        return Found(None if problem.areas else [], 0.0)
    if n_columns > MOST_COLUMNS or time_limit_s <= 0:
        return Found(None, math.inf)
    rows = _Rows(n_columns)
    flow_item, flow_class = classes.pair_item[flows], classes.pair_class[flows]
    flow_at = at_flow + np.arange(len(flows))
    most = np.minimum(classes.size[flow_class], problem.item_capacity[flow_item])
    # A class is served by the roomy items that are chosen, and by flows.
    wide = np.flatnonzero(roomy[classes.pair_item])
    by_class = classes.pair_class[wide]
    rows.add(
        n_classes,
        (np.arange(n_classes), at_class + np.arange(n_classes), np.ones(n_classes)),
        (by_class, classes.pair_item[wide], -classes.size[by_class]),
        (flow_class, flow_at, -np.ones(len(flows))),
    )
    # Nothing flows from an item that is not chosen, and no more than its places.
    rows.add(
        len(flows),
        (np.arange(len(flows)), flow_at, np.ones(len(flows))),
        (np.arange(len(flows)), flow_item, -most),
    )
    narrow, row = np.unique(flow_item, return_inverse=True)
    rows.add(
        len(narrow),
        (row, flow_at, np.ones(len(flows))),
        (np.arange(len(narrow)), narrow, -problem.item_capacity[narrow]),
    )
    _add_limits(rows, problem, with_budget=True)
    upper = np.ones(n_columns)
    upper[at_class:at_flow] = classes.size
    upper[at_flow:] = most
    upper[:n_items][problem.item_cost > problem.budget] = 0
    value = np.zeros(n_columns)
    value[at_class:at_flow] = -classes.weight
    whole = np.zeros(n_columns)
    whole[:at_class] = 1
    answer = milp(
        value,
        integrality=whole,
        bounds=Bounds(0, upper),
        constraints=rows.constraint(),
        options={"mip_rel_gap": gap, "time_limit": time_limit_s},
    )
    # What is served is a whole number.
    proved = answer.mip_dual_bound
    bound = math.inf if proved is None or not math.isfinite(proved) else math.floor(0.01 - proved)
    chosen = None if answer.x is None else np.flatnonzero(answer.x[:n_items] > 0.5).tolist()
    return Found(chosen, float(bound))


def cheapest(problem: PlanProblem) -> list[int]:
    """Find the cheapest items that keep the limits.

    Parameters
    ----------
    problem : PlanProblem

    Returns
    -------
    list of int
        None of them, where no area must have one.

    Raises
    ------
    NoPlan
        When there are none within the budget.
    """
    if not problem.areas:
        return []
    if not problem.n_items:
        raise NoPlan
    n_columns = problem.n_items + _count_providers(problem)
    rows = _Rows(n_columns)
    _add_limits(rows, problem, with_budget=False)
    cost = np.zeros(n_columns)
    cost[: problem.n_items] = problem.item_cost
    answer = milp(
        cost,
        integrality=np.ones(n_columns),
        bounds=Bounds(0, 1),
        constraints=rows.constraint(),
        options={"mip_rel_gap": 0.0},
    )
    if answer.x is None:
        raise NoPlan
    chosen: list[int] = np.flatnonzero(answer.x[: problem.n_items] > 0.5).tolist()
    least = int(problem.item_cost[chosen].sum())
    if least > problem.budget:
        raise NoPlan(least)
    return chosen


def _count_providers(problem: PlanProblem) -> int:
    return len(np.unique(problem.item_provider)) if problem.most_providers is not None else 0


def _add_limits(rows: _Rows, problem: PlanProblem, *, with_budget: bool) -> None:
    """Add what binds the items alone; providers stand behind the items."""
    n_items = problem.n_items
    items = np.arange(n_items)
    if with_budget:
        # Pounds and children in one programme: both of the order of one.
        share = problem.item_cost / max(1, problem.budget)
        rows.add(1, (np.zeros(n_items, dtype=np.int64), items, share), most=1.0)
    groups, row = np.unique(problem.item_group, return_inverse=True)
    inside = problem.item_group != NONE
    rows.add(len(groups), (row[inside], items[inside], np.ones(inside.sum())), most=1.0)
    for area in problem.areas:
        inside = problem.item_area == area
        zeros = np.zeros(int(inside.sum()), dtype=np.int64)
        rows.add(1, (zeros, items[inside], -np.ones(len(zeros))), most=-1.0)
    if problem.most_providers is not None:
        _, provider = np.unique(problem.item_provider, return_inverse=True)
        counted = problem.item_provider != NONE
        rows.add(
            n_items,
            (items[counted], items[counted], np.ones(counted.sum())),
            (items[counted], n_items + provider[counted], -np.ones(counted.sum())),
        )
        named = n_items + np.unique(provider[counted])
        rows.add(
            1,
            (np.zeros(len(named), dtype=np.int64), named, np.ones(len(named))),
            most=float(problem.most_providers),
        )


class _Rows:
    """Rows of a programme, as they come."""

    def __init__(self, n_columns: int) -> None:
        self._n_columns = n_columns
        self._n_rows = 0
        self._parts: list[tuple[Integers, Integers, NDArray[np.float64]]] = []
        self._most: list[NDArray[np.float64]] = []

    def add(
        self,
        n_rows: int,
        *entries: tuple[Integers, Integers, NDArray[Any]],
        most: float = 0.0,
    ) -> None:
        """Add rows that sum to so much at most."""
        for row, column, value in entries:
            self._parts.append((row + self._n_rows, column, np.asarray(value, dtype=np.float64)))
        self._most.append(np.full(n_rows, most))
        self._n_rows += n_rows

    def constraint(self) -> LinearConstraint:
        """Give all of them."""
        row, column, value = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        matrix = csr_array((value, (row, column)), shape=(self._n_rows, self._n_columns))
        return LinearConstraint(matrix, -np.inf, np.concatenate(self._most))
