"""Give the places out: as many children as possible, the longest waiting first, and so on."""

from __future__ import annotations

import numpy as np

from matching.allocation.lexicographic import solve_levels
from matching.allocation.network import Mask, Network, build_network
from matching.allocation.problem import NONE, AllocationProblem, Integers
from matching.allocation.result import INTEGER_PROGRAMME, NETWORK, Allocation, Certificate
from matching.allocation.together import solve_together


def allocate(
    problem: AllocationProblem,
    *,
    lottery: bool = True,
    time_limit_s: float = 60.0,
    promising: Mask | None = None,
) -> Allocation:
    """Give each child at most one place, in the best way that there is.

    Parameters
    ----------
    problem : AllocationProblem
    lottery : bool
        Whether the lottery decides between what is equal in value. Without it the two levels of
        the lottery are left out, and some allocation that is best on the others comes out.
    time_limit_s : float
        For the integer programmes, where children go together or sessions need a minimum.
    promising : ndarray of shape (n_pairs,), bool, or None
        Pairs among which to begin, such as `closest_pairs` of a problem much the same: that only
        saves time. None: each child's most valued ones.

    Returns
    -------
    Allocation
        With prices that prove its bound.

    Raises
    ------
    InvalidProblem
        When the numbers are too large for exact integers.

    Notes
    -----
    Best is compared level by level; the first that differs decides:

    1. how many children have a place,
    2. how many of each waiting band have one, the longest waiting first,
    3. the sum of the values of the places given,
    4. the lottery: of n children, the child drawn first has n points, the last 1; the sum of the
       points of the children who have a place,
    5. the choice: the sum of points times value over the places given.

    Where nobody must go together and no session needs a minimum, levels 1, 2 and 4 could as well
    be told one child at a time: who is served is the best there is, compared in the order of
    bands and, after value, in the order drawn; see README.md. That is solved exactly (min-cost
    flows restricted level by level, all in 64-bit integers that provably do not overflow), as is
    the rest whenever `Allocation.optimal`. The result depends on the numbers, the ids and the
    seed, never on the order of rows.
    """
    network = build_network(problem, lottery=lottery)
    proved = None
    if problem.is_network:
        start = None if promising is None else promising[network.pair]
        used, prices, keeps = solve_levels(network, start)
    else:
        used, prices, keeps, proved = solve_together(problem, network, time_limit_s=time_limit_s)
    certificate = _certify(network, prices, keeps)
    chosen = network.pair[used]
    pair_of_child = np.full(network.n_children, NONE)
    pair_of_child[problem.pair_child[chosen]] = chosen
    session_of_child = np.full(network.n_children, NONE)
    session_of_child[problem.pair_child[chosen]] = problem.pair_session[chosen]
    return Allocation(
        pair_of_child=pair_of_child,
        session_of_child=session_of_child,
        level_names=tuple(level.name for level in network.levels),
        reached=tuple(int(level.weights[used].sum()) for level in network.levels),
        bound=certificate.bound if proved is None else proved,
        method=NETWORK if problem.is_network else INTEGER_PROGRAMME,
        certificate=certificate,
    )


def _certify(network: Network, prices: Integers, keeps: Integers) -> Certificate:
    """Put the prices in the order of the problem, and sum up what they bound."""
    session = prices[: network.n_sessions]
    pool = prices[network.n_sessions :] - session[network.pool_session]
    bound = keeps.sum(axis=0) + network.capacity @ session + network.pool_capacity @ pool
    return Certificate(
        session_prices=session[network.session_position],
        pool_prices=pool[network.pool_position],
        keeps=keeps[network.child_position],
        bound=tuple(bound.tolist()),
    )
