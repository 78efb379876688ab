"""The least prices at which an allocation is best, read from the network it leaves."""

from __future__ import annotations

import numpy as np

from matching.allocation.network import Face, Mask, Network
from matching.allocation.problem import Integers

# Less than any price, and far enough from the edge of 64 bits to add one.
_UNREACHED = -(2**61)


def least_prices(
    network: Network, face: Face, used: Mask, weights: Integers
) -> tuple[Integers, Integers]:
    """Find the least prices of entries, and what each child keeps.

    Parameters
    ----------
    network : Network
    face : Face
        What was settled before; only its usable pairs count.
    used : ndarray of shape (n_pairs,), bool
        The best allocation of the face.
    weights : ndarray of shape (n_pairs,), int64

    Returns
    -------
    prices : ndarray of shape (n_entries,), int64
        Of a place through the entry: a session's, or a pool's and its session's together.
    keeps : ndarray of shape (n_children,), int64
        What a child's best place is worth beyond its price.

    Notes
    -----
    A child that sits at one entry and would take another holds the other's price up: it is at
    least the first price and the difference in weight. A child without a place holds up the
    price of each entry it asks for. The longest chains of this are the least prices; they exist
    because no chain that closes gains anything (label correcting, O(n_entries * n_pairs) at
    worst, a few rounds in practice).
    """
    n_sessions, n_entries = network.n_sessions, network.n_entries
    chosen = np.flatnonzero(used)
    entry_taken, weight_taken = network.entry[chosen], weights[chosen]
    placed = network.child[chosen]
    # Children without a place keep nothing, as if they sat at an entry without a price.
    at = np.full(network.n_children, n_entries)
    at[placed] = entry_taken
    own = np.zeros(network.n_children, dtype=np.int64)
    own[placed] = weight_taken
    weights = np.where(face.usable, weights, _UNREACHED)
    firsts = np.searchsorted(network.child, np.arange(network.n_children + 1))

    prices = np.full(n_entries + 1, _UNREACHED)
    prices[:n_sessions][~face.session_full] = 0
    prices[n_entries] = 0
    pools = np.arange(n_sessions, n_entries)
    taken = np.bincount(entry_taken, minlength=n_entries)[n_sessions:]
    # A pool is as dear as its session at least; one with places left is not dearer.
    dearer = np.flatnonzero(~face.pool_full)
    level = dearer[taken[dearer] < network.pool_capacity[dearer]]
    tails = np.concatenate((network.pool_session[dearer], pools[level]))
    heads = np.concatenate((pools[dearer], network.pool_session[level]))

    changed = prices != _UNREACHED
    # No longest chain visits an entry twice, or a pool without its session.
    for _ in range(2 * n_entries + 3):
        if not changed.any():
            break
        raised = prices.copy()
        np.maximum.at(raised, heads, prices[tails])
        keeps = own - prices[at]
        moving = np.flatnonzero(changed[at])
        if 4 * len(moving) > network.n_children:
            np.maximum.at(raised, network.entry, weights - keeps[network.child])
        else:
            pairs = _ranges(firsts[moving], firsts[moving + 1])
            np.maximum.at(
                raised, network.entry[pairs], weights[pairs] - keeps[network.child[pairs]]
            )
        raised[raised < _UNREACHED // 2] = _UNREACHED
        changed = raised > prices
        prices = raised
    keeps = own - prices[at]
    if changed.any() or prices[n_entries] or (keeps[~face.must_place] < 0).any():
        raise RuntimeError("the allocation is not the best of its face")
    return prices[:n_entries], keeps


def _ranges(firsts: Integers, ends: Integers) -> Integers:
    """List what lies between each first and its end."""
    counts = ends - firsts
    listed: Integers = np.repeat(ends - np.cumsum(counts), counts) + np.arange(counts.sum())
    return listed
