"""What is to be given out: children, sessions, the pairs that are possible, and what binds them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matching.allocation.lottery import draw_order
from matching.errors import InvalidProblem

Integers = NDArray[np.int64]

NONE: Final = -1
"""Stands for no pool, no group, no pair and no session in arrays of positions."""

MOST_VALUE: Final = 1_000_000
"""The largest value of a pair; the sums of all levels stay within 64 bits."""


def _unset() -> Integers:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class AllocationProblem:
    """Places of one month and the children who could take them, at most one place each.

    Positions in `child_ids`, `session_ids` and the pools are what all other arrays refer to.
    Arrays are copied and made read-only; those of length 0 take their default.

    Attributes
    ----------
    child_ids : sequence of UUID
        Stable and distinct; the lottery is drawn from them and the seed.
    band : array_like of shape (n_children,), int
        Waiting band, 0 for the children who have waited longest.
    session_ids : sequence of UUID
        Stable and distinct.
    capacity : array_like of shape (n_sessions,), int
        Places left, existing bookings already subtracted.
    pair_child, pair_session : array_like of shape (n_pairs,), int
        The pairs that are possible, none twice.
    pair_value : array_like of shape (n_pairs,), int
        What the place is worth to the child, from 0 to `MOST_VALUE`.
    pair_pool : array_like of shape (n_pairs,), int
        The pool of supported places that the pair draws on, in the pair's own session; -1: none.
    pool_session : array_like of shape (n_pools,), int
        The session that the pool's places are part of.
    pool_kind : array_like of shape (n_pools,), int
        What tells the pools of a session apart, such as a need's code.
    pool_capacity : array_like of shape (n_pools,), int
        Supported places left.
    group : array_like of shape (n_children,), int
        Children with the same number go together to one session, or none of them; -1: alone.
    minimum : array_like of shape (n_sessions,), int
        A session runs with at least so many of the places given here, or gives none.
    starts, ends : array_like of shape (n_sessions,), int
        When sessions are, in any unit, open at the end; needed for a second round only.
    seed : int
        Of the lottery, from 0 to 2**64 - 1.
    child_position, session_position : ndarray, int64
        Places in the drawn order; made here. The child at 0 was drawn first.
    pair_order : ndarray of shape (n_pairs,), int64
        The pairs by their child's, then their session's place in that order; made here.

    Raises
    ------
    InvalidProblem
        When arrays contradict each other; the message names the field.
    """

    child_ids: Sequence[UUID]
    band: Integers
    session_ids: Sequence[UUID]
    capacity: Integers
    pair_child: Integers
    pair_session: Integers
    pair_value: Integers
    pair_pool: Integers = field(default_factory=_unset)
    pool_session: Integers = field(default_factory=_unset)
    pool_kind: Integers = field(default_factory=_unset)
    pool_capacity: Integers = field(default_factory=_unset)
    group: Integers = field(default_factory=_unset)
    minimum: Integers = field(default_factory=_unset)
    starts: Integers = field(default_factory=_unset)
    ends: Integers = field(default_factory=_unset)
    seed: int = 0
    child_position: Integers = field(init=False)
    session_position: Integers = field(init=False)
    pair_order: Integers = field(init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**64:
            raise InvalidProblem("seed must be 0 or more and less than 2**64")
        for one in ("child", "session"):
            ids: tuple[UUID, ...] = tuple(getattr(self, f"{one}_ids"))
            if len(set(ids)) != len(ids):
                raise InvalidProblem(f"{one}_ids must be distinct")
            position = draw_order(ids, self.seed, one.encode())
            object.__setattr__(self, f"{one}_ids", ids)
            object.__setattr__(self, f"{one}_position", position)
        n_children, n_sessions = len(self.child_ids), len(self.session_ids)
        n_pairs, n_pools = np.size(self.pair_child), np.size(self.pool_session)
        for name, length, default in (
            ("band", n_children, None),
            ("capacity", n_sessions, None),
            ("pair_child", n_pairs, None),
            ("pair_session", n_pairs, None),
            ("pair_value", n_pairs, None),
            ("pair_pool", n_pairs, NONE),
            ("pool_session", n_pools, None),
            ("pool_kind", n_pools, None),
            ("pool_capacity", n_pools, None),
            ("group", n_children, NONE),
            ("minimum", n_sessions, 0),
            ("starts", n_sessions, 0),
            ("ends", n_sessions, 0),
        ):
            object.__setattr__(self, name, _read_only(getattr(self, name), length, default, name))
        self._check_ranges()
        child = self.child_position[self.pair_child]
        session = self.session_position[self.pair_session]
        order, keys = _sorted(child * n_sessions + session, n_children * n_sessions)
        if (keys[1:] == keys[:-1]).any():
            raise InvalidProblem("a child and a session must not be paired twice")
        order.flags.writeable = False
        object.__setattr__(self, "pair_order", order)

    def _check_ranges(self) -> None:
        n_children, n_sessions = len(self.child_ids), len(self.session_ids)
        for name, low, high in (
            ("band", 0, n_children + 1_000),
            ("capacity", 0, 2**40),
            ("pair_child", 0, n_children - 1),
            ("pair_session", 0, n_sessions - 1),
            ("pair_value", 0, MOST_VALUE),
            ("pair_pool", NONE, len(self.pool_session) - 1),
            ("pool_session", 0, n_sessions - 1),
            ("pool_kind", 0, 2**31 - 1),
            ("pool_capacity", 0, 2**40),
            ("group", NONE, 2**62),
            ("minimum", 0, 2**40),
        ):
            values = getattr(self, name)
            if values.size and not (values.min() >= low and values.max() <= high):
                raise InvalidProblem(f"{name} must lie within {low} and {high}")
        if np.any(self.ends < self.starts):
            raise InvalidProblem("ends must not be before starts")
        if _has_duplicates(self.pool_session * 2**31 + self.pool_kind):
            raise InvalidProblem("the pools of a session must differ in pool_kind")
        drawn = self.pair_pool != NONE
        if np.any(self.pool_session[self.pair_pool[drawn]] != self.pair_session[drawn]):
            raise InvalidProblem("pair_pool must be a pool of the pair's own session")

    def among(self, positions: Integers) -> AllocationProblem:
        """Leave out pairs; what was checked of all of them holds for some.

        Parameters
        ----------
        positions : ndarray of shape (n_kept,), int64
            Of the pairs to keep, ascending.

        Returns
        -------
        AllocationProblem

        Notes
        -----
        O(n) for n pairs: as `replace` with fewer pairs, without sorting and checking them again.
        """
        part = copy(self)
        new = np.full(len(self.pair_child), NONE)
        new[positions] = np.arange(len(positions))
        order = new[self.pair_order]
        kept = {"pair_order": order[order != NONE]}
        for name in ("pair_child", "pair_session", "pair_value", "pair_pool"):
            kept[name] = getattr(self, name)[positions]
        for name, array in kept.items():
            array.flags.writeable = False
            object.__setattr__(part, name, array)
        return part

    @property
    def is_network(self) -> bool:
        """Tell whether nobody must go together and no session needs a minimum.

        Returns
        -------
        bool
        """
        return not (self.minimum > 1).any() and not _has_duplicates(self.group[self.group != NONE])


def _has_duplicates(keys: Integers) -> bool:
    ordered = np.sort(keys)
    return bool((ordered[1:] == ordered[:-1]).any())


def _sorted(keys: Integers, limit: int) -> tuple[Integers, Integers]:
    """Sort keys below a limit; give the order and the keys in it."""
    bits = len(keys).bit_length()
    if limit >> (62 - bits):
        order = np.argsort(keys)
        return order, keys[order]
    # Sorting the keys with their places behind them is twice as fast as sorting places by key.
    packed = np.sort((keys << bits) | np.arange(len(keys)))
    return packed & ((1 << bits) - 1), packed >> bits


def _read_only(values: ArrayLike, length: int, default: int | None, name: str) -> Integers:
    given: NDArray[Any] = np.asarray(values)
    if given.ndim != 1:
        raise InvalidProblem(f"{name} must have one dimension")
    if given.size == 0 and length and default is not None:
        given = np.full(length, default)
    if given.size != length:
        raise InvalidProblem(f"{name} has another length than what it describes")
    if given.size and given.dtype.kind not in "iu":
        raise InvalidProblem(f"{name} must hold integers")
    if given.dtype.kind == "u" and given.size and given.max() > 2**62:
        raise InvalidProblem(f"{name} is too large")
    array = given.astype(np.int64, copy=True)
    array.flags.writeable = False
    return array
