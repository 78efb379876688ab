"""What a release says of a change and of who is under-served: its cells put together, no more.

All of it is post-processing of figures that are public to commissioners already, so it costs no
budget and tells nothing new of any child.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from app.commissioning import schemas as wire
from app.errors import Invalid
from app.releases import presenting, queries, service
from app.releases.building import Cell
from app.releases.models import GapRelease, GapReleaseCell
from app.releases.schemas import By, TableRead

# The reason that each kind of change would take away.
REASON_OF: Final = {"add_offer": "need", "transport": "distance", "move_activity": "time"}
SCENARIO_NOTES: Final = (
    "Each figure counts children whose nearest miss has this as its first reason. No change of the"
    " kind can reach more of them, and one alone may reach fewer: something else may stand in the"
    " way as well.",
    "A child counts in several interests, so figures of several interests must not be read as"
    " children.",
    "A release does not know providers, activities, sessions, outcodes, single needs or money.",
)
EQUITY_NOTES: Final = (
    "Unmet interests of a group are the shown figures of its interests, added up; interests that"
    " are not shown are left out, and may be as large as the threshold.",
    "Shares of the population are those that were given with the question.",
    "The interval is of the noise (95 of 100, normal; it is independent for each figure, and"
    " rounding adds up to two to each), widened by what is not shown.",
)
_Z: Final = 1.96


def run(session: Session, form: wire.ScenarioCreate, period: str) -> wire.ReleasedOutcome:
    """Answer a scenario of a released quarter, or say what a release cannot tell."""
    for at, change in enumerate(form.changes):
        _check(change, at)
    release = service.get_release_of(session, period)
    if "reason" not in release.breakdowns:
        raise Invalid("period", "no_breakdowns", "The release tells of no reasons")
    table = presenting.table_of(release, "reason")
    items: list[wire.ReachedRead] = []
    counted: dict[tuple[str, str | None], Cell] = {}
    for at, change in enumerate(form.changes):
        reason = REASON_OF[change.kind]
        interest: str | None = getattr(change, "interest", None)
        if interest is not None and interest not in release.topics:
            raise Invalid(f"changes.{at}.interest", "not_in_releases", "No release tells of it")
        where = [GapReleaseCell.by == "reason", GapReleaseCell.value == reason]
        if interest is not None:
            where.append(GapReleaseCell.interest == interest)
        for cell in queries.list_cells(session, release.id, *where):
            counted[cell.interest, cell.value] = cell
            items.append(_reached(cell, table, at, reason))
    shown = [cell for cell in counted.values() if cell.shown]
    return wire.ReleasedOutcome(
        release_id=release.id,
        items=items,
        at_most=sum(cell.children or 0 for cell in shown),
        error_95=error_of_sum(table, len(shown)),
        not_shown=len(counted) - len(shown),
        method=presenting.method_of(release),
        notes=list(SCENARIO_NOTES),
    )


def _check(change: wire.Change, at: int) -> None:
    where = f"changes.{at}"
    if change.kind not in REASON_OF:
        raise Invalid(
            f"{where}.kind", "not_in_releases", "A release knows neither providers nor money"
        )
    for name in ("activity_id", "session_id", "outcode", "need", "weekday", "start", "max_km"):
        if getattr(change, name, None) is not None:
            raise Invalid(f"{where}.{name}", "not_in_releases", "Of a period, name an interest")


def _reached(cell: Cell, table: TableRead, at: int, reason: str) -> wire.ReachedRead:
    told = presenting.tell_cell(cell, table)
    return wire.ReachedRead(
        change=at,
        reason=reason,
        interest=told.interest,
        label=told.label,
        children=told.children,
        below=told.below,
        error_95=told.error_95,
    )


def error_of_sum(table: TableRead, figures: int) -> int:
    """Tell how far a sum of independent figures is from the truth, 95 times of a hundred."""
    # Rounding to five is at most two off, near enough evenly: a variance of two.
    return math.ceil(_Z * math.sqrt(figures * (table.sd**2 + 2)))


def equity(
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
        notes=list(EQUITY_NOTES),
    )


def _shares(
    release: GapRelease, cells: Sequence[Cell], table: TableRead, population: Mapping[str, int]
) -> list[wire.ReleasedShareRead]:
    groups = release.breakdowns[table.by]
    of = {group: [cell for cell in cells if cell.value == group] for group in groups}
    shown = {group: [cell.children or 0 for cell in of[group] if cell.shown] for group in groups}
    whole = sum(sum(figures) for figures in shown.values())
    everybody = sum(population.values())
    variance = table.sd**2 + 2
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
                max(0.0, unmet / (whole + others) - _Z * spread),
                min(1.0, (unmet + more) / (whole + more) + _Z * spread),
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
