"""Exact on every level, whatever the problem, and the same whatever the order of its rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matching import (
    Allocation,
    AllocationProblem,
    allocate,
    check_allocation,
    closest_pairs,
)
from tests.matching.allocation.drawing import (
    draw_bound_problem,
    draw_problem,
    everyone_wants,
    ids,
    shuffle,
)
from tests.matching.allocation.oracle import (
    best_by_highs,
    best_by_trying,
    every_allocation,
    weigh,
)


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_a_network_is_solved_as_well_as_by_highs(start: int) -> None:
    for seed in range(start, start + 50):
        problem = draw_problem(seed)
        allocation = allocate(problem)
        assert allocation.reached == best_by_highs(problem), seed
        assert allocation.optimal
        assert check_allocation(problem, allocation).proved, seed


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_groups_and_minimum_sizes_are_solved_as_well_as_by_highs(start: int) -> None:
    for seed in range(start, start + 50):
        problem = draw_bound_problem(seed)
        allocation = allocate(problem)
        assert allocation.reached == best_by_highs(problem), seed
        assert allocation.optimal
        assert check_allocation(problem, allocation).breaches == (), seed


@pytest.mark.parametrize("draw", [draw_problem, draw_bound_problem])
def test_nothing_better_is_found_by_trying_everything(draw: object) -> None:
    tried = 0
    for seed in range(400):
        problem = draw(seed)
        if (np.bincount(problem.pair_child) + 1).astype(float).prod() > 2_000:
            continue
        tried += 1
        assert allocate(problem).reached == best_by_trying(problem), seed
    assert tried > 30


def test_who_is_served_is_the_best_told_one_child_at_a_time() -> None:
    # The theorem of matching/README.md, on what can be tried in full.
    tried = 0
    for seed in range(300):
        problem = draw_problem(seed, most_children=5, most_sessions=3)
        if not len(problem.pair_child):
            continue
        tried += 1
        band, drawn = problem.band, np.argsort(problem.child_position)
        weights = weigh(problem)
        bands = np.unique(band)

        def by_band(
            pairs: tuple[int, ...], band: np.ndarray = band, bands: np.ndarray = bands
        ) -> list[int]:
            placed = np.array(pairs) >= 0
            return [int((placed & (band == one)).sum()) for one in bands]

        def value(pairs: tuple[int, ...], weights: np.ndarray = weights) -> int:
            return int(weights[[pair for pair in pairs if pair >= 0], -3].sum())

        allocation = allocate(problem)
        reached = tuple(allocation.pair_of_child.tolist())
        every = list(every_allocation(problem))
        # The longest waiting first and as many as possible are reached by the same children.
        assert by_band(reached) == max(map(by_band, every))
        assert sum(by_band(reached)) == max(sum(by_band(pairs)) for pairs in every)
        # Among what is equal so far, the child drawn first is served if it can be, and so on.
        rank = (by_band(reached), value(reached))
        equal = [pairs for pairs in every if (by_band(pairs), value(pairs)) == rank]
        served = [tuple((np.array(pairs) >= 0)[drawn].tolist()) for pairs in equal]
        assert tuple(allocation.placed[drawn].tolist()) == max(served), seed
    assert tried > 150


@pytest.mark.parametrize("draw", [draw_problem, draw_bound_problem])
def test_the_order_of_rows_changes_nothing(draw: object) -> None:
    for seed in range(60):
        problem = draw(seed)
        other, children, sessions = shuffle(problem, seed)
        before, after = allocate(problem), allocate(other)
        where = np.append(sessions, -1)[after.session_of_child]
        assert (where == before.session_of_child[children]).all(), seed
        assert after.reached == before.reached
        for one, two, order in (
            (before.certificate.session_prices, after.certificate.session_prices, sessions),
            (before.certificate.keeps, after.certificate.keeps, children),
        ):
            assert (two == one[order]).all(), seed


def test_other_ids_change_nothing_but_the_draw() -> None:
    other_draws = 0
    for seed in range(120):
        problem = draw_problem(seed)
        renamed = replace(
            problem,
            child_ids=ids(len(problem.child_ids), 5_000)[::-1],
            session_ids=ids(len(problem.session_ids), 9_000)[::-1],
        )
        before, after = allocate(problem), allocate(renamed)
        assert after.level_names == before.level_names
        assert after.reached[:-2] == before.reached[:-2], seed
        prices = (one.certificate.session_prices[:, :-2] for one in (before, after))
        assert np.array_equal(*prices), seed
        other_draws += (after.session_of_child != before.session_of_child).any()
    assert other_draws > 10


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_draw() -> None:
    def bytes_of(allocation: Allocation) -> bytes:
        prices = allocation.certificate
        return allocation.pair_of_child.tobytes() + prices.session_prices.tobytes()

    problem = everyone_wants(40, [10])
    first = allocate(problem)
    assert bytes_of(first) == bytes_of(allocate(replace(problem)))
    draws = {bytes_of(allocate(replace(problem, seed=seed))) for seed in range(10)}
    assert len(draws) == 10


def test_the_lottery_is_even() -> None:
    won = np.zeros(10)
    for seed in range(400):
        won += allocate(everyone_wants(10, [3], seed=seed)).placed
    assert won.sum() == 1_200
    # Each wins 120 times on average, with a standard deviation of 9.2.
    assert won.min() > 80
    assert won.max() < 160


def test_the_lottery_does_not_depend_on_who_else_takes_part() -> None:
    many, few = everyone_wants(30, [5]), everyone_wants(20, [5])
    order = np.argsort(many.child_position)
    assert order[order < 20].tolist() == np.argsort(few.child_position).tolist()


def test_all_want_one_session_and_the_longest_waiting_get_it() -> None:
    problem = everyone_wants(12, [4], band=[2, 1, 0] * 4)
    allocation = allocate(problem)
    assert np.flatnonzero(allocation.placed).tolist() == [2, 5, 8, 11]
    assert allocation.reached[:3] == (4, 4, 0)


def test_who_is_served_comes_before_value() -> None:
    # The second child can only take the first session: the first must leave it, at a loss.
    problem = AllocationProblem(
        ids(2), [0, 3], ids(2, 1_000), [1, 1], [0, 0, 1], [0, 1, 0], [1_000_000, 0, 0]
    )
    allocation = allocate(problem)
    assert allocation.session_of_child.tolist() == [1, 0]
    assert dict(zip(allocation.level_names, allocation.reached, strict=True))["value"] == 0


def test_a_price_is_what_one_more_place_is_worth() -> None:
    compared = 0
    for seed in range(150):
        problem = draw_problem(seed, most_children=9)
        before = allocate(problem)
        for session in range(len(problem.session_ids)):
            more = problem.capacity + (np.arange(len(problem.capacity)) == session)
            after = allocate(replace(problem, capacity=more))
            gain = np.array(after.reached) - before.reached
            assert (gain == before.certificate.session_prices[session]).all(), (seed, session)
            compared += gain.any()
    assert compared > 50


def test_many_bands_and_large_values_stay_exact() -> None:
    # More levels than fit into one weight, so that several networks are solved in turn.
    for seed in range(20):
        rng = np.random.default_rng(seed)
        problem = draw_problem(seed, most_children=14)
        problem = replace(
            problem,
            band=rng.permutation(len(problem.child_ids)),
            pair_value=rng.integers(999_990, 1_000_001, len(problem.pair_child)),
        )
        allocation = allocate(problem)
        assert allocation.reached == best_by_highs(problem), seed
        assert check_allocation(problem, allocation).proved


def test_without_the_lottery_two_levels_are_left_out() -> None:
    problem = draw_problem(5)
    allocation = allocate(problem, lottery=False)
    assert allocation.level_names == allocate(problem).level_names[:-2]
    assert allocation.reached == allocate(problem).reached[:-2]
    assert check_allocation(problem, allocation).proved


def test_out_of_time_says_what_is_not_proved() -> None:
    open_gaps = 0
    for seed in range(150):
        problem = draw_bound_problem(seed)
        allocation = allocate(problem, time_limit_s=0.0)
        best = best_by_highs(problem)
        assert check_allocation(problem, allocation).breaches == (), seed
        assert allocation.reached <= best <= allocation.bound, seed
        if allocation.gap is not None:
            open_gaps += 1
            assert allocation.gap[1] > 0
            assert allocation.gap[0] in allocation.level_names
    assert open_gaps > 10


def test_where_the_search_begins_changes_nothing() -> None:
    for seed in range(80):
        problem = draw_problem(seed, most_children=30, most_sessions=8)
        expected = allocate(problem)
        draw = np.random.default_rng(seed)
        for share in (0.0, 0.3, 1.0):
            some = draw.random(len(problem.pair_child)) < share
            found = allocate(problem, promising=some)
            assert found.reached == expected.reached
            assert check_allocation(problem, found).proved
        near = closest_pairs(problem, expected, len(problem.child_ids))
        assert near[expected.pair_of_child[expected.placed]].all()
        assert allocate(problem, promising=near).reached == expected.reached


def test_closest_pairs_leave_out_what_costs_most() -> None:
    for seed in range(40):
        problem = draw_problem(seed, most_children=30, most_sessions=8)
        allocation = allocate(problem)
        prices, pools = allocation.certificate.session_prices, allocation.certificate.pool_prices
        keeps, n_levels = allocation.certificate.keeps, allocation.level_names.index("value") + 1
        costs = []
        for pair, value in enumerate(problem.pair_value.tolist()):
            child, pool = problem.pair_child[pair], problem.pair_pool[pair]
            row = keeps[child] + prices[problem.pair_session[pair]]
            row = row + (pools[pool] if pool >= 0 else 0)
            band = int(problem.band[child])
            worth = [1, *(band == int(n[5:]) for n in allocation.level_names if "band" in n), value]
            costs.append(tuple((row[:n_levels] - worth).tolist()))
        near = closest_pairs(problem, allocation, len(costs) // 3)
        zero = (0,) * n_levels
        assert all(cost >= zero for cost in costs)
        inside = [cost for cost, kept in zip(costs, near, strict=True) if kept]
        outside = [cost for cost, kept in zip(costs, near, strict=True) if not kept]
        assert len(inside) >= len(costs) // 3

        # What is given costs nothing, so it comes first anyway.
        assert not outside or max(map(distance, inside)) < min(map(distance, outside))


def distance(cost: tuple[int, ...]) -> tuple[int, int]:
    """Tell how far a pair is: by the first level on which it costs, the later the nearer."""
    first = next((at for at, paid in enumerate(cost) if paid), len(cost))
    return -first, cost[first] if first < len(cost) else 0
