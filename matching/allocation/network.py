"""The problem as a network in an order of its own, which row order and names cannot change.

Children and sessions stand in drawn order, so positions here are not those of the problem. A pair
enters at an entry: its session, or its pool, from which a place leads on into the session.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from matching.allocation.problem import NONE, AllocationProblem, Integers

Mask = NDArray[np.bool_]
Positions = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One level of the objective: a weight a pair, and what a path can gather of it."""

    name: str
    weights: Integers
    swing: int


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Children, entries and sessions in drawn order.

    Attributes
    ----------
    child_position, session_position, pool_position : ndarray, int64
        From positions of the problem to positions here.
    pair : ndarray of shape (n_pairs,), int64
        Positions in the problem of the pairs kept, ordered by child, then session.
    child, entry : ndarray of shape (n_pairs,), int32
        Entries below `n_sessions` are sessions, the others pools.
    capacity : ndarray of shape (n_sessions,), int64
    pool_session, pool_capacity : ndarray of shape (n_pools,), int64
    levels : tuple of Level
    """

    n_children: int
    child_position: Integers
    session_position: Integers
    pool_position: Integers
    pair: Integers
    child: Positions
    entry: Positions
    capacity: Integers
    pool_session: Integers
    pool_capacity: Integers
    levels: tuple[Level, ...]

    @property
    def n_sessions(self) -> int:
        """Give the number of sessions.

        Returns
        -------
        int
        """
        return len(self.capacity)

    @property
    def n_entries(self) -> int:
        """Give the number of sessions and pools.

        Returns
        -------
        int
        """
        return len(self.capacity) + len(self.pool_session)


@dataclass(slots=True, eq=False)
class Face:
    """The allocations that are best on the levels so far, told by what binds them.

    Attributes
    ----------
    usable : ndarray of shape (n_pairs,), bool
        All other pairs are in none of these allocations.
    must_place : ndarray of shape (n_children,), bool
        Placed in all of them.
    session_full, pool_full : ndarray, bool
        Full in all of them.
    """

    usable: Mask
    must_place: Mask
    session_full: Mask
    pool_full: Mask
    prices: list[Integers] = field(default_factory=list)
    keeps: list[Integers] = field(default_factory=list)


def whole_face(network: Network) -> Face:
    """Give the face of all allocations, before any level was decided.

    Parameters
    ----------
    network : Network

    Returns
    -------
    Face
    """
    return Face(
        np.ones(len(network.pair), dtype=bool),
        np.zeros(network.n_children, dtype=bool),
        np.zeros(network.n_sessions, dtype=bool),
        np.zeros(len(network.pool_session), dtype=bool),
    )


def build_network(problem: AllocationProblem, *, lottery: bool = True) -> Network:
    """Put the problem in drawn order.

    Parameters
    ----------
    problem : AllocationProblem
    lottery : bool
        Whether the lottery decides between what is equal in value.

    Returns
    -------
    Network

    Notes
    -----
    O(n) for n pairs.
    """
    child_position, session_position = problem.child_position, problem.session_position
    n_sessions = len(session_position)
    pool_at = session_position[problem.pool_session]
    pool_position = np.empty(len(pool_at), dtype=np.int64)
    pool_order = np.lexsort((problem.pool_kind, pool_at))
    pool_position[pool_order] = np.arange(len(pool_at))

    order = problem.pair_order
    child = child_position.astype(np.int32)[problem.pair_child[order]]
    if len(pool_at):
        # Position -1 is a place of its own, behind all pools.
        entry_of_pool = np.append(n_sessions + pool_position, NONE).astype(np.int32)
        entry = entry_of_pool[problem.pair_pool[order]]
        direct = np.flatnonzero(entry == NONE)
        entry[direct] = session_position[problem.pair_session[order[direct]]]
    else:
        entry = session_position.astype(np.int32)[problem.pair_session[order]]

    capacity = np.empty(n_sessions, dtype=np.int64)
    # More places than children are as good as none too many, and keep the sums small.
    capacity[session_position] = np.minimum(problem.capacity, len(child_position))
    band = np.empty(len(child_position), dtype=np.int64)
    band[child_position] = problem.band
    pool_session = pool_at[pool_order]
    return Network(
        n_children=len(child_position),
        child_position=child_position,
        session_position=session_position,
        pool_position=pool_position,
        pair=order,
        child=child,
        entry=entry,
        capacity=capacity,
        pool_session=pool_session,
        pool_capacity=np.minimum(problem.pool_capacity[pool_order], len(child_position)),
        levels=_levels(child, band, problem.pair_value[order], n_sessions + len(pool_at), lottery),
    )


def restrict(network: Network, kept: Mask) -> tuple[Network, Integers]:
    """Leave out pairs.

    Parameters
    ----------
    network : Network
    kept : ndarray of shape (n_pairs,), bool

    Returns
    -------
    network : Network
    positions : ndarray of shape (n_kept,), int64
        Of the kept pairs in the network given.
    """
    positions = np.flatnonzero(kept)
    levels = tuple(replace(one, weights=one.weights[positions]) for one in network.levels)
    part = replace(
        network,
        pair=network.pair[positions],
        child=network.child[positions],
        entry=network.entry[positions],
        levels=levels,
    )
    return part, positions


def _levels(
    child: Positions, band: Integers, value: Integers, n_entries: int, lottery: bool
) -> tuple[Level, ...]:
    """Give the weights of each level and how far they sway.

    A path through the network that visits nothing twice brings in one child at most and leaves
    out one, so weights of children sway by one child's. It enters each entry by one pair at most
    and leaves it by one, so weights of pairs sway by the largest for each entry.
    """
    n_children = len(band)
    levels = [Level("placed", np.ones(len(child), dtype=np.int64), 1)]
    levels += [
        Level(f"band_{one}", (band[child] == one).astype(np.int64), 1)
        for one in np.unique(band)[:-1].tolist()
    ]
    most = int(value.max(initial=0))
    levels.append(Level("value", value, max(1, n_entries * most)))
    if lottery:
        points = n_children - child.astype(np.int64)
        levels.append(Level("lottery", points, max(1, n_children)))
        levels.append(Level("choice", points * value, max(1, n_entries * n_children * most)))
    return tuple(levels)
