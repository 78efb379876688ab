"""Judges any allocation by the problem alone; shares no code with what made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from matching.allocation.problem import AllocationProblem, Integers
from matching.allocation.result import Allocation

# Larger prices are not believed: sums of them could run over.
_MOST_PRICE = 2**60


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    Attributes
    ----------
    breaches : tuple of str
        What is wrong, one sentence each; empty when nothing is.
    proved : bool
        Whether nothing is wrong and the prices alone prove that no allocation is better.
    """

    breaches: tuple[str, ...]
    proved: bool


def check_allocation(problem: AllocationProblem, allocation: Allocation) -> Verdict:
    """Verify that an allocation is allowed, reaches what it says, and that its bound holds.

    Parameters
    ----------
    problem : AllocationProblem
    allocation : Allocation

    Returns
    -------
    Verdict
        Never `proved` where children go together or sessions need a minimum and the network's
        bound is not reached; such a bound is the integer programme's word.

    Notes
    -----
    The proof is weak duality: with prices that are not negative, each placed child's weight is at
    most its price and what the child keeps, so the sum is at most what all keep and the price of
    all places. Integers that are compared word by word are an ordered group, where this holds as
    it does for numbers. O(n) for n pairs; in exact integers.
    """
    breaches = list(_wrong_shapes(problem, allocation))
    if not breaches:
        breaches = [*_not_allowed(problem, allocation), *_not_reached(problem, allocation)]
        breaches += _not_bounded(problem, allocation)
    proved = not breaches and allocation.reached == allocation.certificate.bound
    return Verdict(tuple(breaches), proved)


def _wrong_shapes(problem: AllocationProblem, allocation: Allocation) -> Iterator[str]:
    n_levels, certificate = len(allocation.level_names), allocation.certificate
    n_children = len(problem.child_ids)
    for name, array, shape in (
        ("pair_of_child", allocation.pair_of_child, (n_children,)),
        ("session_of_child", allocation.session_of_child, (n_children,)),
        ("session_prices", certificate.session_prices, (len(problem.session_ids), n_levels)),
        ("pool_prices", certificate.pool_prices, (len(problem.pool_session), n_levels)),
        ("keeps", certificate.keeps, (n_children, n_levels)),
    ):
        if array.shape != shape or array.dtype != np.int64:
            yield f"{name} has a wrong shape or type"
        elif array.size and max(-int(array.min()), int(array.max())) > _MOST_PRICE:
            yield f"{name} is out of range"
    for name, words in (("reached", allocation.reached), ("bound", allocation.bound)):
        if len(words) != n_levels:
            yield f"{name} has another number of levels"
    if len(certificate.bound) != n_levels:
        yield "the certificate's bound has another number of levels"
    if allocation.level_names not in (_names(problem), _names(problem)[:-2]):
        yield "level_names are not those of the problem"


def _names(problem: AllocationProblem) -> tuple[str, ...]:
    bands = sorted(set(problem.band.tolist()))[:-1]
    return ("placed", *(f"band_{band}" for band in bands), "value", "lottery", "choice")


def _not_allowed(problem: AllocationProblem, allocation: Allocation) -> Iterator[str]:
    pair = allocation.pair_of_child
    if pair.size and not (pair.min() >= -1 and pair.max() < len(problem.pair_child)):
        yield "pair_of_child names a pair that does not exist"
        return
    placed = np.flatnonzero(pair >= 0)
    given = pair[placed]
    if np.any(problem.pair_child[given] != placed):
        yield "a child has another child's pair"
    session = np.full(len(pair), -1)
    session[placed] = problem.pair_session[given]
    if np.any(session != allocation.session_of_child):
        yield "session_of_child is not the session of the pair"
    taken = np.zeros(len(problem.session_ids), dtype=np.int64)
    np.add.at(taken, problem.pair_session[given], 1)
    if np.any(taken > problem.capacity):
        yield "a session holds more children than it has places"
    if np.any((taken > 0) & (taken < problem.minimum)):
        yield "a session runs with fewer children than its minimum"
    supported = np.zeros(len(problem.pool_session), dtype=np.int64)
    drawn = problem.pair_pool[given]
    np.add.at(supported, drawn[drawn >= 0], 1)
    if np.any(supported > problem.pool_capacity):
        yield "a pool gives more supported places than it has"
    together: dict[int, set[int]] = {}
    for group, where in zip(problem.group.tolist(), session.tolist(), strict=True):
        if group >= 0:
            together.setdefault(group, set()).add(where)
    if any(len(places) > 1 for places in together.values()):
        yield "children who go together were parted"


