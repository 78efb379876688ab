"""Plans against every set of items there is, and what they promise."""

import itertools
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching.errors import InvalidProblem
from matching.gaps.planning import NoPlan, PlanProblem, curve, make_plan
from matching.gaps.planning_greedy import greedy
from matching.gaps.planning_places import Places
from matching.gaps.planning_prices import search
from matching.gaps.planning_programme import cheapest, choose


@st.composite
def problems(draw: st.DrawFn, most_items: int = 6, most_children: int = 6) -> PlanProblem:
    n_items = draw(st.integers(0, most_items))
    n_children = draw(st.integers(0, most_children))
    pairs = [
        (item, child)
        for item in range(n_items)
        for child in range(n_children)
        if draw(st.booleans())
    ]

    def of_items(low: int, high: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=n_items, max_size=n_items))

    return PlanProblem(
        item_cost=np.array(of_items(0, 9)),
        item_capacity=np.array(of_items(1, 3)),
        child_weight=np.array(
            draw(st.lists(st.integers(1, 5), min_size=n_children, max_size=n_children))
        ),
        pair_item=np.array([item for item, _ in pairs]),
        pair_child=np.array([child for _, child in pairs]),
        budget=draw(st.integers(0, 25)),
        item_provider=np.array(of_items(-1, 2)),
        item_area=np.array(of_items(-1, 2)),
        item_group=np.array(of_items(-1, 2)),
        most_providers=draw(st.none() | st.integers(0, 2)),
        areas=tuple(draw(st.sets(st.integers(0, 2), max_size=2))),
    )


def keeps_limits(problem: PlanProblem, items: tuple[int, ...]) -> bool:
    of = {
        name: [int(getattr(problem, f"item_{name}")[item]) for item in items]
        for name in ("provider", "area", "group", "cost")
    }
    groups = [group for group in of["group"] if group >= 0]
    providers = {provider for provider in of["provider"] if provider >= 0}
    return (
        sum(of["cost"]) <= problem.budget
        and len(groups) == len(set(groups))
        and (problem.most_providers is None or len(providers) <= problem.most_providers)
        and set(problem.areas) <= set(of["area"])
    )


def most_weight(problem: PlanProblem, items: tuple[int, ...]) -> int:
    """Fill places in every way: the heaviest set of children that can sit down together."""
    places = [item for item in items for _ in range(problem.item_capacity[item])]
    pairs = set(zip(problem.pair_item.tolist(), problem.pair_child.tolist(), strict=True))
    sets = {frozenset[int]()}
    for item in places:
        sets |= {
            chosen | {child}
            for chosen in sets
            for child in range(len(problem.child_weight))
            if (item, child) in pairs and child not in chosen
        }
    return max(sum(int(problem.child_weight[child]) for child in chosen) for chosen in sets)


def best_of_all(problem: PlanProblem) -> int | None:
    every = (
        items
        for count in range(problem.n_items + 1)
        for items in itertools.combinations(range(problem.n_items), count)
    )
    return max(
        (most_weight(problem, items) for items in every if keeps_limits(problem, items)),
        default=None,
    )


class TestMakePlan:
    @settings(max_examples=150, deadline=None)
    @given(problems())
    def test_a_plan_serves_as_much_as_any_set_of_items(self, problem: PlanProblem) -> None:
        best = best_of_all(problem)
        if best is None:
            with pytest.raises(NoPlan):
                make_plan(problem)
            return
        plan = make_plan(problem)
        assert plan.weight == plan.bound == best
        assert plan.gap == 0

    @settings(max_examples=150, deadline=None)
    @given(problems())
    def test_the_numbers_of_a_plan_agree(self, problem: PlanProblem) -> None:
        try:
            plan = make_plan(problem)
        except NoPlan:
            assume(False)
        items = tuple(step.item for step in plan.steps)
        assert keeps_limits(problem, items)
        assert plan.weight == most_weight(problem, items)
        served = [child for step in plan.steps for child in step.children]
        assert sorted(served) == sorted(plan.item_of_child)
        assert sum(step.weight for step in plan.steps) == plan.weight
        assert plan.weight == sum(int(problem.child_weight[child]) for child in served)
        assert plan.cost == sum(int(problem.item_cost[item]) for item in items)
        assert [step.spent for step in plan.steps][-1:] == ([plan.cost] if items else [])
        pairs = set(zip(problem.pair_item.tolist(), problem.pair_child.tolist(), strict=True))
        assert {(item, child) for child, item in plan.item_of_child.items()} <= pairs
        for item in items:
            taken = list(plan.item_of_child.values()).count(item)
            assert taken <= problem.item_capacity[item]
        assert all(
            step.children or problem.item_area[step.item] in problem.areas for step in plan.steps
        )

    def test_one_hoist_for_fourteen_beats_two_sessions_for_three(self) -> None:
        problem = PlanProblem(
            item_cost=np.array([5_000, 2_500, 2_500]),
            item_capacity=np.array([20, 3, 3]),
            child_weight=np.ones(20),
            pair_item=np.array([0] * 14 + [1] * 3 + [2] * 3),
            pair_child=np.array([*range(14), 14, 15, 16, 17, 18, 19]),
            budget=5_000,
        )
        plan = make_plan(problem)
        assert [(step.item, len(step.children)) for step in plan.steps] == [(0, 14)]

    def test_who_has_waited_longer_comes_first(self) -> None:
        problem = PlanProblem(
            item_cost=np.array([100, 100]),
            item_capacity=np.array([5, 5]),
            child_weight=np.array([1, 1, 5]),
            pair_item=np.array([0, 0, 1]),
            pair_child=np.array([0, 1, 2]),
            budget=100,
        )
        assert [step.item for step in make_plan(problem).steps] == [1]

    def test_nothing_to_choose_from_is_an_empty_plan(self) -> None:
        nothing = np.array([], dtype=np.int64)
        plan = make_plan(PlanProblem(nothing, nothing, nothing, nothing, nothing, budget=100))
        assert (plan.steps, plan.weight, plan.cost, plan.gap) == ([], 0, 0, 0)


