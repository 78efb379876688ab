"""Which fundings a child's entitlement leaves open in each session, and what the family pays."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Catalogue
from matching.codes import BREAK_TYPES, FUNDINGS
from matching.problem import Holdings, Remaining

FREE: Final = 1
CONTRIBUTORY: Final = 2
# More than anything can use.
_UNLIMITED: Final = np.iinfo(np.int64).max


def terms_of_months(catalogue: Catalogue, holdings: Holdings) -> list[Remaining]:
    """Give what is left, and on which terms, for each month of the catalogue.

    Parameters
    ----------
    catalogue : Catalogue
    holdings : Holdings

    Returns
    -------
    list of Remaining
        In the order of `Sessions.months`.
    """
    months = catalogue.sessions.months
    return [holdings.remaining.get(month, holdings.remaining_otherwise) for month in months]


def open_fundings(catalogue: Catalogue, holdings: Holdings, span: slice) -> NDArray[np.uint8]:
    """Tell by which fundings a child may still take a place.

    Parameters
    ----------
    catalogue : Catalogue
    holdings : Holdings
    span : slice
        Of session indices.

    Returns
    -------
    ndarray of shape (n,), uint8
        Bits of what the activity allows and the child's month and year leave: 1 free,
        2 contributory.

    Notes
    -----
    O(n) for a span of n sessions, in one step where no month has a limit of its year and all
    types of break count.
    """
    sessions, terms = catalogue.sessions, terms_of_months(catalogue, holdings)
    offered, month = sessions.funding[span], sessions.month[span]
    left = np.array(
        [FREE * (one.free != 0) + CONTRIBUTORY * (one.contributory != 0) for one in terms],
        dtype=np.uint8,
    )
    found: NDArray[np.uint8] = offered & left[month]
    activity = sessions.activity[span]
    for used, limits in (
        (sessions.minutes, [one.minutes for one in terms]),
        (sessions.nights, [one.nights for one in terms]),
    ):
        if any(limit is not None for limit in limits):
            found[used[span] > _by_month(limits)[month]] = 0
    if any(one.pence is not None for one in terms):
        pence = _by_month([one.pence for one in terms])[month]
        cost = catalogue.activities.cost_pence[activity]
        price = catalogue.activities.price_pence[activity]
        paid = np.minimum(price, _by_month([one.contribution_pence for one in terms])[month])
        found[cost > pence] &= ~np.uint8(FREE)
        found[cost - paid > pence] &= ~np.uint8(CONTRIBUTORY)
    if any(one.uncounted for one in terms):
        uncounted = np.array([[kind in one.uncounted for kind in BREAK_TYPES] for one in terms])
        free_of_it = uncounted[month, catalogue.activities.break_type[activity]]
        found[free_of_it] = offered[free_of_it]
    return found


def _by_month(limits: list[int | None]) -> NDArray[np.int64]:
    return np.array([_UNLIMITED if one is None else one for one in limits], dtype=np.int64)


def family_price(catalogue: Catalogue, holdings: Holdings, index: int, funding: str) -> int:
    """Tell what the family pays for a place.

    Parameters
    ----------
    catalogue : Catalogue
    holdings : Holdings
    index : int
        Of the session.
    funding : str
        One of `FUNDINGS`.

    Returns
    -------
    int
        Pence.
    """
    if funding == "free":
        return 0
    price = int(catalogue.activities.price_pence[catalogue.sessions.activity[index]])
    limit = _terms_at(catalogue, holdings, index).contribution_pence
    return price if limit is None else min(price, limit)


def shortfalls(catalogue: Catalogue, holdings: Holdings, index: int) -> list[dict[str, object]]:
    """Tell which allowances do not reach for a place.

    Parameters
    ----------
    catalogue : Catalogue
    holdings : Holdings
    index : int
        Of a session that no funding opens.

    Returns
    -------
    list of dict
        `measure` (`free`, `contributory`; of the year `hours`, `nights`, `money_pence`),
        `wanted` and `remaining`. Of the money, what the cheapest funding would use.
    """
    sessions, terms = catalogue.sessions, _terms_at(catalogue, holdings, index)
    activity = sessions.activity[index]
    offered = [name for bit, name in enumerate(FUNDINGS) if int(sessions.funding[index]) >> bit & 1]
    months: dict[str, int | None] = {"free": terms.free, "contributory": terms.contributory}
    dearest = max(family_price(catalogue, holdings, index, funding) for funding in offered)
    wanted: list[tuple[str, int, int | None, int]] = [
        *((funding, 1, months[funding], 1) for funding in offered),
        ("hours", int(sessions.minutes[index]), terms.minutes, 60),
        ("nights", int(sessions.nights[index]), terms.nights, 1),
        (
            "money_pence",
            max(0, int(catalogue.activities.cost_pence[activity]) - dearest),
            terms.pence,
            1,
        ),
    ]
    return [
        {
            "measure": measure,
            "wanted": amount / unit if unit > 1 else amount,
            "remaining": left / unit if unit > 1 else left,
        }
        for measure, amount, left, unit in wanted
        if left is not None and amount > left
    ]


def _terms_at(catalogue: Catalogue, holdings: Holdings, index: int) -> Remaining:
    month = catalogue.sessions.months[int(catalogue.sessions.month[index])]
    return holdings.remaining.get(month, holdings.remaining_otherwise)