def _points(problem: AllocationProblem) -> Integers:
    """Draw the lottery again: the child drawn first has the most points."""
    key = problem.seed.to_bytes(8, "big")
    digests = [
        (blake2b(child.bytes, digest_size=16, key=key, person=b"child").digest(), child.bytes)
        for child in problem.child_ids
    ]
    points = np.zeros(len(digests), dtype=np.int64)
    for ahead, child in enumerate(sorted(range(len(digests)), key=lambda one: digests[one])):
        points[child] = len(digests) - ahead
    return points


def _weights(problem: AllocationProblem, names: tuple[str, ...]) -> Integers:
    """Weigh each pair on each level."""
    points = _points(problem)
    drawn = points[problem.pair_child]
    known = {
        "placed": np.ones(len(drawn), dtype=np.int64),
        "value": problem.pair_value,
        "lottery": drawn,
        "choice": drawn * problem.pair_value,
    }
    band = problem.band[problem.pair_child]
    columns = [
        known[name] if name in known else (band == int(name[5:])).astype(np.int64) for name in names
    ]
    return np.stack(columns, axis=1)


def _not_reached(problem: AllocationProblem, allocation: Allocation) -> Iterator[str]:
    given = allocation.pair_of_child[allocation.pair_of_child >= 0]
    if given.size and given.max() >= len(problem.pair_child):
        return
    weights = _weights(problem, allocation.level_names)
    if tuple(weights[given].sum(axis=0).tolist()) != allocation.reached:
        yield "the allocation does not reach what it claims"


def _first_sign(words: Integers) -> Integers:
    """Give the sign of the first level that is not zero, of each row."""
    sign = np.zeros(len(words), dtype=np.int64)
    for level in words.T:
        sign = np.where(sign == 0, np.sign(level), sign)
    return sign


def _not_bounded(problem: AllocationProblem, allocation: Allocation) -> Iterator[str]:
    certificate = allocation.certificate
    session, pool = certificate.session_prices, certificate.pool_prices
    if (_first_sign(session) < 0).any() or (_first_sign(pool) < 0).any():
        yield "a price is less than zero"
    if (_first_sign(certificate.keeps) < 0).any():
        yield "a child keeps less than zero"
    possible, weights = _possible(problem, allocation.level_names)
    child, where = problem.pair_child[possible], problem.pair_session[possible]
    left = certificate.keeps[child] + session[where]
    drawn = problem.pair_pool[possible]
    left[drawn >= 0] += pool[drawn[drawn >= 0]]
    left -= weights[possible]
    if (_first_sign(left) < 0).any():
        yield "a child would rather have a place at its price than what it keeps"
    n_children = len(problem.child_ids)
    parts = (
        (certificate.keeps, np.ones(n_children, dtype=np.int64)),
        (session, np.minimum(problem.capacity, n_children)),
        (pool, np.minimum(problem.pool_capacity, n_children)),
    )
    bound = tuple(
        sum(
            price * times
            for prices, counts in parts
            for price, times in zip(prices[:, level].tolist(), counts.tolist(), strict=True)
            if price
        )
        for level in range(len(allocation.level_names))
    )
    if bound != certificate.bound:
        yield "the certificate's bound is not the sum of its prices"
    if not allocation.reached <= allocation.bound <= certificate.bound:
        yield "what is reached, the bound and the certificate's bound are out of order"
    grouped = problem.group[problem.group >= 0]
    bound_by_word = len(np.unique(grouped)) < len(grouped) or (problem.minimum > 1).any()
    if allocation.method != ("integer_programme" if bound_by_word else "network"):
        yield "the method is not the problem's"
    if not bound_by_word and allocation.bound != certificate.bound:
        yield "the bound is not the certificate's"


def _possible(problem: AllocationProblem, names: tuple[str, ...]) -> tuple[Integers, Integers]:
    """Find the pairs of children alone and those that everybody of a group has; weigh them.

    To a member, a session is worth an equal share of what it is to its group.
    """
    weights = _weights(problem, names)
    points = _points(problem)
    groups: dict[int, int] = {}
    for one in problem.group.tolist():
        groups[one] = groups.get(one, 0) + 1
    shared: dict[tuple[int, int], list[int]] = {}
    kept = np.ones(len(problem.pair_child), dtype=bool)
    members = problem.group[problem.pair_child]
    for pair in np.flatnonzero(members >= 0).tolist():
        key = (int(members[pair]), int(problem.pair_session[pair]))
        shared.setdefault(key, []).append(pair)
    for (group, _), pairs in shared.items():
        if len(pairs) < groups[group]:
            kept[pairs] = False
            continue
        drawn_first = sorted(pairs, key=lambda pair: -points[problem.pair_child[pair]])
        share, over = np.divmod(weights[pairs].sum(axis=0), len(pairs))
        for place, pair in enumerate(drawn_first):
            weights[pair] = share + (place < over)
    return np.flatnonzero(kept), weights
