"""After a place is declined: the next best child, with nobody else moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.allocation.allocate import allocate
from matching.allocation.problem import NONE, AllocationProblem, Integers
from matching.allocation.result import Allocation


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """Who is offered the places that became free, with the proof that it could not be better.

    Attributes
    ----------
    pair_of_child : ndarray of shape (n_children,), int64
        The whole allocation after the repair: -1 for those who declined, the same as before for
        everybody else who had a place.
    offered : ndarray of shape (n_offered,), int64
        The children who have a place now and had none, the first drawn first.
    problem : AllocationProblem
        What was left to give, and those who could take it.
    allocation : Allocation
        Its best allocation, which `check_allocation` can judge.
    """

    pair_of_child: Integers
    offered: Integers
    problem: AllocationProblem
    allocation: Allocation


def repair(
    problem: AllocationProblem,
    pair_of_child: Integers,
    declined: Sequence[int],
    *,
    passed_over: Sequence[int] = (),
    time_limit_s: float = 5.0,
) -> Repair:
    """Give the places of children who declined to those who have none, moving nobody.

    Parameters
    ----------
    problem : AllocationProblem
    pair_of_child : ndarray of shape (n_children,), int64
        The allocation as it stands.
    declined : sequence of int
        Positions of children who give their place back, or let it expire. They are not offered
        another one.
    passed_over : sequence of int
        Children without a place who are to be offered none.
    time_limit_s : float
        For the integer programmes, where children who go together have no place.

    Returns
    -------
    Repair
        The best that can be reached by giving places only to children who have none: by the same
        objective as `allocate`.

    Notes
    -----
    Any place left counts, not only those declined. A session that does not run for want of its
    minimum stays closed; one that runs goes on even if a decline leaves it below. A group is
    offered places if all of it has none. O(n) for n pairs, and a small flow.
    """
    leaving = np.zeros(len(problem.child_ids), dtype=bool)
    leaving[list(declined)] = True
    kept = np.where(leaving, NONE, pair_of_child)
    standing = kept[kept != NONE]
    taken = np.bincount(problem.pair_session[standing], minlength=len(problem.session_ids))
    before = problem.pair_session[pair_of_child[pair_of_child != NONE]]
    runs = np.bincount(before, minlength=len(problem.session_ids)) > 0
    capacity = np.where(runs | (problem.minimum <= 1), problem.capacity - taken, 0)
    supported = problem.pair_pool[standing]
    pool_capacity = problem.pool_capacity - np.bincount(
        supported[supported != NONE], minlength=len(problem.pool_session)
    )

    waiting = (pair_of_child == NONE) & ~leaving
    waiting[list(passed_over)] = False
    incomplete = np.unique(problem.group[~waiting])
    waiting &= (problem.group == NONE) | ~np.isin(problem.group, incomplete)
    open_pair = waiting[problem.pair_child] & (capacity[problem.pair_session] > 0)
    pairs = np.flatnonzero(open_pair)
    asking = np.zeros(len(waiting), dtype=bool)
    asking[problem.pair_child[pairs]] = True
    # Everybody of a group belongs to the rest of the problem, or nobody could go.
    asking |= waiting & np.isin(problem.group, np.setdiff1d(problem.group[asking], [NONE]))
    children = np.flatnonzero(asking)
    position = np.full(len(waiting), NONE)
    position[children] = np.arange(len(children))
    rest = AllocationProblem(
        child_ids=[problem.child_ids[one] for one in children.tolist()],
        band=problem.band[children],
        session_ids=problem.session_ids,
        capacity=capacity,
        pair_child=position[problem.pair_child[pairs]],
        pair_session=problem.pair_session[pairs],
        pair_value=problem.pair_value[pairs],
        pair_pool=problem.pair_pool[pairs],
        pool_session=problem.pool_session,
        pool_kind=problem.pool_kind,
        pool_capacity=pool_capacity,
        group=problem.group[children],
        seed=problem.seed,
    )
    found = allocate(rest, time_limit_s=time_limit_s)
    offered = np.flatnonzero(found.placed)
    kept[children[offered]] = pairs[found.pair_of_child[offered]]
    offered = children[offered[np.argsort(rest.child_position[offered])]]
    return Repair(kept, offered, rest, found)
