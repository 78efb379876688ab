"""The next best child, as exactly as when all is solved again with everybody else fixed."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from matching import AllocationProblem, allocate, check_allocation, repair
from tests.matching.allocation.drawing import draw_bound_problem, draw_problem
from tests.matching.allocation.oracle import is_allowed, weigh


def best_with_nobody_moved(
    problem: AllocationProblem, pairs: np.ndarray, declined: list[int]
) -> tuple[int, ...]:
    """Try every way to give places to children who have none."""
    ways = []
    for child, pair in enumerate(pairs.tolist()):
        open_to = [-1]
        if pair < 0 and child not in declined:
            open_to += np.flatnonzero(problem.pair_child == child).tolist()
        ways.append([pair] if pair >= 0 and child not in declined else open_to)
    weights = weigh(problem)
    return max(
        tuple(weights[[pair for pair in way if pair >= 0]].sum(axis=0).tolist())
        for way in product(*ways)
        if is_allowed(problem, way)
    )


def test_the_repair_is_the_best_with_nobody_moved() -> None:
    repaired = 0
    for seed in range(300):
        problem = draw_problem(seed, most_children=8, most_sessions=3)
        before = allocate(problem)
        for child in np.flatnonzero(before.placed)[:2].tolist():
            result = repair(problem, before.pair_of_child, [child])
            given = result.pair_of_child[result.pair_of_child >= 0]
            reached = tuple(weigh(problem)[given].sum(axis=0).tolist())
            assert reached == best_with_nobody_moved(problem, before.pair_of_child, [child]), seed
            assert is_allowed(problem, tuple(result.pair_of_child.tolist()))
            assert check_allocation(result.problem, result.allocation).proved
            assert result.pair_of_child[child] == -1
            stays = before.placed & (np.arange(len(before.placed)) != child)
            assert (result.pair_of_child == before.pair_of_child)[stays].all()
            assert (
                np.sort(result.offered)
                == np.flatnonzero((result.pair_of_child >= 0) & (before.pair_of_child < 0))
            ).all()
            repaired += len(result.offered)
    assert repaired > 50


def test_a_group_without_a_place_is_offered_places_together() -> None:
    offered_groups = 0
    for seed in range(600):
        problem = replace(draw_bound_problem(seed), minimum=[])
        if np.prod(np.bincount(problem.pair_child) + 1.0) > 3_000:
            continue
        before = allocate(problem)
        # A group that went together declines, and another takes its places.
        for group in np.unique(problem.group[before.placed & (problem.group >= 0)])[:2].tolist():
            declined = np.flatnonzero(problem.group == group).tolist()
            result = repair(problem, before.pair_of_child, declined)
            assert is_allowed(problem, tuple(result.pair_of_child.tolist())), seed
            given = result.pair_of_child[result.pair_of_child >= 0]
            reached = tuple(weigh(problem)[given].sum(axis=0).tolist())
            assert reached == best_with_nobody_moved(problem, before.pair_of_child, declined), seed
            offered_groups += bool((problem.group[result.offered] >= 0).any())
    assert offered_groups > 3


def test_who_declines_or_is_passed_over_is_offered_nothing() -> None:
    offers = 0
    for seed in range(60):
        problem = draw_problem(seed)
        pairs = allocate(problem).pair_of_child
        if (pairs < 0).all():
            continue
        first = int(np.flatnonzero(pairs >= 0)[0])
        offered = repair(problem, pairs, [first]).offered.tolist()
        assert first not in offered
        again = repair(problem, pairs, [first], passed_over=offered)
        assert not set(offered) & set(again.offered.tolist())
        offers += len(offered)
    assert offers > 5


def test_a_session_that_does_not_run_stays_closed_and_one_that_runs_goes_on() -> None:
    seen = 0
    for seed in range(200):
        problem = replace(draw_bound_problem(seed), group=[])
        if (problem.minimum <= 1).all():
            continue
        before = allocate(problem)
        taken = np.bincount(
            before.session_of_child[before.placed], minlength=len(problem.session_ids)
        )
        for child in np.flatnonzero(before.placed)[:1].tolist():
            result = repair(problem, before.pair_of_child, [child])
            session = problem.pair_session[result.pair_of_child[result.offered]]
            assert ((taken[session] > 0) | (problem.minimum[session] <= 1)).all()
            seen += 1
    assert seen > 30
