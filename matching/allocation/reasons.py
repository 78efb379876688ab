"""Why: for each choice a child did not get, who got it and what decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.allocation.exchanges import first_losses
from matching.allocation.problem import NONE, AllocationProblem, Integers
from matching.allocation.result import Allocation

REFUSAL_CAUSES: Final = ("places", "support", "minimum", "together")
"""What was short: places, supported ones, children for a minimum, or places side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class Refusals:
    """One row for each choice of a child that is worth more to it than what it got.

    Rows are ordered by child, then value, the largest first. Of those who got the place, each
    counts in exactly one of the last four columns, which add up to `given`.

    Attributes
    ----------
    child, session, pair : ndarray of shape (n_rows,), int64
        Positions in the problem.
    cause : ndarray of shape (n_rows,), int64
        Position in `REFUSAL_CAUSES`.
    decided_by : ndarray of shape (n_rows,), int64
        The first level on which giving the child this place, and moving the others as is best,
        would have cost more than it brings: a position in `Allocation.level_names`; that of
        `lottery` where nothing else tells. -1: there were no places, or not known, as children
        go together, sessions need a minimum, or the allocation is not proved optimal.
    wanted : ndarray of shape (n_rows,), int64
        How many children could have taken the place: the session's, or with the cause `support`
        the pool's.
    places : ndarray of shape (n_rows,), int64
        How many places there were.
    given : ndarray of shape (n_rows,), int64
        How many were given.
    longer_wait : ndarray of shape (n_rows,), int64
        Got it and have waited longer.
    higher_value : ndarray of shape (n_rows,), int64
        Got it, have waited as long, and it is worth more to them.
    luckier : ndarray of shape (n_rows,), int64
        Got it, are equal in both, and were drawn earlier.
    needed_it : ndarray of shape (n_rows,), int64
        Got it because otherwise fewer children, or less value in all, would have been served.
    """

    child: Integers
    session: Integers
    pair: Integers
    cause: Integers
    decided_by: Integers
    wanted: Integers
    places: Integers
    given: Integers
    longer_wait: Integers
    higher_value: Integers
    luckier: Integers
    needed_it: Integers


def explain_allocation(problem: AllocationProblem, allocation: Allocation) -> Refusals:
    """Tell for every choice that a child did not get why that is so.

    Parameters
    ----------
    problem : AllocationProblem
    allocation : Allocation
        Of the problem.

    Returns
    -------
    Refusals

    Notes
    -----
    O(n log n) for n pairs, and `first_losses` for `decided_by`, which is exact: by linear
    programming duality, its loss is what the place costs more than it is worth to the child, at
    those optimal prices that make this the most.
    """
    given_pairs = allocation.pair_of_child[allocation.placed]
    value = np.full(len(problem.child_ids), NONE)
    value[allocation.placed] = problem.pair_value[given_pairs]
    missed = np.flatnonzero(problem.pair_value > value[problem.pair_child])
    child, wanted_value = problem.pair_child[missed], problem.pair_value[missed]
    order = np.lexsort((problem.pair_session[missed], -wanted_value, child))
    missed, child = missed[order], child[order]
    session = problem.pair_session[missed]

    # The pools stand behind the sessions: what was short is one of both.
    places = np.concatenate((problem.capacity, problem.pool_capacity))
    drawn = _in_pools(problem, np.arange(len(problem.pair_child)))
    wanted = np.bincount(
        np.concatenate((problem.pair_session, drawn[drawn != NONE])), minlength=len(places)
    )
    receivers = np.concatenate((given_pairs, given_pairs))
    unit = np.concatenate((problem.pair_session[given_pairs], drawn[given_pairs]))
    receivers, unit = receivers[unit != NONE], unit[unit != NONE]
    given = np.bincount(unit, minlength=len(places))

    cause = _causes(problem, missed, given)
    short = np.where(REFUSAL_CAUSES.index("support") == cause, drawn[missed], session)
    ahead = [_count_ahead(problem, receivers, unit, missed, short, n_keys) for n_keys in (1, 2, 3)]
    return Refusals(
        child=child,
        session=session,
        pair=missed,
        cause=cause,
        decided_by=_deciding_levels(problem, allocation, missed),
        wanted=wanted[short],
        places=places[short],
        given=given[short],
        longer_wait=ahead[0],
        higher_value=ahead[1] - ahead[0],
        luckier=ahead[2] - ahead[1],
        needed_it=given[short] - ahead[2],
    )


def _in_pools(problem: AllocationProblem, pairs: Integers) -> Integers:
    """Give the pools of pairs, counted on behind the sessions, or -1."""
    pool = problem.pair_pool[pairs]
    return np.where(pool == NONE, NONE, len(problem.session_ids) + pool)


def _causes(problem: AllocationProblem, missed: Integers, given: Integers) -> Integers:
    session, pool = problem.pair_session[missed], problem.pair_pool[missed]
    full = given[session] >= problem.capacity[session]
    no_support = np.zeros(len(missed), dtype=bool)
    drawn = pool != NONE
    in_pool = given[len(problem.session_ids) + pool[drawn]]
    no_support[drawn] = in_pool >= problem.pool_capacity[pool[drawn]]
    alone = problem.group[problem.pair_child[missed]] == NONE
    # Moving a child alone to a place left gains, unless a session would fall below its minimum.
    causes = np.select(
        (full, no_support, (problem.minimum[session] > 1) & (given[session] == 0), alone),
        (0, 1, 2, 2),
        3,
    )
    return causes.astype(np.int64)


def _deciding_levels(
    problem: AllocationProblem, allocation: Allocation, pairs: Integers
) -> Integers:
    """Find the first level on which giving these pairs would cost more than it brings."""
    if not (problem.is_network and allocation.optimal):
        return np.full(len(pairs), NONE)
    levels = first_losses(problem, allocation, pairs)
    # Without a lottery nothing tells what the levels leave open.
    return np.where(levels < len(allocation.level_names), levels, NONE)


def _count_ahead(
    problem: AllocationProblem,
    receivers: Integers,
    unit: Integers,
    missed: Integers,
    short: Integers,
    n_keys: int,
) -> Integers:
    """Count for each missed pair those who got the place and come first by the first keys."""
    pairs = np.concatenate((missed, receivers))
    children = problem.pair_child[pairs]
    keys = (problem.band[children], -problem.pair_value[pairs], problem.child_position[children])
    got_it = np.arange(len(pairs)) >= len(missed)
    where = np.concatenate((short, unit))
    # Equals stand behind those who missed it, and so are not ahead of them.
    order = np.lexsort((got_it, *reversed(keys[:n_keys]), where))
    ahead = np.empty(len(pairs), dtype=np.int64)
    ahead[order] = np.cumsum(got_it[order])
    in_unit = np.bincount(unit, minlength=int(where.max(initial=0)) + 1)
    counted: Integers = ahead[: len(missed)] - (np.cumsum(in_unit) - in_unit)[short]
    return counted
