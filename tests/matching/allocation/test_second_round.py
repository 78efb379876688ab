"""The second round takes nothing that the first has given, and no child is in two places."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from matching import (
    AllocationProblem,
    InvalidProblem,
    allocate,
    check_allocation,
    second_round,
    without_overlaps,
)
from tests.matching.allocation.drawing import draw_problem


def with_times(problem: AllocationProblem, seed: int) -> AllocationProblem:
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 6, len(problem.session_ids))
    return replace(problem, starts=starts, ends=starts + rng.integers(1, 4, len(starts)))


def test_both_rounds_together_are_allowed() -> None:
    given = 0
    for seed in range(150):
        problem = with_times(draw_problem(seed), seed)
        first = allocate(problem)
        # Another order of children, as another query may give them; one has left.
        order = np.random.default_rng(seed).permutation(len(problem.child_ids))[1:]
        at = np.full(len(problem.child_ids), -1)
        at[order] = np.arange(len(order))
        known = at[problem.pair_child] >= 0
        other = replace(
            problem,
            child_ids=[problem.child_ids[one] for one in order],
            band=problem.band[order],
            group=[],
            pair_child=at[problem.pair_child[known]],
            pair_session=problem.pair_session[known],
            pair_value=problem.pair_value[known],
            pair_pool=problem.pair_pool[known],
        )
        left = second_round(other, problem, first.pair_of_child)
        second = allocate(left)
        assert check_allocation(left, second).proved
        taken = sum(
            np.bincount(plan.session_of_child[plan.placed], minlength=len(problem.session_ids))
            for plan in (first, second)
        )
        assert (taken <= problem.capacity).all()
        for child, session in enumerate(second.session_of_child.tolist()):
            before = int(first.session_of_child[order[child]])
            if session >= 0 and before >= 0:
                assert session != before
                assert (
                    problem.ends[session] <= problem.starts[before]
                    or problem.ends[before] <= problem.starts[session]
                )
                given += 1
        dropped = len(other.pair_child) - len(left.pair_child)
        assert dropped >= (at[first.placed] >= 0).sum()
    assert given > 20


def test_times_that_only_touch_do_not_overlap() -> None:
    problem = AllocationProblem(
        [UUID(int=1)],
        [0],
        [UUID(int=n) for n in (2, 3, 4)],
        [1, 1, 1],
        [0, 0, 0],
        [0, 1, 2],
        [1, 2, 3],
        starts=[0, 10, 19],
        ends=[10, 20, 30],
    )
    left = without_overlaps(problem, np.array([0]), np.array([10]), np.array([20]))
    assert left.pair_session.tolist() == [0]
    assert left.pair_value.tolist() == [1]


def test_a_minimum_counts_who_came_in_the_first_round() -> None:
    ids = [UUID(int=n) for n in range(1, 5)]
    first = AllocationProblem(ids[:3], [0, 0, 0], ids[3:], [4], [0, 1], [0, 0], [1, 1], minimum=[2])
    second = replace(first, pair_child=[2], pair_session=[0], pair_value=[1], pair_pool=[])
    left = second_round(second, first, allocate(first).pair_of_child)
    assert left.minimum.tolist() == [0]
    assert left.capacity.tolist() == [2]
    assert allocate(left).placed.tolist() == [False, False, True]


def test_rounds_of_different_sessions_are_refused() -> None:
    problem = draw_problem(7)
    other = replace(problem, capacity=problem.capacity + 1)
    with pytest.raises(InvalidProblem, match="capacity"):
        second_round(other, problem, allocate(problem).pair_of_child)
