"""What it would cost all the others to give one child one more place: exact, by exchanges."""

from __future__ import annotations

from typing import Final

import numpy as np

from matching.allocation.network import Mask, Network
from matching.allocation.problem import Integers

IMPOSSIBLE: Final = -(2**60)
"""Less than the gain of any exchange."""


def best_exchanges(network: Network, used: Mask, weights: Integers) -> Integers:
    """Find how one place too many at one entry is best made good at another.

    Parameters
    ----------
    network : Network
    used : ndarray of shape (n_pairs,), bool
        An allocation with the largest weight.
    weights : ndarray of shape (n_pairs,), int64

    Returns
    -------
    ndarray of shape (n_entries + 1, n_entries + 1), int64
        The gain, mostly a loss, when an entry takes one child too many and another gives one up,
        and everybody moves as is best. The last row and column stand for having no place.
        `IMPOSSIBLE` or less: there is no way.

    Notes
    -----
    Longest paths between all entries (Floyd and Warshall), O(n_entries ** 3); no cycle gains, as
    the allocation is the best.
    """
    n_sessions, nowhere = network.n_sessions, network.n_entries
    at, own = seats(network, used, weights)
    gains = np.full((nowhere + 1, nowhere + 1), IMPOSSIBLE)
    np.fill_diagonal(gains, 0)
    # A child moves on, gives its place up, or one that has none comes in.
    np.maximum.at(gains, (at[network.child], network.entry), weights - own[network.child])
    np.maximum.at(gains, (at[at != nowhere], nowhere), -own[at != nowhere])
    taken = np.bincount(at, minlength=nowhere + 1)
    pools = n_sessions + np.arange(len(network.pool_session))
    in_session = taken[:n_sessions] + np.bincount(
        network.pool_session, taken[pools], minlength=n_sessions
    ).astype(np.int64)
    for tails, heads in (
        (np.flatnonzero(in_session < network.capacity), nowhere),
        (nowhere, np.flatnonzero(in_session)),
        _where(taken[pools] < network.pool_capacity, pools, network.pool_session),
        _where(taken[pools] > 0, network.pool_session, pools),
    ):
        gains[tails, heads] = np.maximum(gains[tails, heads], 0)
    through = np.empty_like(gains)
    for middle in range(nowhere + 1):
        np.add(gains[:, middle, None], gains[middle], out=through)
        np.maximum(gains, through, out=gains)
    return gains


def seats(network: Network, used: Mask, weights: Integers) -> tuple[Integers, Integers]:
    """Tell where each child sits, and the weight of that.

    Parameters
    ----------
    network : Network
    used : ndarray of shape (n_pairs,), bool
    weights : ndarray of shape (n_pairs,), int64

    Returns
    -------
    at : ndarray of shape (n_children,), int64
        The entry; `n_entries` for children without a place.
    own : ndarray of shape (n_children,), int64
        0 for children without a place.
    """
    at = np.full(network.n_children, network.n_entries)
    own = np.zeros(network.n_children, dtype=np.int64)
    at[network.child[used]] = network.entry[used]
    own[network.child[used]] = weights[used]
    return at, own


def _where(chosen: Mask, tails: Integers, heads: Integers) -> tuple[Integers, Integers]:
    return tails[chosen], heads[chosen]
