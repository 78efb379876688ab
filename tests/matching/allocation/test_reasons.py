"""Every choice that was not met has a row, and its counts are those of who got the place."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np

from matching import REFUSAL_CAUSES, AllocationProblem, allocate, explain_allocation
from tests.matching.allocation.drawing import draw_bound_problem, draw_problem
from tests.matching.allocation.oracle import weigh


def test_counts_are_those_of_who_got_the_place() -> None:
    rows = 0
    for seed in range(150):
        problem = draw_problem(seed)
        allocation = allocate(problem)
        refusals = explain_allocation(problem, allocation)
        position = problem.child_position.tolist()
        expected = []
        for pair in range(len(problem.pair_child)):
            child, value = int(problem.pair_child[pair]), int(problem.pair_value[pair])
            own = int(allocation.pair_of_child[child])
            if own < 0 or problem.pair_value[own] < value:
                expected.append(pair)
        assert sorted(refusals.pair.tolist()) == expected
        for row, pair in enumerate(refusals.pair.tolist()):
            child, session = int(problem.pair_child[pair]), int(problem.pair_session[pair])
            support = REFUSAL_CAUSES[refusals.cause[row]] == "support"
            assert support or REFUSAL_CAUSES[refusals.cause[row]] == "places"
            pool = problem.pair_pool[pair]
            of_unit = problem.pair_pool == pool if support else problem.pair_session == session
            got = [int(one) for one in allocation.pair_of_child if one >= 0 and of_unit[one]]
            places = problem.pool_capacity[pool] if support else problem.capacity[session]
            # In a network there is no better place left for anybody.
            assert len(got) == places == refusals.places[row] == refusals.given[row]
            assert refusals.wanted[row] == of_unit.sum()
            mine = (problem.band[child], -problem.pair_value[pair], position[child])
            theirs = [
                (problem.band[c], -problem.pair_value[one], position[c])
                for one in got
                for c in [int(problem.pair_child[one])]
            ]
            counts = [sum(other[:n] < mine[:n] for other in theirs) for n in (1, 2, 3)]
            assert refusals.longer_wait[row] == counts[0]
            assert refusals.higher_value[row] == counts[1] - counts[0]
            assert refusals.luckier[row] == counts[2] - counts[1]
            assert refusals.needed_it[row] == len(got) - counts[2]
            rows += 1
    assert rows > 500


def test_what_decided_is_what_solving_again_with_the_place_given_costs() -> None:
    compared: dict[str, int] = {}
    for seed in range(150):
        problem = draw_problem(seed, most_children=8, most_sessions=4)
        before = allocate(problem)
        refusals = explain_allocation(problem, before)
        weights = weigh(problem)
        for row, pair in enumerate(refusals.pair.tolist()):
            child, session = problem.pair_child[pair], problem.pair_session[pair]
            capacity, pools = problem.capacity.copy(), problem.pool_capacity.copy()
            capacity[session] -= 1
            if problem.pair_pool[pair] >= 0:
                pools[problem.pair_pool[pair]] -= 1
            level = int(refusals.decided_by[row])
            if capacity[session] < 0 or (pools < 0).any():
                assert level == -1
                continue
            others = problem.pair_child != child
            rest = replace(
                problem,
                capacity=capacity,
                pool_capacity=pools,
                pair_child=problem.pair_child[others],
                pair_session=problem.pair_session[others],
                pair_value=problem.pair_value[others],
                pair_pool=problem.pair_pool[others],
            )
            loss = np.array(before.reached) - allocate(rest).reached - weights[pair]
            name = before.level_names[level]
            assert name == before.level_names[min(np.flatnonzero(loss)[0], len(loss) - 2)], seed
            assert loss[np.flatnonzero(loss)[0]] > 0
            compared[name] = compared.get(name, 0) + 1
    assert min(compared[name] for name in ("placed", "band_0", "value", "lottery")) > 5, compared


def contest(**changes: object) -> AllocationProblem:
    """Two children, one place."""
    fields: dict[str, object] = {
        "child_ids": [UUID(int=1), UUID(int=2)],
        "band": [0, 0],
        "session_ids": [UUID(int=3)],
        "capacity": [1],
        "pair_child": [0, 1],
        "pair_session": [0, 0],
        "pair_value": [5, 5],
    }
    return AllocationProblem(**{**fields, **changes})


def decided(problem: AllocationProblem) -> str:
    allocation = allocate(problem)
    refusals = explain_allocation(problem, allocation)
    assert len(refusals.child) == 1
    return allocation.level_names[refusals.decided_by[0]]


def test_the_level_that_decided_is_named() -> None:
    assert decided(contest(band=[1, 0])) == "band_0"
    assert decided(contest(pair_value=[5, 6])) == "value"
    assert decided(contest()) == "lottery"
    # The first child gave its better place up, as the second could only take that one.
    left = contest(
        session_ids=[UUID(int=3), UUID(int=4)],
        capacity=[1, 1],
        pair_child=[0, 0, 1],
        pair_session=[0, 1, 0],
        pair_value=[9, 1, 1],
    )
    assert decided(left) == "placed"
    refusals = explain_allocation(left, allocate(left))
    assert (refusals.child[0], refusals.needed_it[0]) == (0, 1)


def test_short_support_is_told_from_short_places() -> None:
    problem = contest(
        capacity=[5], pair_pool=[0, 0], pool_session=[0], pool_kind=[1], pool_capacity=[1]
    )
    refusals = explain_allocation(problem, allocate(problem))
    assert REFUSAL_CAUSES[refusals.cause[0]] == "support"
    assert (refusals.places[0], refusals.wanted[0], refusals.luckier[0]) == (1, 2, 1)


def test_groups_and_minimum_sizes_are_named_as_causes() -> None:
    small = contest(capacity=[5], minimum=[3])
    refusals = explain_allocation(small, allocate(small))
    assert [REFUSAL_CAUSES[cause] for cause in refusals.cause] == ["minimum", "minimum"]
    pair = contest(group=[1, 1], capacity=[1])
    refusals = explain_allocation(pair, allocate(pair))
    assert [REFUSAL_CAUSES[cause] for cause in refusals.cause] == ["together", "together"]
    for seed in range(100):
        problem = draw_bound_problem(seed)
        refusals = explain_allocation(problem, allocate(problem))
        counts = (
            refusals.longer_wait + refusals.higher_value + refusals.luckier + refusals.needed_it
        )
        assert (counts == refusals.given).all()
        assert (refusals.needed_it >= 0).all()


def test_everybody_content_leaves_nothing_to_explain() -> None:
    problem = replace(contest(), capacity=[2])
    assert len(explain_allocation(problem, allocate(problem)).child) == 0
    assert np.array_equal(allocate(problem).placed, [True, True])
