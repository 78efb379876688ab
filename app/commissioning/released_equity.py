"""Who is under-served, as far as a release says: its figures beside a public population."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from app.commissioning import schemas as wire
from app.commissioning.released_sums import Z, error_of_sum, variance_of
from app.errors import Invalid
from app.releases import presenting, queries, service
from app.releases.building import Cell
from app.releases.models import GapRelease, GapReleaseCell
from app.releases.schemas import By, TableRead

NOTES: Final = (
    "Unmet interests of a group are the shown figures of its interests, added up; interests that"
    " are not shown are left out, and may be as large as the threshold.",
    "Shares of the population are those that were given with the question.",
    "The interval is of the noise (95 of 100, normal; it is independent for each figure, and"
    " rounding adds up to two to each), widened by what is not shown.",
)


def read_period(
    session: Session, period: str, by: By, population: Mapping[str, int]
) -> wire.ReleasedEquityRead:
    """Put each group's share of the released unmet interests beside its share of a population."""
    release = service.get_release_of(session, period)
    declared: Mapping[str, Sequence[str]] = release.breakdowns
    if by not in declared:
        raise Invalid("by", "not_in_this_release", "The release has no such table")
    unknown = [group for group in population if group not in declared[by]]
    if unknown:
        raise Invalid("population", "unknown_group", "The release has other groups")
    cells = queries.list_cells(session, release.id, GapReleaseCell.by == by)
    table = presenting.table_of(release, by)
    return wire.ReleasedEquityRead(
        period=period,
        release_id=release.id,
        by=by,
        groups=_shares(release, cells, table, population),
        method=presenting.method_of(release),
        notes=list(NOTES),
    )


def _shares(
    release: GapRelease, cells: Sequence[Cell], table: TableRead, population: Mapping[str, int]
) -> list[wire.ReleasedShareRead]:
    groups = release.breakdowns[table.by]
    of = {group: [cell for cell in cells if cell.value == group] for group in groups}
    shown = {group: [cell.children or 0 for cell in of[group] if cell.shown] for group in groups}
    whole = sum(sum(figures) for figures in shown.values())
    everybody = sum(population.values())
    variance = variance_of(table)
    all_figures = sum(map(len, shown.values()))
    hidden = {group: len(of[group]) - len(shown[group]) for group in groups}
    told = []
    for group in groups:
        unmet = sum(shown[group])
        share = unmet / whole if whole else None
        limits = None
        if share is not None:
            # Of a ratio of sums that share some of their figures, by the delta method.
            own, rest = len(shown[group]), all_figures - len(shown[group])
            spread = math.sqrt(((1 - share) ** 2 * own + share**2 * rest) * variance) / whole
            # What is not shown may be as large as what would be.
            others = (sum(hidden.values()) - hidden[group]) * table.threshold
            more = hidden[group] * table.threshold
            limits = (
                max(0.0, unmet / (whole + others) - Z * spread),
                min(1.0, (unmet + more) / (whole + more) + Z * spread),
            )
        part = population[group] / everybody if group in population and everybody else None
        told.append(_share(group, unmet, share, limits, part, of[group], table))
    return told


def _share(
    group: str,
    unmet: int,
    share: float | None,
    limits: tuple[float, float] | None,
    part: float | None,
    cells: Sequence[Cell],
    table: TableRead,
) -> wire.ReleasedShareRead:
    figures = sum(cell.shown for cell in cells)
    ratio_95, verdict = None, "not_clear"
    if limits is not None and part:
        ratio_95 = wire.IntervalRead(low=limits[0] / part, high=limits[1] / part)
        if limits[0] / part > 1:
            verdict = "under_served"
        elif limits[1] / part < 1:
            verdict = "better_served"
    return wire.ReleasedShareRead.model_validate(
        {
            "group": group,
            "unmet": unmet,
            "error_95": error_of_sum(table, figures),
            "not_shown": len(cells) - figures,
            "share_of_unmet": share,
            "share_of_unmet_95": limits and wire.IntervalRead(low=limits[0], high=limits[1]),
            "share_of_population": part,
            "ratio": share / part if share is not None and part else None,
            "ratio_95": ratio_95,
            "verdict": verdict,
        }
    )
