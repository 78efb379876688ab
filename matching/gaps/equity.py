"""Who is under-served: rates of groups beside everybody's, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from matching.errors import InvalidProblem

FEWEST: Final = 10
"""Of a group with fewer children nothing is concluded, nor of one that leaves out fewer."""

_CERTAINTY: Final = 0.95


@dataclass(frozen=True)
class Interval:
    """Two limits; the upper one of a ratio may be infinite."""

    low: float
    high: float


@dataclass(frozen=True)
class GroupRate:
    """How a group fares beside everybody.

    Attributes
    ----------
    children, unmet : int
        Children of the group, and those of them with something unmet.
    rate : float or None
        The share of the group that has something unmet; None of an empty group.
    rate_95 : Interval or None
    share_of_children, share_of_unmet : float or None
        The group's part of all children, and of all who have something unmet.
    ratio : float or None
        The rate of the group for that of everybody: above 1 it is under-served. As large as its
        share of the unmet for its share of children. None where nobody has anything unmet.
    ratio_95 : Interval or None
        None also where the group is everybody, or empty.
    verdict : str
        ``under_served`` or ``better_served`` where the interval leaves 1 out even when it is
        widened for the number of groups compared; ``like_others``; ``too_few``.
    """

    children: int
    unmet: int
    rate: float | None
    rate_95: Interval | None
    share_of_children: float | None
    share_of_unmet: float | None
    ratio: float | None
    ratio_95: Interval | None
    verdict: str


def compare_groups(
    groups: Sequence[tuple[int, int]], *, children: int, unmet: int
) -> list[GroupRate]:
    """Compare groups of children with everybody.

    Parameters
    ----------
    groups : sequence of (int, int)
        Of each group its children and those with something unmet; groups may overlap.
    children, unmet : int
        Of everybody.

    Returns
    -------
    list of GroupRate
        In the order of the groups.

    Raises
    ------
    InvalidProblem
        When a group has more unmet than children, or more than there are.

    Notes
    -----
    Rates have Wilson's score interval [1]_. A group is part of the whole, so the two rates depend
    on each other; the group and the others do not. The ratio of these two gets its limits from
    the Wilson limits of both (MOVER-R [2]_), and as everybody's rate is the mean of the two,
    weighted by children, the ratio to everybody follows from it and grows with it: its limits
    are those limits, put through the same formula. For a verdict the level is divided by the
    number of groups (Bonferroni), so that of all groups together one in twenty comparisons at
    most is called different by chance alone. The children are taken as a sample of those who
    might live there: of the children of this month as they are the rates are exact.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
       inference. Journal of the American Statistical Association 22, 209-212.
    .. [2] Donner, A. and Zou, G. Y. (2012). Closed-form confidence intervals for functions of
       the normal mean and standard deviation. Statistical Methods in Medical Research 21(4),
       347-359.
    """
    if not 0 <= unmet <= children:
        raise InvalidProblem("unmet must be from 0 to children")
    for n, x in groups:
        if not (0 <= x <= n <= children and x <= unmet and n - x <= children - unmet):
            raise InvalidProblem("groups must be parts of everybody")
    widened = 1 - (1 - _CERTAINTY) / max(1, len(groups))
    return [_rate(n, x, children, unmet, widened) for n, x in groups]


def _rate(n: int, x: int, children: int, unmet: int, widened: float) -> GroupRate:
    ratio = (x / n) / (unmet / children) if n and unmet else None
    return GroupRate(
        children=n,
        unmet=x,
        rate=x / n if n else None,
        rate_95=wilson(x, n, _CERTAINTY) if n else None,
        share_of_children=n / children if children else None,
        share_of_unmet=x / unmet if unmet else None,
        ratio=ratio,
        ratio_95=_ratio_limits(n, x, children, unmet, _CERTAINTY),
        verdict=_verdict(n, children, _ratio_limits(n, x, children, unmet, widened)),
    )


def _verdict(n: int, children: int, limits: Interval | None) -> str:
    if min(n, children - n) < FEWEST or limits is None:
        return "too_few"
    if limits.low > 1:
        return "under_served"
    return "better_served" if limits.high < 1 else "like_others"


def wilson(x: int, n: int, certainty: float) -> Interval:
    """Give Wilson's score interval of a share.

    Parameters
    ----------
    x, n : int
        So many of so many, the latter 1 or more.
    certainty : float
        Such as 0.95.

    Returns
    -------
    Interval
        Within 0 and 1.
    """
    z = NormalDist().inv_cdf((1 + certainty) / 2)
    share = x / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    # Rounding must not move the limits of none and of all.
    low = 0.0 if x == 0 else max(0.0, (middle - half) / whole)
    return Interval(low, 1.0 if x == n else min(1.0, (middle + half) / whole))


def _ratio_limits(n: int, x: int, children: int, unmet: int, certainty: float) -> Interval | None:
    others, others_unmet = children - n, unmet - x
    if not n or not others or not unmet:
        return None
    p, q = x / n, others_unmet / others
    of_group, of_others = wilson(x, n, certainty), wilson(others_unmet, others, certainty)
    product = p * q
    # The lower limit is rationalised, as its divisor may be nothing.
    reached = of_group.low * (2 * p - of_group.low)
    under = product**2 - reached * of_others.high * (2 * q - of_others.high)
    root = math.sqrt(max(0.0, under))
    low = reached / (product + root) if product + root else 0.0
    divisor = of_others.low * (2 * q - of_others.low)
    root = math.sqrt(max(0.0, product**2 - of_group.high * (2 * p - of_group.high) * divisor))
    high = (product + root) / divisor if divisor > 0 else math.inf
    share = n / children
    return Interval(_to_whole(low, share), _to_whole(high, share))


def _to_whole(ratio: float, share: float) -> float:
    """Turn a ratio to the others into one to everybody."""
    if math.isinf(ratio):
        return 1 / share
    return ratio / (share * ratio + 1 - share)
