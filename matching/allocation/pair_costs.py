"""What each pair would cost at an allocation's prices: nothing where it is given, never a gain."""

from __future__ import annotations

import numpy as np

from matching.allocation.network import Mask, build_network
from matching.allocation.problem import NONE, AllocationProblem, Integers
from matching.allocation.result import Allocation

# More than any level's cost that is told apart.
_MOST_COST = 2**40


def first_costs(problem: AllocationProblem, allocation: Allocation) -> tuple[Integers, Integers]:
    """Find the first level on which each pair costs, and what it costs there.

    Parameters
    ----------
    problem : AllocationProblem
    allocation : Allocation
        Of the problem.

    Returns
    -------
    levels : ndarray of shape (n_pairs,), int64
        Positions in `Allocation.level_names`; the first level of the lottery for pairs that cost
        nothing on those before it.
    costs : ndarray of shape (n_pairs,), int64
        What the child keeps, and the price of the place, beyond what the pair is worth.

    Notes
    -----
    O(n_pairs * n_levels).
    """
    network, certificate = build_network(problem, lottery=False), allocation.certificate
    session, pool = problem.pair_session[network.pair], problem.pair_pool[network.pair]
    child, drawn = problem.pair_child[network.pair], pool != NONE
    found = np.full((2, len(pool)), len(network.levels))
    found[1] = 0
    for level in reversed(range(len(network.levels))):
        cost = certificate.keeps[child, level] + certificate.session_prices[session, level]
        cost[drawn] += certificate.pool_prices[pool[drawn], level]
        cost -= network.levels[level].weights
        costs = cost != 0
        found[0][costs], found[1][costs] = level, cost[costs]
    ordered = np.empty_like(found)
    ordered[:, network.pair] = found
    return ordered[0], ordered[1]


def closest_pairs(problem: AllocationProblem, allocation: Allocation, count: int) -> Mask:
    """Find the pairs that come closest to being given, the given ones among them.

    Parameters
    ----------
    problem : AllocationProblem
    allocation : Allocation
        Of the problem.
    count : int
        How many; more where the last of them costs as much as others.

    Returns
    -------
    ndarray of shape (n_pairs,), bool

    Notes
    -----
    Compared by the last levels first: what costs a place in number is farthest. O(n log n) for n
    pairs.
    """
    levels, costs = first_costs(problem, allocation)
    if count >= len(levels):
        return np.ones(len(levels), dtype=bool)
    far = (len(allocation.level_names) - levels) * _MOST_COST + np.minimum(costs, _MOST_COST - 1)
    near: Mask = far <= np.sort(far)[max(0, count - 1)]
    near[allocation.pair_of_child[allocation.placed]] = True
    return near
