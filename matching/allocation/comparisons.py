"""What simpler ways to give places out would have done, and who fares how under each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from matching.allocation.problem import MOST_VALUE, NONE, AllocationProblem, Integers
from matching.errors import InvalidProblem


@dataclass(frozen=True, slots=True)
class EquityRow:
    """How one group of children, or of sessions, fares under one plan.

    Attributes
    ----------
    dimension, group, plan : str
    children : int
        Children of the group; of a group of sessions, those who could take one of them.
    asked : int
        Those of them who could take any place.
    placed : int
        Those of them who got one; of a group of sessions, one of these.
    value : int
        The sum of what those places are worth.
    """

    dimension: str
    group: str
    plan: str
    children: int
    asked: int
    placed: int
    value: int

    @property
    def share(self) -> float | None:
        """Give the share of those who asked that got a place.

        Returns
        -------
        float or None
            None if nobody asked.
        """
        return self.placed / self.asked if self.asked else None

    @property
    def mean_value(self) -> float | None:
        """Give what a place given is worth on average.

        Returns
        -------
        float or None
            None if none was given.
        """
        return self.value / self.placed if self.placed else None


def first_come(problem: AllocationProblem, order: Sequence[int]) -> Integers:
    """Serve children one after the other, each with the best place still left.

    Parameters
    ----------
    problem : AllocationProblem
    order : sequence of int
        All positions of children, those who come first at the front.

    Returns
    -------
    ndarray of shape (n_children,), int64
        The pair of each child, or -1.

    Notes
    -----
    Children who go together are served when the first of them comes. Where a session stays below
    its minimum it is closed and all are served again. Places of equal value: by drawn order.
    """
    if sorted(order) != list(range(len(problem.child_ids))):
        raise InvalidProblem("order must name each child once")
    closed = np.zeros(len(problem.session_ids), dtype=bool)
    while True:
        pair_of_child = _serve(problem, order, closed)
        given = pair_of_child[pair_of_child != NONE]
        taken = np.bincount(problem.pair_session[given], minlength=len(closed))
        small = (taken > 0) & (taken < problem.minimum)
        if not small.any():
            return pair_of_child
        closed |= small


def pure_lottery(problem: AllocationProblem) -> Integers:
    """Serve children in drawn order, each with the best place still left.

    Parameters
    ----------
    problem : AllocationProblem

    Returns
    -------
    ndarray of shape (n_children,), int64
        The pair of each child, or -1.

    Notes
    -----
    Random serial dictatorship, with the seed's own draw; see `first_come`.
    """
    return first_come(problem, np.argsort(problem.child_position).tolist())


def _serve(problem: AllocationProblem, order: Sequence[int], closed: NDArray[np.bool_]) -> Integers:
    places = np.where(closed, 0, problem.capacity).tolist()
    supported = problem.pool_capacity.tolist()
    pair_of_child = np.full(len(problem.child_ids), NONE)
    members: dict[int, list[int]] = {}
    for child, group in enumerate(problem.group.tolist()):
        if group != NONE:
            members.setdefault(group, []).append(child)
    choices = _choices(problem)
    session_of, pool_of, value_of = problem.pair_session, problem.pair_pool, problem.pair_value
    served = [False] * len(problem.child_ids)
    for child in order:
        if served[child]:
            continue
        group = int(problem.group[child])
        party = members[group] if group != NONE else [child]
        ways: Iterable[list[int]] = ([pair] for pair in choices[child].tolist())
        if len(party) > 1:
            options = [
                dict(zip(session_of[pairs].tolist(), pairs.tolist(), strict=True))
                for pairs in (choices[one] for one in party)
            ]
            shared = [s for s in options[0] if all(s in option for option in options)]
            ways = sorted(
                ([option[session] for option in options] for session in shared),
                key=lambda way: -int(value_of[way].sum()),
            )
        for one in party:
            served[one] = True
        for way in ways:
            session = session_of[way[0]]
            drawn = [pool for pool in pool_of[way].tolist() if pool != NONE]
            if places[session] < len(way) or any(supported[p] < drawn.count(p) for p in drawn):
                continue
            places[session] -= len(way)
            for pool in drawn:
                supported[pool] -= 1
            pair_of_child[party] = way
            break
    return pair_of_child


def _choices(problem: AllocationProblem) -> list[Integers]:
    """List each child's pairs, the best first."""
    # Pairs stand by child and drawn order before, and equals of a stable sort stay so.
    in_order = problem.pair_order
    keys = problem.pair_child[in_order] * (MOST_VALUE + 1) - problem.pair_value[in_order]
    best_first = in_order[np.argsort(keys, kind="stable")]
    ends = np.cumsum(np.bincount(problem.pair_child, minlength=len(problem.child_ids)))
    return [best_first[a:b] for a, b in pairwise([0, *ends.tolist()])]


def equity(
    problem: AllocationProblem,
    plans: Mapping[str, Integers],
    by_child: Mapping[str, Sequence[str]],
    by_session: Mapping[str, Sequence[str]],
) -> tuple[EquityRow, ...]:
    """Tell how groups fare under each plan, with the counts it rests on.

    Parameters
    ----------
    problem : AllocationProblem
    plans : mapping of str to ndarray of shape (n_children,), int64
        The pair of each child, or -1, by the plan's name.
    by_child : mapping of str to sequence of str
        A label for each child, by dimension, such as the age band.
    by_session : mapping of str to sequence of str
        A label for each session, by dimension, such as the setting.

    Returns
    -------
    tuple of EquityRow
        By dimension as given, then group in alphabetical order, then plan as given.

    Raises
    ------
    InvalidProblem
        When a dimension or a plan has another length than what it describes.
    """
    n_children = len(problem.child_ids)
    asked = np.zeros(n_children, dtype=bool)
    asked[problem.pair_child] = True
    for name, plan in plans.items():
        if len(plan) != n_children:
            raise InvalidProblem(f"plan {name} has another length than child_ids")
    rows = []
    for dimensions, ids in ((by_child, problem.child_ids), (by_session, problem.session_ids)):
        for dimension, labels in dimensions.items():
            if len(labels) != len(ids):
                raise InvalidProblem(f"dimension {dimension} has another length than its ids")
            label = np.array(labels, dtype=object)
            for group in sorted(set(labels)):
                inside = label == group
                if dimensions is by_child:
                    pairs, within = inside[problem.pair_child], inside
                else:
                    pairs, within = inside[problem.pair_session], np.zeros(n_children, dtype=bool)
                    within[problem.pair_child[pairs]] = True
                for name, plan in plans.items():
                    given = plan[plan != NONE]
                    given = given[pairs[given]]
                    rows.append(
                        EquityRow(
                            dimension,
                            group,
                            name,
                            children=int(within.sum()),
                            asked=int((within & asked).sum()),
                            placed=len(given),
                            value=int(problem.pair_value[given].sum()),
                        )
                    )
    return tuple(rows)
