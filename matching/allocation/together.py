"""Groups and minimum sizes: an integer programme within the bound of the network."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from matching.allocation.bundles import Bundles, find_bundles, session_of_pair
from matching.allocation.lexicographic import solve_levels
from matching.allocation.network import Mask, Network, restrict
from matching.allocation.problem import NONE, AllocationProblem, Integers
from matching.allocation.programme import Programme

Words = tuple[int, ...]
# What part of the distance to the bound a cheap pair may cost.
_CHEAP = 16


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """A network and what binds beyond it."""

    network: Network
    bundles: Bundles
    minimum: Integers
    session: Integers
    weights: Integers

    def reached(self, used: Mask) -> Words:
        """Sum the weights of an allocation.

        Parameters
        ----------
        used : ndarray of shape (n_pairs,), bool
            The pairs of the allocation.

        Returns
        -------
        tuple of int
            One a level.
        """
        return tuple(self.weights[used].sum(axis=0).tolist())

    def parted(self, used: Mask) -> Integers:
        """Find the groups that an allocation of the network parts.

        Parameters
        ----------
        used : ndarray of shape (n_pairs,), bool
            The pairs of the allocation.

        Returns
        -------
        ndarray, int64
            Ascending.
        """
        groups = self.bundles.group_of_child
        n_groups = int(groups.max(initial=0)) + 1
        in_group = used & (groups[self.network.child] != NONE)
        group = groups[self.network.child[in_group]]
        session = self.session[in_group]
        count = np.bincount(group, minlength=n_groups)
        size = np.bincount(groups[groups != NONE], minlength=n_groups)
        first = np.full(n_groups, self.network.n_sessions)
        np.minimum.at(first, group, session)
        last = np.full(n_groups, NONE)
        np.maximum.at(last, group, session)
        return np.flatnonzero((count > 0) & ((count < size) | (first != last)))

    def too_few(self, used: Mask) -> Integers:
        """Find the sessions that would run with fewer than their minimum.

        Parameters
        ----------
        used : ndarray of shape (n_pairs,), bool
            The pairs of the allocation.

        Returns
        -------
        ndarray, int64
            Ascending.
        """
        taken = np.bincount(self.session[used], minlength=self.network.n_sessions)
        return np.flatnonzero((taken > 0) & (taken < self.minimum))

    def allows(self, used: Mask) -> bool:
        """Tell whether an allocation parts no group and keeps minimum sizes.

        Parameters
        ----------
        used : ndarray of shape (n_pairs,), bool
            The pairs of the allocation.

        Returns
        -------
        bool
        """
        return not self.parted(used).size and not self.too_few(used).size


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """What the prices say: rows of one integer a level, none less than zero."""

    costs: Integers
    keeps: Integers
    sessions: Integers
    pools: Integers


def solve_together(
    problem: AllocationProblem, network: Network, *, time_limit_s: float
) -> tuple[Mask, Integers, Integers, Words | None]:
    """Find the best allocation that parts no group and keeps minimum sizes, and its bound.

    Parameters
    ----------
    problem : AllocationProblem
    network : Network
    time_limit_s : float
        For the integer programmes of all levels together.

    Returns
    -------
    used : ndarray of shape (n_pairs,), bool
    prices, keeps : ndarray, int64
        Of the network without these rules, in which a member only asks for a session that
        everybody of its group could take, and has an equal share of what it is worth to them.
    bound : tuple of int or None
        The programme's; None when only the prices bound what can be reached.

    Notes
    -----
    The prices tell what using a pair costs at least. Whatever costs more than the prices' bound
    is above an allocation already found is in none that is better, which leaves a small programme
    (reduced-cost fixing, exact). Levels are solved one after the other, with no relative gap.
    Repeatable unless the time limit is met.
    """
    bundles, possible = find_bundles(problem, network)
    network = bundles.shared(network)
    relaxed, whole = restrict(network, possible)
    minimum = np.zeros(network.n_sessions, dtype=np.int64)
    minimum[network.session_position] = problem.minimum
    case = Together(
        network,
        bundles,
        minimum,
        session_of_pair(network),
        np.stack([level.weights for level in network.levels], axis=1),
    )
    part, prices, keeps = solve_levels(relaxed)
    used = np.zeros(len(network.pair), dtype=bool)
    used[whole[part]] = True
    if case.allows(used):
        return used, prices, keeps, None
    best = _first_guess(case, possible, used, prices)
    sessions = prices[: network.n_sessions]
    pools = prices[network.n_sessions :] - sessions[network.pool_session]
    costs = keeps[network.child] + prices[network.entry] - case.weights
    bound = keeps.sum(axis=0) + network.capacity @ sessions + network.pool_capacity @ pools
    priced = Priced(costs, keeps, sessions, pools)
    best, proved = _climb(case, possible, best, priced, bound, time.monotonic() + time_limit_s)
    return best, prices, keeps, proved


def _first_guess(case: Together, possible: Mask, used: Mask, prices: Integers) -> Mask:
    """Find some allocation: settle parted groups at the current prices, close what is too small."""
    network, bundles = case.network, case.bundles
    capacity, pool_capacity = network.capacity.copy(), network.pool_capacity.copy()
    settled = np.zeros(len(used), dtype=bool)
    free = possible.copy()
    while True:
        parted, small = case.parted(used), case.too_few(used)
        if not parted.size and not small.size:
            return used
        if parted.size:
            gains = bundles.sums(case.weights - prices[network.entry])
            for group in parted.tolist():
                ways = np.flatnonzero(bundles.group == group)
                ways = ways[np.lexsort([-gains[ways, n] for n in reversed(range(gains.shape[1]))])]
                for way in ways.tolist():
                    pairs = bundles.pair[bundles.bundle == way]
                    pools = network.entry[pairs] - network.n_sessions
                    needed = np.bincount(pools[pools >= 0], minlength=len(pool_capacity))
                    session = bundles.session[way]
                    if capacity[session] >= len(pairs) and (needed <= pool_capacity).all():
                        capacity[session] -= len(pairs)
                        pool_capacity -= needed
                        settled[pairs] = True
                        break
                free &= bundles.group_of_child[network.child] != group
        else:
            # The emptiest one first: its children are the easiest to place elsewhere.
            taken = np.bincount(case.session[used], minlength=network.n_sessions)
            closed = small[np.argmax(case.minimum[small] - taken[small])]
            capacity[closed] = 0
            leaving = settled & (case.session == closed)
            for way in np.unique(bundles.bundle[leaving[bundles.pair]]).tolist():
                pairs = bundles.pair[bundles.bundle == way]
                pools = network.entry[pairs] - network.n_sessions
                pool_capacity += np.bincount(pools[pools >= 0], minlength=len(pool_capacity))
            settled &= ~leaving
        rest, positions = restrict(network, free)
        rest = replace(rest, capacity=capacity, pool_capacity=pool_capacity)
        part, prices, _ = solve_levels(rest)
        used = settled.copy()
        used[positions[part]] = True


def _climb(
    case: Together, possible: Mask, best: Mask, priced: Priced, bound: Integers, deadline: float
) -> tuple[Mask, Words | None]:
    """Solve level after level from an allocation already found; give it and what is proved."""
    proved = list(bound.tolist())
    first = next(
        (n for n, most in enumerate(proved) if case.reached(best)[n] != most), len(proved) - 1
    )
    # The better the allocation to start from, the fewer pairs have to be looked at: so first the
    # cheapest ones only, which proves nothing but mostly finds the best or nearly so.
    cheap = bound - case.reached(best)
    cheap[first] //= _CHEAP
    programme = _programme(case, possible, priced, cheap)
    found, _ = programme.solve(case.weights[:, first], (deadline - time.monotonic()) / 2)
    if found is not None and case.allows(found) and case.reached(found) > case.reached(best):
        best = found
    reached = case.reached(best)
    programme = _programme(case, possible, priced, bound - reached)
    for level in range(len(proved)):
        if reached[level] == proved[level] and reached[:level] == tuple(proved[:level]):
            if level > first:
                programme.hold(case.weights[:, level], reached[level])
            continue
        found, most = programme.solve(case.weights[:, level], deadline - time.monotonic())
        if found is not None and case.allows(found) and case.reached(found) > reached:
            best, reached = found, case.reached(found)
        proved[level] = max(reached[level], most) if most is not None else proved[level]
        # Without this level, nothing is known of those after it.
        proved[level + 1 :] = _most_of(case, level + 1)
        if reached[level] != proved[level]:
            break
        programme.hold(case.weights[:, level], reached[level])
    return best, min(tuple(proved), tuple(bound.tolist()))


def _programme(case: Together, possible: Mask, priced: Priced, room: Integers) -> Programme:
    """Leave out what costs more than there is room for below the bound.

    On the levels before the first with room, the bound is reached by what follows the prices to
    the letter: who keeps something is placed, and what has a price is full.
    """
    levels = int(np.argmax(room != 0))
    alone = case.bundles.group_of_child[case.network.child] == NONE
    nothing = np.zeros(levels, dtype=np.int64)
    return Programme(
        case.network,
        case.bundles,
        case.minimum,
        singles=possible & alone & _at_most(priced.costs, room),
        ways=_at_most(case.bundles.sums(priced.costs), room),
        placed=~_at_most(priced.keeps[:, :levels], nothing),
        full=~_at_most(priced.sessions[:, :levels], nothing),
        full_pools=~_at_most(priced.pools[:, :levels], nothing),
    )


def _most_of(case: Together, level: int) -> list[int]:
    """Give what later levels reach at most, when every child had its best pair of each."""
    most = np.zeros((case.network.n_children, case.weights.shape[1]), dtype=np.int64)
    np.maximum.at(most, case.network.child, case.weights)
    bound: list[int] = most.sum(axis=0)[level:].tolist()
    return bound


def _at_most(words: Integers, limit: Integers) -> Mask:
    """Compare rows with a limit level by level."""
    below = np.zeros(len(words), dtype=bool)
    equal = ~below
    for column, most in zip(words.T, limit.tolist(), strict=True):
        below |= equal & (column < most)
        equal &= column == most
    result: Mask = below | equal
    return result
