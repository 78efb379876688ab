"""One level after the other, exactly: each is settled among what is best on those before."""

from __future__ import annotations

import numpy as np

from matching.allocation.kernel import best_within, most_weight
from matching.allocation.network import Face, Level, Mask, Network, whole_face
from matching.allocation.prices import least_prices
from matching.allocation.problem import Integers
from matching.allocation.promising import place_most_priced
from matching.errors import InvalidProblem


def solve_levels(
    network: Network, promising: Mask | None = None
) -> tuple[Mask, Integers, Integers]:
    """Find the best allocation on all levels, with the least prices that prove it.

    Parameters
    ----------
    network : Network
    promising : ndarray of shape (n_pairs,), bool, or None
        Pairs among which to begin; None: each child's most valued ones.

    Returns
    -------
    used : ndarray of shape (n_pairs,), bool
    prices : ndarray of shape (n_entries, n_levels), int64
        Of a place through the entry.
    keeps : ndarray of shape (n_children, n_levels), int64

    Raises
    ------
    InvalidProblem
        When even one level alone does not fit in 64 bits.

    Notes
    -----
    As many levels as provably fit are packed into one weight, as digits of a number whose base
    is larger than what paths can gather of the lower levels; so packed weights compare as the
    levels do. For what is left, the network is restricted to the face of the best allocations so
    far, by complementary slackness: pairs that cost nothing at the prices, children that keep
    something placed, sessions and pools with a price full.
    """
    face = whole_face(network)
    used: Mask | None = None
    rest = list(network.levels)
    while rest:
        packed, bases = pack(rest, most_weight(network))
        settled, rest = rest[: len(bases)], rest[len(bases) :]
        if used is None:
            # The kernel places the most by itself: the first level need not be in its costs.
            costs = _combine(settled[1:], bases[1:], len(network.pair))
            used, prices, keeps = place_most_priced(network, costs, packed, promising)
        else:
            if (face.usable & ~used).any():
                used = best_within(network, face, packed)
            prices, keeps = least_prices(network, face, used, packed)
        if rest:
            _narrow(network, face, packed, prices, keeps)
        face.prices += digits(prices, bases)
        face.keeps += digits(keeps, bases)
    if used is None:
        raise InvalidProblem("there is nothing to reach")
    return used, np.stack(face.prices, axis=1), np.stack(face.keeps, axis=1)


def pack(levels: list[Level], limit: int) -> tuple[Integers, list[int]]:
    """Pack as many of the first levels as fit into one weight.

    Parameters
    ----------
    levels : list of Level
        One at least.
    limit : int
        What a weight must not exceed.

    Returns
    -------
    weights : ndarray of shape (n_pairs,), int64
        Each level times the bases after it, summed.
    bases : list of int
        One for each level packed; the first has none and is 0.

    Raises
    ------
    InvalidProblem
        When not even the first fits.
    """
    bases = [0]
    size = int(levels[0].weights.max(initial=0))
    if size > limit or 4 * levels[0].swing > 2**62:
        raise InvalidProblem("pair_value is too large for so many children and sessions")
    for level in levels[1:]:
        # Prices, what is kept and a pair's weight are compared: two paths and two pairs.
        base = 8 * level.swing + 1
        if (size + 1) * base > limit:
            break
        size = (size + 1) * base
        bases.append(base)
    return _combine(levels[: len(bases)], bases, len(levels[0].weights)), bases


def _combine(levels: list[Level], bases: list[int], n_pairs: int) -> Integers:
    packed = np.zeros(n_pairs, dtype=np.int64)
    for level, base in zip(levels, bases, strict=True):
        packed = packed * base + level.weights
    return packed


def digits(packed: Integers, bases: list[int]) -> list[Integers]:
    """Take packed sums apart again.

    Parameters
    ----------
    packed : ndarray, int64
        Sums and differences of a few weights of paths.
    bases : list of int

    Returns
    -------
    list of ndarray, int64
        One for each base; digits lie on both sides of zero.
    """
    taken = []
    for base in reversed(bases[1:]):
        half = base // 2
        digit = (packed + half) % base - half
        packed = (packed - digit) // base
        taken.append(digit)
    return [packed, *reversed(taken)]


def _narrow(
    network: Network, face: Face, weights: Integers, prices: Integers, keeps: Integers
) -> None:
    """Keep to the allocations that are best on the levels just settled."""
    costs = keeps[network.child] + prices[network.entry] - weights
    face.usable &= costs == 0
    session = prices[: network.n_sessions]
    face.pool_full |= prices[network.n_sessions :] > session[network.pool_session]
    face.session_full |= session > 0
    face.must_place |= keeps > 0
