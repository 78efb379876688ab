"""The baseline does what a holiday pass does, and ours leaves out no more children than it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matching import AllocationProblem, allocate
from tests.matching.allocation.drawing import draw_problem, ids
from tests.matching.allocation.holiday_pass import asking_order, holiday_pass
from tests.matching.allocation.oracle import is_allowed


def draw_wishes(seed: int) -> tuple[AllocationProblem, np.ndarray, np.ndarray]:
    """Draw a problem without supported places, which a holiday pass does not know, and stars."""
    drawn = draw_problem(seed)
    problem = replace(drawn, pair_pool=[], pool_session=[], pool_kind=[], pool_capacity=[])
    rng = np.random.default_rng(seed)
    n_pairs = len(problem.pair_child)
    return problem, rng.integers(0, rng.choice([2, 5]), n_pairs), rng.permutation(n_pairs)


def blocking_pairs(
    problem: AllocationProblem, plan: np.ndarray, priority: np.ndarray, booking_ids: np.ndarray
) -> list[int]:
    """List the pairs where the child would rather go and the session would rather have it."""
    blocking = []
    for child, asked in enumerate(asking_order(problem, priority, booking_ids)):
        better = asked[: asked.index(plan[child])] if plan[child] >= 0 else asked
        for pair in better:
            session = problem.pair_session[pair]
            there = plan[(plan >= 0) & (problem.pair_session[plan] == session)]
            lower = (priority[there] < priority[pair]).any()
            if len(there) < problem.capacity[session] or lower:
                blocking.append(pair)
    return blocking


def test_the_holiday_pass_is_allowed_and_stable() -> None:
    given_up = 0
    for seed in range(300):
        problem, priority, booking_ids = draw_wishes(seed)
        plan = holiday_pass(problem, priority, booking_ids)
        assert is_allowed(problem, tuple(plan.tolist())), seed
        assert blocking_pairs(problem, plan, priority, booking_ids) == [], seed
        # Without scores nobody is given up; where that differs, somebody was.
        unscored = holiday_pass(problem, np.zeros_like(priority), booking_ids)
        given_up += blocking_pairs(problem, unscored, priority, booking_ids) != []
    assert given_up > 50


def test_ours_leaves_out_no_more_children() -> None:
    fewer = 0
    for seed in range(300):
        problem, priority, booking_ids = draw_wishes(seed)
        theirs = (holiday_pass(problem, priority, booking_ids) >= 0).sum()
        ours = allocate(problem).placed.sum()
        assert ours >= theirs, seed
        fewer += ours > theirs
    assert fewer > 10


@pytest.mark.parametrize(
    ("stars", "expected"),
    [
        # Nobody has starred: the last id takes its turn first and keeps the place.
        ([0, 0, 0, 0], [0, -1, 3]),
        # The first child has starred that session: it takes the place from the last one.
        ([0, 1, 0, 0], [1, -1, -1]),
        # All have: a place is given up for a higher score only, never for an equal one.
        ([0, 1, 1, 1], [0, -1, 3]),
    ],
)
def test_a_star_wins_a_place_and_an_equal_one_does_not(
    stars: list[int], expected: list[int]
) -> None:
    problem = AllocationProblem(
        ids(3),
        [0, 0, 0],
        ids(2, 8),
        [1, 1],
        [0, 0, 1, 2],
        [0, 1, 1, 1],
        [1, 1, 1, 1],
    )
    assert holiday_pass(problem, np.array(stars), np.arange(4)).tolist() == expected
