"""Simpler plans keep the rules, never serve more, and are counted as they are."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from matching import (
    AllocationProblem,
    InvalidProblem,
    allocate,
    equity,
    first_come,
    pure_lottery,
)
from tests.matching.allocation.drawing import draw_bound_problem, draw_problem
from tests.matching.allocation.oracle import is_allowed


@pytest.mark.parametrize("draw", [draw_problem, draw_bound_problem])
def test_simpler_plans_are_allowed_and_never_serve_more(draw: object) -> None:
    fewer = 0
    for seed in range(200):
        problem = draw(seed)
        order = np.random.default_rng(seed).permutation(len(problem.child_ids)).tolist()
        most = allocate(problem).placed.sum()
        for plan in (first_come(problem, order), pure_lottery(problem)):
            assert is_allowed(problem, tuple(plan.tolist())), seed
            assert (plan >= 0).sum() <= most
            fewer += (plan >= 0).sum() < most
    assert fewer > 10


def contest() -> AllocationProblem:
    """Three children in turn: the first two want the same place, the third is left one."""
    ids = [UUID(int=n) for n in range(1, 6)]
    return AllocationProblem(
        ids[:3], [0, 0, 0], ids[3:], [1, 1], [0, 0, 1, 2], [0, 1, 0, 0], [9, 3, 9, 9]
    )


def test_who_comes_first_takes_the_best() -> None:
    assert first_come(contest(), [0, 1, 2]).tolist() == [0, -1, -1]
    assert first_come(contest(), [2, 1, 0]).tolist() == [1, -1, 3]
    assert allocate(contest()).placed.sum() == 2


def test_an_order_must_name_each_child_once() -> None:
    for order in ([0, 1], [0, 1, 1], [0, 1, 3]):
        with pytest.raises(InvalidProblem, match="order"):
            first_come(contest(), order)


def test_the_pure_lottery_is_the_drawn_order() -> None:
    drawn = np.argsort(contest().child_position).tolist()
    assert pure_lottery(contest()).tolist() == first_come(contest(), drawn).tolist()


def test_equity_counts_each_child_once_a_dimension() -> None:
    problem = contest()
    rows = equity(
        problem,
        {"ours": allocate(problem).pair_of_child, "first": first_come(problem, [0, 1, 2])},
        {"age": ["5-11", "0-4", "5-11"]},
        {"setting": ["universal", "specialist"]},
    )
    told = [
        (row.dimension, row.group, row.plan, row.children, row.asked, row.placed, row.value)
        for row in rows
    ]
    ours = allocate(problem).placed.tolist()
    assert told[1] == ("age", "0-4", "first", 1, 1, 0, 0)
    assert told[3] == ("age", "5-11", "first", 2, 2, 1, 9)
    assert told[0][5] + told[2][5] == sum(ours) == 2
    assert told[4:] == [
        ("setting", "specialist", "ours", 1, 1, 1, 3),
        ("setting", "specialist", "first", 1, 1, 0, 0),
        ("setting", "universal", "ours", 3, 3, 1, 9),
        ("setting", "universal", "first", 3, 3, 1, 9),
    ]
    assert rows[3].share == 0.5
    assert rows[3].mean_value == 9.0
    assert rows[1].mean_value is None


def test_labels_must_be_as_many_as_what_they_label() -> None:
    problem = contest()
    with pytest.raises(InvalidProblem, match="age"):
        equity(problem, {}, {"age": ["5-11"]}, {})
    with pytest.raises(InvalidProblem, match="plan"):
        equity(problem, {"short": np.array([-1])}, {}, {})
