"""Children who go together: what each session would be to all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matching.allocation.network import Mask, Network
from matching.allocation.problem import NONE, AllocationProblem, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Bundles:
    """The ways in which groups of two or more can go together.

    Attributes
    ----------
    group_of_child : ndarray of shape (n_children,), int64
        In the network's order; -1 for children alone.
    group, session, size : ndarray of shape (n_bundles,), int64
    pair : ndarray, int64
        Pairs of the network, those of one bundle side by side.
    bundle : ndarray, int64
        The bundle of each of `pair`.
    """

    group_of_child: Integers
    group: Integers
    session: Integers
    size: Integers
    pair: Integers
    bundle: Integers

    def sums(self, of_pair: Integers) -> Integers:
        """Add up the rows of a bundle's pairs.

        Parameters
        ----------
        of_pair : ndarray of shape (n_pairs,) or (n_pairs, k), int64

        Returns
        -------
        ndarray of shape (n_bundles,) or (n_bundles, k), int64
        """
        total = np.zeros((len(self.group), *of_pair.shape[1:]), dtype=np.int64)
        np.add.at(total, self.bundle, of_pair[self.pair])
        return total

    def shared(self, network: Network) -> Network:
        """Give each member of a group an equal share of what a session is worth to all of it.

        Parameters
        ----------
        network : Network

        Returns
        -------
        Network
            The members drawn first have one more where a sum cannot be shared evenly.

        Notes
        -----
        No allocation that parts nobody changes what it reaches. But in the network, where groups
        may part, members now want the same, which brings its bound close to what is possible.
        """
        firsts = np.flatnonzero(np.diff(self.bundle, prepend=-1))
        place = np.arange(len(self.pair)) - firsts[self.bundle]
        size = self.size[self.bundle]
        levels = []
        for level in network.levels:
            weights, total = level.weights.copy(), self.sums(level.weights)[self.bundle]
            weights[self.pair] = total // size + (place < total % size)
            levels.append(replace(level, weights=weights))
        return replace(network, levels=tuple(levels))


def session_of_pair(network: Network) -> Integers:
    """Give the session that each pair's entry leads to.

    Parameters
    ----------
    network : Network

    Returns
    -------
    ndarray of shape (n_pairs,), int64
    """
    leads = np.concatenate((np.arange(network.n_sessions), network.pool_session))
    session: Integers = leads[network.entry]
    return session


def find_bundles(problem: AllocationProblem, network: Network) -> tuple[Bundles, Mask]:
    """Find the sessions that everybody of a group could take.

    Parameters
    ----------
    problem : AllocationProblem
    network : Network
        Of the whole problem.

    Returns
    -------
    bundles : Bundles
    possible : ndarray of shape (n_pairs,), bool
        The pairs of children alone and those of a bundle; no allocation uses another.
    """
    group = np.full(network.n_children, NONE)
    group[network.child_position] = problem.group
    _, number, sizes = np.unique(group, return_inverse=True, return_counts=True)
    alone = (group == NONE) | (sizes[number] < 2)
    group_of_child = np.where(alone, NONE, number)

    session = session_of_pair(network)
    grouped = np.flatnonzero(group_of_child[network.child] != NONE)
    group_of_pair = group_of_child[network.child[grouped]]
    keys, column, members = np.unique(
        group_of_pair * network.n_sessions + session[grouped],
        return_inverse=True,
        return_counts=True,
    )
    key_group, key_session = np.divmod(keys, max(1, network.n_sessions))
    everybody = members == sizes[key_group]
    kept = np.flatnonzero(everybody[column])
    kept = kept[np.argsort(column[kept], kind="stable")]
    rank = np.cumsum(everybody) - 1
    possible = group_of_child[network.child] == NONE
    possible[grouped[kept]] = True
    bundles = Bundles(
        group_of_child=group_of_child,
        group=key_group[everybody],
        session=key_session[everybody],
        size=members[everybody],
        pair=grouped[kept],
        bundle=rank[column[kept]],
    )
    return bundles, possible
