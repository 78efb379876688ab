"""What is no problem is refused, by the name of the field."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from matching import AllocationProblem, InvalidProblem

FIELDS = {
    "child_ids": [UUID(int=1), UUID(int=2)],
    "band": [0, 1],
    "session_ids": [UUID(int=3), UUID(int=4)],
    "capacity": [1, 2],
    "pair_child": [0, 0, 1],
    "pair_session": [0, 1, 1],
    "pair_value": [5, 6, 7],
    "pair_pool": [-1, 0, -1],
    "pool_session": [1],
    "pool_kind": [9],
    "pool_capacity": [1],
}


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("child_ids", [UUID(int=1), UUID(int=1)], "child_ids"),
        ("session_ids", [UUID(int=3), UUID(int=3)], "session_ids"),
        ("band", [0], "band"),
        ("band", [0, -1], "band"),
        ("band", [0.5, 1.0], "band"),
        ("capacity", [1, -1], "capacity"),
        ("capacity", [[1, 2]], "capacity"),
        ("pair_child", [0, 0, 2], "pair_child"),
        ("pair_child", [0, 0], "pair_session"),
        ("pair_session", [1, 1, 1], "paired twice"),
        ("pair_session", [0, -1, 1], "pair_session"),
        ("pair_value", [5, 6, -7], "pair_value"),
        ("pair_value", [5, 6, 1_000_001], "pair_value"),
        ("pair_value", np.array([5, 6, 2**64 - 1], dtype=np.uint64), "pair_value"),
        ("pair_pool", [0, 0, -1], "pair_pool"),
        ("pair_pool", [-1, 1, -1], "pair_pool"),
        ("pool_session", [2], "pool_session"),
        ("pool_capacity", [-1], "pool_capacity"),
        ("group", [0, 0, 0], "group"),
        ("minimum", [0, -1], "minimum"),
        ("starts", [5, 5], "ends"),
        ("seed", -1, "seed"),
        ("seed", 2**64, "seed"),
    ],
)
def test_contradictions_are_refused(field: str, value: object, named: str) -> None:
    AllocationProblem(**FIELDS)
    with pytest.raises(InvalidProblem, match=named):
        AllocationProblem(**{**FIELDS, field: value})


def test_two_pools_of_a_session_must_differ() -> None:
    pools = {"pool_session": [1, 1], "pool_capacity": [1, 1]}
    AllocationProblem(**{**FIELDS, **pools, "pool_kind": [1, 2]})
    with pytest.raises(InvalidProblem, match="pool_kind"):
        AllocationProblem(**{**FIELDS, **pools, "pool_kind": [1, 1]})


def test_arrays_are_copied_and_read_only() -> None:
    capacity = np.array([1, 2])
    problem = AllocationProblem(**{**FIELDS, "capacity": capacity})
    capacity[0] = 9
    assert problem.capacity.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        problem.capacity[0] = 9


def test_a_group_of_one_binds_nobody() -> None:
    assert AllocationProblem(**FIELDS, group=[3, 4], minimum=[1, 0]).is_network
    assert not AllocationProblem(**FIELDS, group=[3, 3]).is_network
    assert not AllocationProblem(**FIELDS, minimum=[2, 0]).is_network


def test_some_pairs_are_the_same_problem_as_if_posed_alone() -> None:
    given: dict[str, Any] = FIELDS | {"seed": 3}
    kept = np.array([0, 2])

    some = AllocationProblem(**given).among(kept)

    pairs = {name: np.array(value)[kept] for name, value in given.items() if "pair_" in name}
    alone = AllocationProblem(**(given | pairs))
    for one in fields(AllocationProblem):
        assert np.array_equal(getattr(some, one.name), getattr(alone, one.name)), one.name
    with pytest.raises(ValueError, match="read-only"):
        some.pair_value[0] = 9
