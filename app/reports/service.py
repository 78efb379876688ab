"""Putting a quarter's report together, from what was released and published; no child is read."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.authorities.service import get_authority
from app.pagination import PageRequest
from app.releases import presenting, queries
from app.releases.building import INTEREST
from app.releases.models import GapRelease, GapReleaseCell
from app.releases.schemas import By, TableRead
from app.releases.service import get_release_of
from app.releases.statement_schemas import METHOD, YouSaidWeDid
from app.releases.statements import list_released
from app.reports.comparing import compare, period_before
from app.reports.schemas import ComparisonRead, ReportRead, ReportTable, SaidAndDone, TrendRead
from app.reports.summarising import summarise
from app.reports.trending import periods_until, tell_trend
from app.reports.wording import quarter_of

LINES_A_PAGE: Final = 200


def read_report(session: Session, caller: Caller, period: str) -> ReportRead:
    """Give the report of a released quarter: the same release, the same report."""
    release = get_release_of(session, period)
    tables = [_tell(session, release, table) for table in presenting.tables_of(release)]
    comparison = _compare(session, release)
    return ReportRead(
        period=period,
        title=f"What children want and cannot get, {quarter_of(period)}",
        authority=get_authority(session, caller).name,
        release_id=release.id,
        released_at=release.created_at,
        summary=summarise(tables, comparison),
        tables=tables,
        comparison=comparison,
        trend=_trend(session, release),
        you_said_we_did=SaidAndDone(method=METHOD, items=list(_lines(session, period))),
        method=presenting.method_of(release),
    )


def _tell(session: Session, release: GapRelease, table: TableRead) -> ReportTable:
    cells = queries.list_cells(session, release.id, GapReleaseCell.by == table.by)
    return ReportTable(table=table, items=[presenting.tell_cell(cell, table) for cell in cells])


def _compare(session: Session, release: GapRelease) -> ComparisonRead | None:
    before = queries.find_release_of(session, period_before(release.period))
    # One that is drawn later must not change a report that may have been read.
    if before is None or before.created_at >= release.created_at:
        return None
    by: By = INTEREST
    return compare(
        queries.list_cells(session, release.id, GapReleaseCell.by == by),
        presenting.table_of(release, by),
        before=before,
        cells_before=queries.list_cells(session, before.id, GapReleaseCell.by == by),
        table_before=presenting.table_of(before, by),
    )


def _trend(session: Session, release: GapRelease) -> TrendRead | None:
    drawn = queries.list_releases_of(session, periods_until(release.period))
    # As with the quarter before: what is drawn later changes no report.
    until = [one for one in drawn if one.created_at <= release.created_at]
    cells = queries.list_interest_cells(session, [one.id for one in until])
    return tell_trend(release.period, until, cells)


def _lines(session: Session, period: str) -> Iterator[YouSaidWeDid]:
    cursor: str | None = None
    while True:
        found = list_released(session, period, PageRequest(limit=LINES_A_PAGE, cursor=cursor))
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return
