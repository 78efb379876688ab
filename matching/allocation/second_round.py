"""The second round: places with a contribution, on what the first has left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.allocation.problem import NONE, AllocationProblem, Integers
from matching.errors import InvalidProblem


def second_round(
    problem: AllocationProblem, first: AllocationProblem, pair_of_child: Integers
) -> AllocationProblem:
    """Take from a problem what a first round has given.

    Parameters
    ----------
    problem : AllocationProblem
        The second round as if nothing had been given: its own children and pairs, the same
        sessions, pools and places as the first.
    first : AllocationProblem
    pair_of_child : ndarray of shape (n_children of `first`,), int64
        What the first round gave.

    Returns
    -------
    AllocationProblem
        With the places left, without pairs that intersect the child's place of the first round.
        A minimum counts what the first round has placed.

    Raises
    ------
    InvalidProblem
        When sessions, pools or places differ.
    """
    for name in ("session_ids", "capacity", "pool_session", "pool_kind", "pool_capacity"):
        if not np.array_equal(getattr(problem, name), getattr(first, name)):
            raise InvalidProblem(f"{name} must be the same in both rounds")
    given = pair_of_child[pair_of_child != NONE]
    session = first.pair_session[given]
    taken = np.bincount(session, minlength=len(first.session_ids))
    drawn = first.pair_pool[given]
    supported = np.bincount(drawn[drawn != NONE], minlength=len(first.pool_session))
    position = {one: at for at, one in enumerate(problem.child_ids)}
    children = np.array(
        [position.get(first.child_ids[one], NONE) for one in first.pair_child[given].tolist()],
        dtype=np.int64,
    )
    known = children != NONE
    left = replace(
        problem,
        capacity=problem.capacity - taken,
        pool_capacity=problem.pool_capacity - supported,
        minimum=np.maximum(problem.minimum - taken, 0),
    )
    held = session[known]
    return without_overlaps(
        left, children[known], problem.starts[held], problem.ends[held], session=held
    )


def without_overlaps(
    problem: AllocationProblem,
    child: Integers,
    starts: Integers,
    ends: Integers,
    *,
    session: Integers | None = None,
) -> AllocationProblem:
    """Leave out the pairs that intersect times when a child is elsewhere.

    Parameters
    ----------
    problem : AllocationProblem
    child : ndarray of shape (n_times,), int64
        Positions of children; any number of times each.
    starts, ends : ndarray of shape (n_times,), int64
        In the unit of the problem; open at the end.
    session : ndarray of shape (n_times,), int64, optional
        Sessions the child is in, which it cannot be given again whatever their times.

    Returns
    -------
    AllocationProblem
    """
    # Pairs by child, so that each time meets only those of its own child.
    order = np.argsort(problem.pair_child, kind="stable")
    firsts = np.searchsorted(problem.pair_child[order], np.arange(len(problem.child_ids) + 1))
    counts = (firsts[1:] - firsts[:-1])[child]
    time = np.repeat(np.arange(len(child)), counts)
    pair = order[
        np.arange(len(time)) + np.repeat(firsts[child] - np.cumsum(counts) + counts, counts)
    ]
    where = problem.pair_session[pair]
    clash = (problem.starts[where] < ends[time]) & (starts[time] < problem.ends[where])
    if session is not None:
        clash |= where == session[time]
    kept = np.ones(len(problem.pair_child), dtype=bool)
    kept[pair[clash]] = False
    return replace(
        problem,
        pair_child=problem.pair_child[kept],
        pair_session=problem.pair_session[kept],
        pair_value=problem.pair_value[kept],
        pair_pool=problem.pair_pool[kept],
    )
