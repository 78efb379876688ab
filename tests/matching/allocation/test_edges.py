"""Nobody, nothing, no places, and everybody after the same: all that follows goes on working."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from matching import (
    AllocationProblem,
    allocate,
    check_allocation,
    closest_pairs,
    equity,
    explain_allocation,
    first_come,
    pure_lottery,
    repair,
    second_round,
)
from tests.matching.allocation.drawing import everyone_wants
from tests.matching.allocation.oracle import best_by_highs


def nothing_to_give() -> Iterator[AllocationProblem]:
    """No children, no sessions, neither, no places; alone, as one group, with a minimum."""
    for n_children, capacity in ((0, []), (0, [3]), (4, []), (4, [0]), (4, [0, 0])):
        yield everyone_wants(n_children, capacity)
        yield everyone_wants(n_children, capacity, group=[7] * n_children)
        yield everyone_wants(n_children, capacity, minimum=[2] * len(capacity))


@pytest.mark.parametrize("problem", list(nothing_to_give()))
def test_all_that_follows_takes_nothing_to_give(problem: AllocationProblem) -> None:
    n_children = len(problem.child_ids)
    allocation = allocate(problem)
    nobody = [-1] * n_children
    assert allocation.pair_of_child.tolist() == nobody
    assert allocation.optimal
    assert set(allocation.reached) == {0}
    assert check_allocation(problem, allocation).breaches == ()
    assert len(explain_allocation(problem, allocation).pair) == len(problem.pair_child)
    assert len(closest_pairs(problem, allocation, 1)) == len(problem.pair_child)
    assert repair(problem, allocation.pair_of_child, []).pair_of_child.tolist() == nobody
    assert pure_lottery(problem).tolist() == nobody
    assert first_come(problem, list(range(n_children))).tolist() == nobody
    left = second_round(problem, problem, allocation.pair_of_child)
    assert allocate(left).pair_of_child.tolist() == nobody
    ages = {"age": ["5-11"] * n_children}
    rows = equity(problem, {"ours": allocation.pair_of_child}, ages, {})
    assert [(row.children, row.placed, row.share) for row in rows] == (
        [(n_children, 0, 0.0 if len(problem.pair_child) else None)] if n_children else []
    )


@pytest.mark.parametrize(
    ("rules", "placed"),
    [
        ({}, 5),
        # Three fours go together: only one of them has room.
        ({"group": [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]}, 4),
        ({"minimum": [5]}, 5),
        ({"minimum": [6]}, 0),
    ],
)
def test_everybody_wants_one_session(rules: dict[str, list[int]], placed: int) -> None:
    problem = everyone_wants(12, [5], **rules)
    allocation = allocate(problem)
    assert allocation.placed.sum() == placed
    assert allocation.reached == best_by_highs(problem)
    assert check_allocation(problem, allocation).breaches == ()
    refusals = explain_allocation(problem, allocation)
    assert sorted(problem.pair_child[refusals.pair]) == np.flatnonzero(~allocation.placed).tolist()
    assert (refusals.wanted == 12).all()
    assert (refusals.given == placed).all()
    # Who gives a place back makes room for somebody else, as long as nobody must come along.
    for child in np.flatnonzero(allocation.placed)[:1].tolist():
        repaired = repair(problem, allocation.pair_of_child, [child])
        others = (repaired.pair_of_child >= 0).sum()
        assert others == (placed if "group" not in rules else placed - 1)
