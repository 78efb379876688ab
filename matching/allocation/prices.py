"""The least prices at which an allocation is best, read from the network it leaves."""

from __future__ import annotations

import numpy as np

from matching.allocation.network import Face, Mask, Network
from matching.allocation.problem import NONE, Integers

# Less than any label, and far enough from the edge of 64 bits to add a weight.
_UNREACHED = -(2**62)


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
    n_sessions = network.n_sessions
    usable = np.flatnonzero(face.usable)
    child, entry, weight = network.child[usable], network.entry[usable], weights[usable]
    at = np.full(network.n_children, NONE)
    at[child[used[usable]]] = entry[used[usable]]
    own = np.zeros(network.n_children, dtype=np.int64)
    own[child[used[usable]]] = weight[used[usable]]

    prices = np.full(network.n_entries, _UNREACHED)
    prices[:n_sessions][~face.session_full] = 0
    outside = at[child] == NONE
    np.maximum.at(prices, entry[outside], weight[outside])

    moving = ~outside & (at[child] != entry)
    pool = n_sessions + np.arange(len(network.pool_session))
    taken = np.bincount(entry[used[usable]], minlength=network.n_entries)[n_sessions:]
    dearer, level = ~face.pool_full, taken < network.pool_capacity
    level &= dearer
    tails = (at[child[moving]], network.pool_session[dearer], pool[level])
    heads = (entry[moving], pool[dearer], network.pool_session[level])
    gains = (
        weight[moving] - own[child[moving]],
        np.zeros(int(dearer.sum()) + int(level.sum()), dtype=np.int64),
    )
    prices = _longest(prices, np.concatenate(tails), np.concatenate(heads), np.concatenate(gains))

    keeps = np.where(face.must_place, _UNREACHED, 0)
    np.maximum.at(keeps, child, weight - prices[entry])
    return prices, keeps


def _longest(start: Integers, tails: Integers, heads: Integers, gains: Integers) -> Integers:
    """Raise labels until no arc raises one any more."""
    order = np.argsort(tails, kind="stable")
    heads, gains = heads[order], gains[order]
    counts = np.bincount(tails, minlength=len(start))
    firsts = np.cumsum(counts) - counts
    labels = start
    changed = np.flatnonzero(labels != _UNREACHED)
    for _ in range(len(start) + 2):
        if not changed.size:
            return labels
        leaving = counts[changed]
        arcs = np.repeat(firsts[changed] - np.cumsum(leaving) + leaving, leaving)
        arcs += np.arange(len(arcs))
        raised = labels.copy()
        np.maximum.at(raised, heads[arcs], np.repeat(labels[changed], leaving) + gains[arcs])
        changed = np.flatnonzero(raised > labels)
        labels = raised
    raise RuntimeError("the allocation is not the best of its face")
