"""The integer programme of groups and minimum sizes, solved by HiGHS."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from matching.allocation.bundles import Bundles, session_of_pair
from matching.allocation.network import Mask, Network, Positions
from matching.allocation.problem import Integers

# On larger programmes HiGHS was seen to overrun its time limit many times over.
_MOST_COLUMNS = 60_000
# HiGHS works in floats, and what it sums here are integers.
_ROUNDING = 0.01


class Programme:
    """Which pairs of children alone, which bundles and which sessions run: all yes or no.

    Parameters
    ----------
    network : Network
    bundles : Bundles
    minimum : ndarray of shape (n_sessions,), int64
    singles : ndarray of shape (n_pairs,), bool
        The pairs of children alone that may be used.
    ways : ndarray of shape (n_bundles,), bool
        The bundles that may be used.
    placed : ndarray of shape (n_children,), bool
        Children who must have a place.
    full, full_pools : ndarray, bool
        Sessions and pools that must be full.
    """

    def __init__(
        self,
        network: Network,
        bundles: Bundles,
        minimum: Integers,
        *,
        singles: Mask,
        ways: Mask,
        placed: Mask,
        full: Mask,
        full_pools: Mask,
    ) -> None:
        self._n_pairs = len(network.pair)
        pairs, kept = np.flatnonzero(singles), np.flatnonzero(ways)
        guarded = np.flatnonzero(minimum > 1)
        self._n_columns = len(pairs) + len(kept) + len(guarded)
        column_of_way = np.full(len(ways), -1)
        column_of_way[kept] = len(pairs) + np.arange(len(kept))
        in_way = column_of_way[bundles.bundle]
        # One entry for each pair that a column uses.
        self._pair = np.concatenate((pairs, bundles.pair[in_way >= 0]))
        self._column = np.concatenate((np.arange(len(pairs)), in_way[in_way >= 0]))
        self._rules: list[LinearConstraint] = []
        if not self._n_columns:
            return

        session = session_of_pair(network)[self._pair]
        pool = network.entry[self._pair] - network.n_sessions
        owner: Integers = np.concatenate(
            (network.child[pairs], network.n_children + bundles.group[kept])
        )
        groups = bundles.group_of_child
        n_owners = network.n_children + int(groups.max(initial=-1)) + 1
        owed = np.zeros(n_owners)
        owner_of_child = np.where(groups < 0, np.arange(len(groups)), len(groups) + groups)
        owed[owner_of_child[placed]] = 1
        once = self._rows(owner, np.arange(len(owner)), np.ones(len(owner)), n_owners)
        self._rules.append(LinearConstraint(once, owed, 1))
        load = self._rows(session, self._column, np.ones(len(session)), network.n_sessions)
        self._rules.append(
            LinearConstraint(load, np.where(full, network.capacity, 0), network.capacity)
        )
        drawn = pool >= 0
        if drawn.any():
            supported = self._rows(
                pool[drawn], self._column[drawn], np.ones(drawn.sum()), len(network.pool_session)
            )
            most = network.pool_capacity
            self._rules.append(LinearConstraint(supported, np.where(full_pools, most, 0), most))
        if guarded.size:
            runs = len(pairs) + len(kept) + np.arange(len(guarded))
            rows = np.arange(len(guarded))
            for places, low, high in (
                (minimum[guarded], 0, np.inf),
                (network.capacity[guarded], -np.inf, 0),
            ):
                running = self._rows(rows, runs, places.astype(float), len(guarded))
                self._rules.append(LinearConstraint(load[guarded] - running, low, high))

    def _rows(
        self, row: Integers | Positions, column: Integers, value: NDArray[np.float64], n_rows: int
    ) -> csr_array:
        return csr_array((value, (row, column)), shape=(n_rows, self._n_columns))

    def _sums(self, weights: Integers) -> Integers:
        sums = np.zeros(self._n_columns, dtype=np.int64)
        np.add.at(sums, self._column, weights[self._pair])
        return sums

    def hold(self, weights: Integers, reached: int) -> None:
        """Allow only what reaches so much from now on.

        Parameters
        ----------
        weights : ndarray of shape (n_pairs,), int64
        reached : int
        """
        if self._n_columns:
            # Half a unit less than an integer leaves room for rounding and lets nothing else in.
            row = csr_array(self._sums(weights)[None].astype(float))
            self._rules.append(LinearConstraint(row, reached - 0.5, np.inf))

    def solve(self, weights: Integers, time_limit_s: float) -> tuple[Mask | None, int | None]:
        """Find the allocation with the largest weight.

        Parameters
        ----------
        weights : ndarray of shape (n_pairs,), int64
        time_limit_s : float

        Returns
        -------
        used : ndarray of shape (n_pairs,), bool, or None
            None when none was found in time, or the programme is too large to keep to it.
        bound : int or None
            What no allocation of this programme surpasses; None when that was not found in time.
        """
        if not 0 < self._n_columns <= _MOST_COLUMNS or time_limit_s <= 0:
            return None, None
        answer = milp(
            -self._sums(weights).astype(float),
            integrality=np.ones(self._n_columns),
            bounds=Bounds(0, 1),
            constraints=self._rules,
            options={"mip_rel_gap": 0.0, "time_limit": time_limit_s},
        )
        bound = answer.mip_dual_bound
        most = None if bound is None or not math.isfinite(bound) else math.floor(_ROUNDING - bound)
        if answer.x is None:
            return None, most
        used = np.zeros(self._n_pairs, dtype=bool)
        used[self._pair[np.rint(answer.x).astype(bool)[self._column]]] = True
        return used, most
