"""The quarters until a report's, as each of them was released."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from app.releases.models import GapRelease, GapReleaseCell
from app.releases.presenting import table_of, tell_cell
from app.releases.queries import cell_of
from app.releases.schemas import CellRead
from app.releases.topics import label_of
from app.reports.comparing import period_before
from app.reports.schemas import TrendInterest, TrendQuarter, TrendRead

# Two years, the report's own quarter among them.
MOST_QUARTERS: Final = 8
NOTES: Final = (
    "Each quarter has noise of its own: a line that goes up and down within the whiskers may well"
    " be no change at all.",
    "Where a figure is not shown, or a quarter was not released, the line is broken.",
)


def periods_until(period: str) -> list[str]:
    """Name the quarters until one, the earliest first."""
    periods = [period]
    while len(periods) < MOST_QUARTERS:
        periods.insert(0, period_before(periods[0]))
    return periods


def tell_trend(
    period: str, releases: Sequence[GapRelease], cells: Sequence[GapReleaseCell]
) -> TrendRead | None:
    """Line released quarters up, those without a release between them too; one alone is none."""
    of_period = {release.period: release for release in releases}
    if len(of_period) < 2:
        return None
    periods = periods_until(period)
    periods = periods[periods.index(min(of_period)) :]
    figures = _figures(of_period, cells)
    interests = of_period[period].topics
    return TrendRead(
        quarters=[
            TrendQuarter(period=one, release_id=of_period[one].id if one in of_period else None)
            for one in periods
        ],
        items=[
            TrendInterest(
                interest=interest,
                label=label_of(interest),
                figures=[figures[one].get(interest) for one in periods],
            )
            for interest in interests
        ],
        notes=list(NOTES),
    )


def _figures(
    of_period: Mapping[str, GapRelease], cells: Sequence[GapReleaseCell]
) -> Mapping[str, Mapping[str, CellRead]]:
    of_release: dict[UUID, GapRelease] = {release.id: release for release in of_period.values()}
    tables = {id_: table_of(release, "interest") for id_, release in of_release.items()}
    figures: defaultdict[str, dict[str, CellRead]] = defaultdict(dict)
    for row in cells:
        told = tell_cell(cell_of(row), tables[row.release_id])
        figures[of_release[row.release_id].period][row.interest] = told
    return figures
