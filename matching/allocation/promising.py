"""The first flow, over promising pairs: most pairs are never needed, and prices tell which."""

from __future__ import annotations

import numpy as np

from matching.allocation.kernel import place_most
from matching.allocation.network import Mask, Network, restrict, whole_face
from matching.allocation.prices import least_prices
from matching.allocation.problem import Integers

# Pairs of each child that the first flow is given, and that each further one is given besides.
_AT_FIRST = 10
_BESIDES = 3
_ROUNDS = 4


def place_most_priced(
    network: Network, costs: Integers, weights: Integers, promising: Mask | None = None
) -> tuple[Mask, Integers, Integers]:
    """Place as many children as possible with the largest weight, and find the least prices.

    Parameters
    ----------
    network : Network
    costs : ndarray of shape (n_pairs,), int64
        The weights without what only says that a child is placed: what the kernel is given.
    weights : ndarray of shape (n_pairs,), int64
    promising : ndarray of shape (n_pairs,), bool, or None
        Pairs among which to begin; None: each child's most valued ones.

    Returns
    -------
    used : ndarray of shape (n_pairs,), bool
    prices : ndarray of shape (n_entries,), int64
    keeps : ndarray of shape (n_children,), int64

    Notes
    -----
    Exact. The best flow over some of the pairs is the best over all when no other pair is worth
    more than its price and what its child keeps; as its prices are the least over fewer pairs,
    they are the least over all. Pairs for which that fails are added, with those that come
    closest, until none is left. All pairs are taken at once where there are few, and when some
    rounds were not enough.
    """
    n_children = max(1, network.n_children)
    kept = np.ones(len(network.pair), dtype=bool)
    more = _BESIDES * n_children
    if promising is not None:
        # Most that come close are among them already.
        kept, more = promising.copy(), n_children
    elif len(kept) > 3 * _AT_FIRST * n_children:
        kept = _most_valued(network, costs)
    for round_ in range(_ROUNDS + 1):
        part, positions = (network, np.arange(len(kept))) if kept.all() else restrict(network, kept)
        chosen = place_most(part, costs[positions])
        prices, keeps = least_prices(part, whole_face(part), chosen, weights[positions])
        lacks = keeps[network.child] + prices[network.entry] - weights
        if not (lacks[~kept] < 0).any():
            break
        if round_ + 1 >= _ROUNDS:
            kept[:] = True
            continue
        others = lacks[~kept]
        besides = min(len(others) - 1, more)
        # Sorting is ten times faster than `partition` where there are many equals.
        kept |= lacks <= max(0, int(np.sort(others)[besides]))
    used = np.zeros(len(kept), dtype=bool)
    used[positions[chosen]] = True
    return used, prices, keeps


def _most_valued(network: Network, costs: Integers) -> Mask:
    """Find each child's most valued pairs; equals are told apart as if by chance."""
    firsts = np.searchsorted(network.child, np.arange(network.n_children + 1))
    widest = int(np.diff(firsts).max())
    # Different equals for different children: otherwise all would crowd into the same sessions.
    mixed = (network.child * np.int64(7_919) + network.entry * np.int64(104_729)) % 1_021
    keys = (costs << 10) + mixed
    table = np.full((network.n_children, widest), np.iinfo(np.int64).min)
    table[network.child, np.arange(len(keys)) - firsts[network.child]] = keys
    column = max(0, widest - _AT_FIRST)
    least = np.sort(table, axis=1)[:, column]
    promising: Mask = keys >= least[network.child]
    return promising
