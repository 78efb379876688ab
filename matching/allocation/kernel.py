"""Best flows, by OR-tools' cost scaling: which pairs to use, given one cost a pair."""

from __future__ import annotations

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from matching.allocation.network import Face, Mask, Network
from matching.allocation.problem import Integers
from matching.errors import InvalidProblem


def most_weight(network: Network) -> int:
    """Tell how large a weight may be so that nothing overflows 64 bits.

    Parameters
    ----------
    network : Network

    Returns
    -------
    int

    Notes
    -----
    OR-tools multiplies costs by the number of nodes. A price is the weight of a path, which has at
    most two pairs for each entry, so prices stay below 2**59 and sums of a few within 64 bits.
    """
    return 2**62 // (16 * (network.n_children + network.n_entries + 4))


def place_most(network: Network, weights: Integers) -> Mask:
    """Place as many children as possible, and so with the largest weight.

    Parameters
    ----------
    network : Network
    weights : ndarray of shape (n_pairs,), int64

    Returns
    -------
    ndarray of shape (n_pairs,), bool
        The pairs used.
    """
    first_entry = network.n_children
    source = first_entry + network.n_entries
    n_sessions, n_pools = network.n_sessions, len(network.pool_session)
    flow = SimpleMinCostFlow()
    pairs = flow.add_arcs_with_capacity_and_unit_cost(
        network.child,
        first_entry + network.entry,
        np.ones(len(network.pair), dtype=np.int64),
        -weights,
    )
    asking = np.flatnonzero(np.bincount(network.child, minlength=first_entry))
    tails = (
        np.full(len(asking), source),
        first_entry + n_sessions + np.arange(n_pools),
        first_entry + np.arange(n_sessions),
    )
    heads = (asking, first_entry + network.pool_session, np.full(n_sessions, source + 1))
    places = (np.ones(len(asking), dtype=np.int64), network.pool_capacity, network.capacity)
    bounds = np.concatenate(places)
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails), np.concatenate(heads), bounds, np.zeros_like(bounds)
    )
    flow.set_node_supply(source, len(asking))
    flow.set_node_supply(source + 1, -len(asking))
    return _solved(flow, flow.solve_max_flow_with_min_cost(), pairs)


def best_within(network: Network, face: Face, weights: Integers) -> Mask:
    """Find the allocation of a face with the largest weight.

    Parameters
    ----------
    network : Network
    face : Face
        Not empty.
    weights : ndarray of shape (n_pairs,), int64
        Those of pairs that are not usable play no part.

    Returns
    -------
    ndarray of shape (n_pairs,), bool
        The pairs used.
    """
    usable = np.flatnonzero(face.usable)
    first_entry = network.n_children
    sink = first_entry + network.n_entries
    n_sessions = network.n_sessions
    asking = np.flatnonzero(np.bincount(network.child[usable], minlength=first_entry))
    supply = np.zeros(sink + 1, dtype=np.int64)
    supply[asking] = 1
    # What must be full draws its places itself; the rest may go on.
    pool_node = first_entry + n_sessions + np.arange(len(network.pool_session))
    supply[pool_node[face.pool_full]] = -network.pool_capacity[face.pool_full]
    np.add.at(
        supply,
        first_entry + network.pool_session[face.pool_full],
        network.pool_capacity[face.pool_full],
    )
    supply[first_entry + np.flatnonzero(face.session_full)] -= network.capacity[face.session_full]
    supply[sink] = -supply.sum()

    flow = SimpleMinCostFlow()
    pairs = flow.add_arcs_with_capacity_and_unit_cost(
        network.child[usable],
        first_entry + network.entry[usable],
        np.ones(len(usable), dtype=np.int64),
        -weights[usable],
    )
    waiving = asking[~face.must_place[asking]]
    open_pools, open_sessions = np.flatnonzero(~face.pool_full), np.flatnonzero(~face.session_full)
    tails = (waiving, pool_node[open_pools], first_entry + open_sessions)
    heads = (
        np.full(len(waiving), sink),
        first_entry + network.pool_session[open_pools],
        np.full(len(open_sessions), sink),
    )
    places = (
        np.ones(len(waiving), dtype=np.int64),
        network.pool_capacity[open_pools],
        network.capacity[open_sessions],
    )
    bounds = np.concatenate(places)
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails), np.concatenate(heads), bounds, np.zeros_like(bounds)
    )
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply)
    used = np.zeros(len(network.pair), dtype=bool)
    used[usable] = _solved(flow, flow.solve(), pairs)
    return used


def _solved(flow: SimpleMinCostFlow, status: SimpleMinCostFlow.Status, pairs: Integers) -> Mask:
    if status == SimpleMinCostFlow.Status.BAD_COST_RANGE:
        raise InvalidProblem("pair_value is too large for so many children and sessions")
    if status != SimpleMinCostFlow.Status.OPTIMAL:
        raise RuntimeError(f"the flow was not solved: {status.name}")
    used: Mask = np.asarray(flow.flows(pairs)) > 0
    return used
