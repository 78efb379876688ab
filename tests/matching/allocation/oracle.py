"""The objective once more, by HiGHS and by trying everything: slow, and written on its own."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from matching import AllocationProblem


def weigh(problem: AllocationProblem) -> np.ndarray:
    """Weigh each pair on each level."""
    key = problem.seed.to_bytes(8, "big")

    def drawn(child: int) -> bytes:
        content = problem.child_ids[child].bytes
        return blake2b(content, digest_size=16, key=key, person=b"child").digest()

    order = sorted(range(len(problem.child_ids)), key=drawn)
    points = {child: len(order) - place for place, child in enumerate(order)}
    bands = sorted(set(problem.band.tolist()))[:-1]
    rows = [
        [
            1,
            *(int(problem.band[child] == band) for band in bands),
            value,
            points[child],
            points[child] * value,
        ]
        for child, value in zip(
            problem.pair_child.tolist(), problem.pair_value.tolist(), strict=True
        )
    ]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(bands) + 4)


def best_by_highs(problem: AllocationProblem) -> tuple[int, ...]:
    """Solve level after level as one integer programme of pairs and sessions that run."""
    weights = weigh(problem)
    n_pairs, n_sessions = len(weights), len(problem.session_ids)
    if not n_pairs:
        return (0,) * weights.shape[1]
    n_columns = n_pairs + n_sessions

    def count(of_pair: np.ndarray, n_rows: int) -> csr_array:
        pairs = np.flatnonzero(of_pair >= 0)
        ones = np.ones(len(pairs))
        return csr_array((ones, (of_pair[pairs], pairs)), shape=(n_rows, n_columns))

    load = count(problem.pair_session, n_sessions).toarray()
    runs = np.hstack((np.zeros((n_sessions, n_pairs)), np.eye(n_sessions)))
    rules = [
        LinearConstraint(count(problem.pair_child, len(problem.child_ids)), -np.inf, 1),
        LinearConstraint(load, -np.inf, problem.capacity),
        LinearConstraint(load - problem.minimum[:, None] * runs, 0, np.inf),
        LinearConstraint(load - problem.capacity[:, None] * runs, -np.inf, 0),
    ]
    if len(problem.pool_session):
        pools = count(problem.pair_pool, len(problem.pool_session))
        rules.append(LinearConstraint(pools, -np.inf, problem.pool_capacity))
    rules += [LinearConstraint(row[None], 0, 0) for row in _together(problem, n_columns)]
    best = []
    for level in range(weights.shape[1]):
        objective = np.append(weights[:, level], np.zeros(n_sessions))
        answer = milp(
            -objective,
            integrality=np.ones(n_columns),
            bounds=Bounds(0, 1),
            constraints=rules,
            options={"mip_rel_gap": 0.0},
        )
        reached = int(weights[:, level] @ np.rint(answer.x[:n_pairs]).astype(np.int64))
        rules.append(LinearConstraint(objective[None], reached - 0.5, np.inf))
        best.append(reached)
    return tuple(best)


def _together(problem: AllocationProblem, n_columns: int) -> Iterator[np.ndarray]:
    """Give one equation for each session and each member but the first."""
    for group in set(problem.group.tolist()) - {-1}:
        first, *others = np.flatnonzero(problem.group == group).tolist()
        for session, other in product(range(len(problem.session_ids)), others):
            row = np.zeros(n_columns)
            here = problem.pair_session == session
            row[np.flatnonzero(here & (problem.pair_child == first))] = 1
            row[np.flatnonzero(here & (problem.pair_child == other))] = -1
            yield row


def every_allocation(problem: AllocationProblem) -> Iterator[tuple[int, ...]]:
    """List all that is allowed: a pair or -1 for each child."""
    ways = [
        [-1, *np.flatnonzero(problem.pair_child == child).tolist()]
        for child in range(len(problem.child_ids))
    ]
    for pairs in product(*ways):
        if is_allowed(problem, pairs):
            yield pairs


def is_allowed(problem: AllocationProblem, pairs: tuple[int, ...]) -> bool:
    """Judge one allocation, rule by rule."""
    given = [pair for pair in pairs if pair >= 0]
    for session, (places, minimum) in enumerate(
        zip(problem.capacity.tolist(), problem.minimum.tolist(), strict=True)
    ):
        taken = sum(problem.pair_session[pair] == session for pair in given)
        if taken > places or 0 < taken < minimum:
            return False
    for pool, places in enumerate(problem.pool_capacity.tolist()):
        if sum(problem.pair_pool[pair] == pool for pair in given) > places:
            return False
    where = [problem.pair_session[pair] if pair >= 0 else -1 for pair in pairs]
    return all(
        len({where[child] for child in np.flatnonzero(problem.group == group)}) == 1
        for group in set(problem.group.tolist()) - {-1}
    )


def best_by_trying(problem: AllocationProblem) -> tuple[int, ...]:
    """Try every allocation."""
    weights = weigh(problem)
    return max(
        tuple(weights[[pair for pair in pairs if pair >= 0]].sum(axis=0).tolist())
        for pairs in every_allocation(problem)
    )
