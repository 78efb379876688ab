"""What it would cost all the others to give one child one more place: exact, by exchanges."""

from __future__ import annotations

import numpy as np

from matching.allocation.network import Mask
from matching.allocation.pair_costs import first_costs
from matching.allocation.problem import NONE, AllocationProblem, Integers
from matching.allocation.result import Allocation


def first_losses(problem: AllocationProblem, allocation: Allocation, pairs: Integers) -> Integers:
    """Find the first level on which giving a pair would cost more than it brings.

    Parameters
    ----------
    problem : AllocationProblem
    allocation : Allocation
        Of the problem, which is a network, and the best there is.
    pairs : ndarray of shape (n,), int64
        Pairs that were not given.

    Returns
    -------
    ndarray of shape (n,), int64
        Positions in `Allocation.level_names`; the first level of the lottery where no level before
        it loses anything; -1 where the place cannot be given at all.

    Notes
    -----
    Exact. Giving a pair puts one child too many where it enters, and takes one away from where
    the child was; others move on along a path from there to there. At the certificate's prices
    each step costs a row of integers that is not less than zero, and steps add up to what the
    levels lose, whatever the prices. So the first level of a sum is the earliest one of its
    steps, and the best path is the one whose earliest level is latest. No sums are needed: it is
    asked level by level what can be reached by steps that cost nothing before it (Warshall, 64
    places at a time), O(n_levels * n_entries ** 3 / 64 + n_pairs * n_levels).
    """
    n_sessions, n_levels = len(problem.session_ids), allocation.level_names.index("value") + 1
    level_of, _ = first_costs(problem, allocation)
    nowhere = n_sessions + len(problem.pool_session)
    entry = np.where(
        problem.pair_pool == NONE, problem.pair_session, n_sessions + problem.pair_pool
    )
    at = np.full(len(problem.child_ids), nowhere)
    at[allocation.placed] = entry[allocation.pair_of_child[allocation.placed]]
    steps = _steps(problem, allocation, at, entry, level_of, n_levels)
    sources, targets = entry[pairs], at[problem.pair_child[pairs]]
    latest = np.full(len(pairs), NONE)
    for level in range(n_levels + 1):
        latest[_reach(steps >= level)[sources, targets]] = level
    found: Integers = np.minimum(latest, level_of[pairs])
    return found


def _steps(
    problem: AllocationProblem,
    allocation: Allocation,
    at: Integers,
    entry: Integers,
    level_of: Integers,
    n_levels: int,
) -> Integers:
    """Tell for each step from entry to entry the first level on which it costs; -1: no step.

    The last row and column stand for having no place.
    """
    certificate, n_sessions = allocation.certificate, len(problem.session_ids)
    nowhere = n_sessions + len(problem.pool_session)
    steps = np.full((nowhere + 1, nowhere + 1), NONE)

    def add(tails: Integers, heads: Integers, levels: Integers) -> None:
        np.maximum.at(steps.reshape(-1), tails * (nowhere + 1) + heads, levels)

    def first(costs: Integers) -> Integers:
        """Give the first level of each row that is not zero."""
        paid = costs[:, :n_levels] != 0
        return np.where(paid.any(axis=1), paid.argmax(axis=1), n_levels)

    def all_nowhere(others: Integers) -> Integers:
        return np.full(len(others), nowhere)

    # A child moves on, or one that has no place comes in; or it gives its place up.
    add(at[problem.pair_child], entry, level_of)
    placed = np.flatnonzero(at != nowhere)
    add(at[placed], all_nowhere(placed), first(certificate.keeps[placed]))
    in_session = np.bincount(allocation.session_of_child[placed], minlength=n_sessions)
    in_pool = np.bincount(at, minlength=nowhere)[n_sessions:nowhere]
    # A place that was left is taken, or one that was taken is left.
    open_ = np.flatnonzero(in_session < problem.capacity)
    add(open_, all_nowhere(open_), first(certificate.session_prices[open_]))
    taken = np.flatnonzero(in_session)
    add(all_nowhere(taken), taken, first(certificate.session_prices[taken]))
    open_, taken = np.flatnonzero(in_pool < problem.pool_capacity), np.flatnonzero(in_pool)
    add(n_sessions + open_, problem.pool_session[open_], first(certificate.pool_prices[open_]))
    add(problem.pool_session[taken], n_sessions + taken, first(certificate.pool_prices[taken]))
    return steps


def _reach(steps: Mask) -> Mask:
    """Tell what can be reached from where, by any number of steps."""
    n = len(steps)
    words = np.zeros((n, -(-n // 64)), dtype=np.uint64)
    bits = words.view(np.uint8)
    packed = np.packbits(steps | np.eye(n, dtype=bool), axis=1, bitorder="little")
    bits[:, : packed.shape[1]] = packed
    for middle in range(n):
        through = np.flatnonzero(bits[:, middle // 8] >> (middle % 8) & 1)
        words[through] |= words[middle]
    reached: Mask = np.unpackbits(bits, axis=1, count=n, bitorder="little").view(bool)
    return reached
