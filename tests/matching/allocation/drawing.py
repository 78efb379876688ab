"""Small problems drawn at random, with everything that can go wrong in them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np

from matching import AllocationProblem


def some_ids(rng: np.random.Generator, n: int) -> list[UUID]:
    """Draw distinct ids."""
    return [UUID(int=int(number)) for number in rng.permutation(1_000)[:n]]


def ids(n: int, first: int = 1) -> list[UUID]:
    """Count ids up."""
    return [UUID(int=number) for number in range(first, first + n)]


def everyone_wants(n_children: int, capacity: list[int], **changes: object) -> AllocationProblem:
    """Let every child want every session, all alike."""
    n_sessions = len(capacity)
    fields: dict[str, object] = {
        "child_ids": ids(n_children),
        "band": np.zeros(n_children, dtype=int),
        "session_ids": ids(n_sessions, 1_000),
        "capacity": capacity,
        "pair_child": np.repeat(np.arange(n_children), n_sessions),
        "pair_session": np.tile(np.arange(n_sessions), n_children),
        "pair_value": np.ones(n_children * n_sessions, dtype=int),
    }
    return AllocationProblem(**{**fields, **changes})


def draw_problem(
    seed: int, *, most_children: int = 12, most_sessions: int = 5
) -> AllocationProblem:
    """Draw a problem: often tied, often without a place, a pair, a child or a session."""
    rng = np.random.default_rng(seed)
    n_children, n_sessions = rng.integers(0, (most_children + 1, most_sessions + 1))
    possible = rng.random((n_children, n_sessions)) < rng.choice([0.2, 0.5, 1.0])
    child, session = np.nonzero(possible)
    pool_session, pool_kind = np.nonzero(rng.random((n_sessions, 2)) < 0.5)
    pool = np.full((n_sessions, 2), -1)
    pool[pool_session, pool_kind] = np.arange(len(pool_session))
    need = rng.integers(0, 3, n_children)[child]
    shuffled = rng.permutation(len(child))
    return AllocationProblem(
        child_ids=some_ids(rng, n_children),
        band=rng.integers(0, rng.integers(1, 5), n_children),
        session_ids=some_ids(rng, n_sessions),
        capacity=rng.integers(0, 4, n_sessions),
        pair_child=child[shuffled],
        pair_session=session[shuffled],
        pair_value=rng.integers(0, rng.choice([1, 3, 6, 1_000]), len(child)),
        pair_pool=np.where(need < 2, pool[session, np.minimum(need, 1)], -1)[shuffled],
        pool_session=pool_session,
        pool_kind=pool_kind,
        pool_capacity=rng.integers(0, 3, len(pool_session)),
        seed=int(rng.integers(0, 100)),
    )


def draw_bound_problem(seed: int) -> AllocationProblem:
    """Draw a problem with groups, minimum sizes or both."""
    problem = draw_problem(seed)
    rng = np.random.default_rng(seed + 1_000_000)
    n_children, n_sessions = len(problem.child_ids), len(problem.session_ids)
    group = rng.integers(0, max(1, n_children // 2), n_children)
    rules = rng.integers(1, 4)
    return replace(
        problem,
        capacity=problem.capacity + rng.integers(0, 3, n_sessions),
        group=np.where((rng.random(n_children) < 0.6) & bool(rules & 1), group, -1),
        minimum=np.where((rng.random(n_sessions) < 0.5) & bool(rules & 2), 3, 0),
    )


def shuffle(
    problem: AllocationProblem, seed: int
) -> tuple[AllocationProblem, np.ndarray, np.ndarray]:
    """Tell the same problem in another order of all rows; give where children, sessions went."""
    rng = np.random.default_rng(seed)
    children, sessions = (rng.permutation(len(p)) for p in (problem.child_ids, problem.session_ids))
    pools = rng.permutation(len(problem.pool_session))
    pairs = rng.permutation(len(problem.pair_child))
    child_at, session_at = np.argsort(children), np.argsort(sessions)
    pool_at = np.append(np.argsort(pools), -1)
    return (
        AllocationProblem(
            child_ids=[problem.child_ids[at] for at in children],
            band=problem.band[children],
            session_ids=[problem.session_ids[at] for at in sessions],
            capacity=problem.capacity[sessions],
            pair_child=child_at[problem.pair_child[pairs]],
            pair_session=session_at[problem.pair_session[pairs]],
            pair_value=problem.pair_value[pairs],
            pair_pool=pool_at[problem.pair_pool[pairs]],
            pool_session=session_at[problem.pool_session[pools]],
            pool_kind=problem.pool_kind[pools],
            pool_capacity=problem.pool_capacity[pools],
            group=problem.group[children],
            minimum=problem.minimum[sessions],
            seed=problem.seed,
        ),
        children,
        sessions,
    )
