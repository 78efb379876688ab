"""The checker catches what is wrong, however it is wrong, and passes what is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from matching import Allocation, AllocationProblem, allocate, check_allocation
from tests.matching.allocation.drawing import draw_bound_problem, draw_problem
from tests.matching.allocation.oracle import weigh

Corruption = Callable[[AllocationProblem, Allocation, np.random.Generator], Allocation | None]


def with_pairs(
    problem: AllocationProblem, allocation: Allocation, pairs: np.ndarray, *, honest: bool
) -> Allocation:
    """Change who goes where; an honest claim is told anew."""
    session = np.where(pairs >= 0, np.append(problem.pair_session, -1)[pairs], -1)
    reached = allocation.reached
    if honest:
        reached = tuple(weigh(problem)[pairs[pairs >= 0]].sum(axis=0).tolist())
    return replace(allocation, pair_of_child=pairs, session_of_child=session, reached=reached)


def some_placed(allocation: Allocation, rng: np.random.Generator) -> int | None:
    placed = np.flatnonzero(allocation.placed)
    return int(rng.choice(placed)) if len(placed) else None


def drop(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation | None:
    child = some_placed(allocation, rng)
    if child is None:
        return None
    pairs = allocation.pair_of_child.copy()
    pairs[child] = -1
    return with_pairs(problem, allocation, pairs, honest=False)


def drop_honestly(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation | None:
    dropped = drop(problem, allocation, rng)
    if dropped is None:
        return None
    return with_pairs(problem, allocation, dropped.pair_of_child, honest=True)


def drop_and_lower_the_bound(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation | None:
    dropped = drop_honestly(problem, allocation, rng)
    if dropped is None:
        return None
    prices = replace(dropped.certificate, bound=dropped.reached)
    return replace(dropped, bound=dropped.reached, certificate=prices)


def swap(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation | None:
    pairs = allocation.pair_of_child.copy()
    if len(pairs) < 2:
        return None
    one, other = rng.choice(len(pairs), 2, replace=False)
    if pairs[one] == pairs[other]:
        return None
    pairs[[one, other]] = pairs[[other, one]]
    return with_pairs(problem, allocation, pairs, honest=True)


def add(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation | None:
    waiting = np.flatnonzero(~allocation.placed[problem.pair_child])
    if not len(waiting):
        return None
    pairs = allocation.pair_of_child.copy()
    pair = rng.choice(waiting)
    pairs[problem.pair_child[pair]] = pair
    return with_pairs(problem, allocation, pairs, honest=True)


def move(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation | None:
    """Give a child another of its places and claim the same."""
    now = allocation.pair_of_child[problem.pair_child]
    others = np.flatnonzero((now >= 0) & (now != np.arange(len(now))))
    if not len(others):
        return None
    pairs = allocation.pair_of_child.copy()
    pair = rng.choice(others)
    pairs[problem.pair_child[pair]] = pair
    moved = with_pairs(problem, allocation, pairs, honest=False)
    honest = with_pairs(problem, moved, pairs, honest=True)
    # Equal in everything and allowed: then it is as good, and nothing is wrong.
    return None if moved.reached == honest.reached else moved


def mislabel(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation | None:
    session = allocation.session_of_child.copy()
    if not len(session) or len(problem.session_ids) < 2:
        return None
    child = rng.integers(len(session))
    session[child] = (session[child] + 1) % len(problem.session_ids)
    return replace(allocation, session_of_child=session)


def invent_a_pair(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation | None:
    if not len(allocation.pair_of_child):
        return None
    pairs = allocation.pair_of_child.copy()
    pairs[rng.integers(len(pairs))] = len(problem.pair_child)
    return replace(allocation, pair_of_child=pairs)


def claim_more(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation:
    words = list(allocation.reached)
    words[rng.integers(len(words))] += 1
    prices = replace(allocation.certificate, bound=tuple(words))
    return replace(allocation, reached=tuple(words), bound=tuple(words), certificate=prices)


def raise_the_bound(
    problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
) -> Allocation:
    words = list(allocation.bound)
    words[rng.integers(len(words))] += 1
    return replace(allocation, bound=tuple(words))


def bend(
    field: str, by: int
) -> Callable[[AllocationProblem, Allocation, np.random.Generator], Allocation | None]:
    def corrupt(
        problem: AllocationProblem, allocation: Allocation, rng: np.random.Generator
    ) -> Allocation | None:
        prices = getattr(allocation.certificate, field).copy()
        # A price of places that nobody could fill adds nothing to the bound.
        counted = {
            "session_prices": problem.capacity * len(problem.child_ids),
            "pool_prices": problem.pool_capacity * len(problem.child_ids),
            "keeps": np.ones(len(problem.child_ids)),
        }[field]
        rows = np.flatnonzero(counted > 0)
        if not len(rows):
            return None
        prices[rng.choice(rows), rng.integers(prices.shape[1])] += by
        return replace(allocation, certificate=replace(allocation.certificate, **{field: prices}))

    corrupt.__name__ = f"{field} {by:+}"
    return corrupt


CORRUPTIONS = [
    drop,
    drop_honestly,
    drop_and_lower_the_bound,
    swap,
    add,
    move,
    mislabel,
    invent_a_pair,
    claim_more,
    raise_the_bound,
    *(bend(field, by) for field in ("session_prices", "pool_prices", "keeps") for by in (-1, 1)),
    bend("keeps", 2**62),
]


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda one: one.__name__)
def test_a_corrupted_allocation_is_not_proved(corrupt: Corruption) -> None:
    tried = 0
    for seed in range(150):
        problem = draw_problem(seed)
        allocation = allocate(problem)
        corrupted = corrupt(problem, allocation, np.random.default_rng(seed))
        if corrupted is None:
            continue
        tried += 1
        verdict = check_allocation(problem, corrupted)
        assert not verdict.proved, seed
        # What is told honestly is worse, not wrong; all else is named.
        assert verdict.breaches or corrupt is drop_honestly, seed
    assert tried > 30


@pytest.mark.parametrize("part", ["group", "minimum"])
def test_parted_groups_and_too_small_sessions_are_caught(part: str) -> None:
    caught = 0
    for seed in range(200):
        bound = draw_bound_problem(seed)
        without = replace(bound, **{part: []})
        loose = allocate(without)
        if check_allocation(bound, replace(loose, method="integer_programme")).breaches == ():
            continue
        breaches = check_allocation(bound, loose).breaches
        caught += any("parted" in one or "minimum" in one for one in breaches)
    assert caught > 20


def test_too_many_in_a_pool_are_caught() -> None:
    caught = 0
    for seed in range(200):
        problem = draw_problem(seed)
        loose = allocate(replace(problem, pool_capacity=problem.pool_capacity + 3))
        breaches = check_allocation(problem, loose).breaches
        caught += "a pool gives more supported places than it has" in breaches
    assert caught > 10


def test_another_seed_does_not_pass() -> None:
    caught = tried = 0
    for seed in range(60):
        problem = draw_problem(seed)
        if len(problem.pair_child) < 5:
            continue
        tried += 1
        other = replace(problem, seed=problem.seed + 1)
        caught += not check_allocation(other, allocate(problem)).proved
    assert caught > 0.7 * tried


def test_wrong_shapes_and_names_are_caught() -> None:
    problem = draw_problem(3)
    allocation = allocate(problem)
    prices = allocation.certificate
    for wrong in (
        replace(allocation, pair_of_child=allocation.pair_of_child[1:]),
        replace(allocation, pair_of_child=allocation.pair_of_child.astype(float)),
        replace(allocation, reached=allocation.reached[1:]),
        replace(allocation, level_names=("placed", *allocation.level_names[:0:-1])),
        replace(allocation, certificate=replace(prices, keeps=prices.keeps[:, 1:])),
        replace(allocation, certificate=replace(prices, bound=prices.bound[1:])),
        replace(allocation, method="integer_programme"),
    ):
        assert check_allocation(problem, wrong).breaches
    assert check_allocation(problem, allocation).proved