class TestGreedyAndProgramme:
    @settings(max_examples=150, deadline=None)
    @given(problems())
    def test_bounds_hold_and_plans_keep_the_limits(self, problem: PlanProblem) -> None:
        best = best_of_all(problem)
        quick = greedy(problem, problem.children_of_items())
        exact = choose(problem, gap=0.0, time_limit_s=10.0)
        if best is None:
            assert quick.items is None
            assert exact.items is None
            return
        assert quick.bound >= best - 1e-6
        assert exact.bound >= best
        if quick.items is not None:
            assert keeps_limits(problem, tuple(quick.items))
            assert quick.total == most_weight(problem, tuple(quick.items))

    @settings(max_examples=100, deadline=None)
    @given(problems())
    def test_prices_bound_every_plan(self, problem: PlanProblem) -> None:
        best = best_of_all(problem)
        adjacent = problem.children_of_items()
        if best is None:
            with pytest.raises(NoPlan):
                cheapest(problem)
            assert search(problem, adjacent).items is None
            return
        start = cheapest(problem)
        assert keeps_limits(problem, tuple(start)) or not problem.areas
        found = search(problem, adjacent, start=start)
        assert found.bound >= best - 1e-6
        if found.items is not None:
            assert keeps_limits(problem, tuple(found.items))
            assert found.total == most_weight(problem, tuple(found.items))
        again = search(problem, adjacent, start=start)
        assert (again.items, again.bound) == (found.items, found.bound)

    @settings(max_examples=100, deadline=None)
    @given(problems())
    def test_no_better_plan_has_an_item_that_prices_rule_out(self, problem: PlanProblem) -> None:
        found = search(problem, problem.children_of_items())
        ruled_out = set(np.flatnonzero(~found.worthwhile).tolist())
        for count in range(problem.n_items + 1):
            for items in itertools.combinations(range(problem.n_items), count):
                if not ruled_out.isdisjoint(items) and keeps_limits(problem, items):
                    assert most_weight(problem, items) <= found.total

    @settings(max_examples=100, deadline=None)
    @given(problems())
    def test_many_pairs_are_planned_as_well(self, problem: PlanProblem) -> None:
        best = best_of_all(problem)
        with patch("matching.gaps.planning.MOST_PAIRS_OF_GREEDY", -1):
            if best is None:
                with pytest.raises(NoPlan):
                    make_plan(problem)
                return
            assert make_plan(problem).weight == make_plan(problem).bound == best

    @settings(max_examples=150, deadline=None)
    @given(problems(), st.randoms(use_true_random=False))
    def test_places_stay_the_heaviest_in_any_order(self, problem: PlanProblem, random) -> None:  # type: ignore[no-untyped-def]
        items = list(range(problem.n_items))
        random.shuffle(items)
        places = Places(problem, problem.children_of_items())
        for count, item in enumerate(items, start=1):
            worth, before = places.worth(item), places.total
            held = dict(places.item_of_child)
            assert places.worth(item) == worth
            assert places.item_of_child == held
            served = places.add(item)
            assert places.total == before + worth == most_weight(problem, tuple(items[:count]))
            assert set(places.item_of_child) == set(held) | set(served)


class TestCurve:
    @settings(max_examples=60, deadline=None)
    @given(problems(most_items=5, most_children=5))
    def test_more_money_never_serves_fewer(self, problem: PlanProblem) -> None:
        try:
            plan = make_plan(problem)
        except NoPlan:
            assume(False)
        budgets = list(range(0, problem.budget, 3))
        points = curve(problem, plan, budgets)
        assert points[-1].weight == plan.weight
        assert [point.weight for point in points] == sorted(point.weight for point in points)
        for point in points:
            assert point.cost <= point.budget
            best = best_of_all(replace(problem, budget=point.budget))
            assert point.weight == best


class TestPlanProblem:
    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"item_cost": [-1]}, "item_cost"),
            ({"item_capacity": [0]}, "item_capacity"),
            ({"child_weight": [0]}, "child_weight"),
            ({"pair_item": [1]}, "pair_item"),
            ({"pair_child": [1]}, "pair_child"),
            ({"item_area": [0, 1]}, "item_area"),
            ({"pair_item": [0, 0], "pair_child": [0, 0]}, "pair_item"),
            ({"budget": -1}, "budget"),
            ({"most_providers": -1}, "most_providers"),
            ({"areas": (-1,)}, "areas"),
        ],
    )
    def test_what_contradicts_itself_is_refused(
        self, changed: dict[str, object], field: str
    ) -> None:
        fine = {
            "item_cost": [1],
            "item_capacity": [1],
            "child_weight": [1],
            "pair_item": [0],
            "pair_child": [0],
            "budget": 1,
        }
        with pytest.raises(InvalidProblem, match=field):
            PlanProblem(**{**fine, **changed})  # type: ignore[arg-type]
