"""What an allocation is, and what it proves about itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.allocation.problem import NONE, Integers

NETWORK = "network"
INTEGER_PROGRAMME = "integer_programme"


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """Prices that prove how much any allocation can reach.

    Each price is a row of one integer a level and is compared like a word: the first level that
    differs decides. No price is less than zero, and no child would rather have another place at
    these prices than what it is said to keep. Whatever the allocation, it then reaches at most
    the sum of what children keep and of all places at their prices. To children who go together,
    a place is worth an equal share of what it is to all of them; those drawn first have one more
    where that cannot be shared evenly.

    Attributes
    ----------
    session_prices : ndarray of shape (n_sessions, n_levels), int64
        What one more place in the session would be worth, in the network.
    pool_prices : ndarray of shape (n_pools, n_levels), int64
        What a supported place costs on top of the session's price.
    keeps : ndarray of shape (n_children, n_levels), int64
        What the best place is worth to the child beyond its price, or zero.
    bound : tuple of int
        What no allocation can surpass, by these prices: one number a level.
    """

    session_prices: Integers
    pool_prices: Integers
    keeps: Integers
    bound: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """Who goes where, with the proof.

    Attributes
    ----------
    pair_of_child : ndarray of shape (n_children,), int64
        Position of the pair that the child was given, or -1.
    session_of_child : ndarray of shape (n_children,), int64
        Position of the session, or -1.
    level_names : tuple of str
        `placed`, `band_N` for each waiting band but the last, `value`, `lottery`, `choice`.
    reached : tuple of int
        What the allocation reaches, one number a level.
    bound : tuple of int
        What no allocation can surpass; compared level by level, the first difference decides.
    method : str
        `network`: `bound` is the certificate's; `integer_programme`: children go together or
        sessions need a minimum, and `bound` is the better of the certificate's and the solver's.
    certificate : Certificate
        Prices, of the network in which groups may part and sessions run with anybody.
    """

    pair_of_child: Integers
    session_of_child: Integers
    level_names: tuple[str, ...]
    reached: tuple[int, ...]
    bound: tuple[int, ...]
    method: str
    certificate: Certificate

    @property
    def optimal(self) -> bool:
        """Tell whether nothing better exists, on all levels.

        Returns
        -------
        bool
        """
        return self.reached == self.bound

    @property
    def gap(self) -> tuple[str, int] | None:
        """Give the first level that is not proved and by how much it may fall short.

        Returns
        -------
        tuple of (str, int), or None
            None if every level is proved.
        """
        for name, reached, bound in zip(self.level_names, self.reached, self.bound, strict=True):
            if reached != bound:
                return name, bound - reached
        return None

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Tell for each child whether it has a place.

        Returns
        -------
        ndarray of shape (n_children,), bool
        """
        placed: NDArray[np.bool_] = self.session_of_child != NONE
        return placed
