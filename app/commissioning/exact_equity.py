"""Who is under-served in a month, exactly: from the stored facts of its children."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy.orm import Session

from app.codes import NEED_CODES
from app.commissioning import queries
from app.commissioning import schemas as wire
from app.engine.equity import GROUP_OF_NEED, LAST_SETTLED, Interval, compare_groups
from app.gaps.queries import find_month
from app.releases.errors import FactsMissing

METHOD: Final = (
    "A child counts as unmet with at least one want of the month that is neither met nor available;"
    " children without a want are left out. Rates: Wilson's score interval. Ratio to everybody:"
    " limits of the ratio to all other children from both Wilson intervals (MOVER-R, Donner and Zou"
    " 2012). A verdict needs ten children on either side, and an interval that leaves 1 out even at"
    " the level divided by the number of groups of the dimension."
)
NO_NEED: Final = "none"


def read_month(session: Session, month: str) -> wire.EquityRead:
    """Compare the groups of children of a month that has been judged."""
    if find_month(session, month) is None:
        raise FactsMissing("The worker does so within minutes.", months=[month])
    rows = queries.standing_of_children(session, month, last_settled=LAST_SETTLED)
    children, unmet = len(rows), sum(row.unmet for row in rows)
    dimensions: tuple[tuple[str, bool, Callable[[Any], Iterable[str]]], ...] = (
        ("need_group", True, _need_groups),
        ("age_band", False, lambda row: (row.age_band,)),
        ("area", False, lambda row: (row.area,)),
        ("sen_type", True, lambda row: set(row.sen_types)),
    )
    (everybody,) = compare_groups([(children, unmet)], children=children, unmet=unmet)
    return wire.EquityRead(
        month=month,
        children=children,
        unmet=unmet,
        rate=everybody.rate,
        rate_95=_interval(everybody.rate_95),
        dimensions=[
            wire.DimensionRead.model_validate(
                {
                    "by": by,
                    "overlapping": overlapping,
                    "groups": _groups(rows, groups_of, children, unmet),
                }
            )
            for by, overlapping, groups_of in dimensions
        ],
        method=METHOD,
    )


def _need_groups(row: Any) -> set[str]:
    codes = (code for bit, code in enumerate(NEED_CODES) if row.needs >> bit & 1)
    return {GROUP_OF_NEED[code] for code in codes} or {NO_NEED}


def _groups(
    rows: Iterable[Any], groups_of: Callable[[Any], Iterable[str]], children: int, unmet: int
) -> list[wire.GroupRead]:
    counts: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for row in rows:
        for group in groups_of(row):
            counts[group][row.unmet] += 1
    names = sorted(counts)
    found = compare_groups(
        [(counts[name].total(), counts[name][True]) for name in names],
        children=children,
        unmet=unmet,
    )
    return [
        wire.GroupRead.model_validate(
            {
                **{
                    field: getattr(rate, field)
                    for field in wire.GroupRead.model_fields
                    if field not in ("group", "rate_95", "ratio_95")
                },
                "group": name,
                "rate_95": _interval(rate.rate_95),
                "ratio_95": _interval(rate.ratio_95),
            }
        )
        for name, rate in zip(names, found, strict=True)
    ]


def _interval(limits: Interval | None) -> wire.IntervalRead | None:
    if limits is None:
        return None
    # JSON has no infinity.
    high = None if math.isinf(limits.high) else limits.high
    return wire.IntervalRead(low=limits.low, high=high)
