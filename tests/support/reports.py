"""Reports made up to be looked at, without a database."""

from datetime import UTC, date, datetime

import numpy as np

from app.engine.gaps import GROUP_NAMES
from app.ids import new_id
from app.releases import presenting
from app.releases.building import Cell, build, plan_tables
from app.releases.grid import AGES, REASONS, Unmet, declare_grid, lay_out
from app.releases.models import GapRelease, GapReleaseCell
from app.releases.noise import LIBRARY, MECHANISM
from app.releases.statement_schemas import METHOD, YouSaidWeDid
from app.releases.topics import TOPICS
from app.reports.comparing import compare
from app.reports.schemas import ReportRead, ReportTable, SaidAndDone, TrendRead
from app.reports.summarising import summarise
from app.reports.trending import tell_trend
from tests.support.releases import NORTH, SOUTH

LOCALITIES = [SOUTH, NORTH]
SAID = YouSaidWeDid(
    quarter="2027-Q1",
    release_id=new_id(),
    interest="angling",
    label="Angling",
    children=45,
    error_95=13,
    areas=["South"],
    we_did="Trent Vale Angling Society has founded a Saturday group.",
    released_on=date(2027, 4, 20),
)


def wants(children: int, *, seed: int = 1) -> Unmet:
    """Invent wants of every topic, the first ones much more often."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(TOPICS) + 1)
    return Unmet(
        child=np.arange(children),
        concept=rng.choice(TOPICS, children, p=share / share.sum()).tolist(),
        outcode=rng.choice(["ST3", "ST6", "CW1"], children).tolist(),
        age_band=rng.choice(AGES[:6], children).tolist(),
        need_groups=rng.integers(0, 2 ** len(GROUP_NAMES), children),
        reason=rng.choice(REASONS, children).tolist(),
    )


def report(
    *, children: int = 2000, before: int | None = 1500, breakdowns: bool = True, said: bool = True
) -> ReportRead:
    """Make up a report of so many wants, and of so many in the quarter before."""
    release, cells = _draw("2027-Q1", children, breakdowns=breakdowns)
    tables = [
        ReportTable(
            table=table,
            items=[presenting.tell_cell(cell, table) for cell in cells if cell.by == table.by],
        )
        for table in presenting.tables_of(release)
    ]
    comparison = None
    if before is not None:
        earlier, then = _draw("2026-Q4", before, breakdowns=breakdowns)
        comparison = compare(
            [cell for cell in cells if cell.by == "interest"],
            tables[0].table,
            before=earlier,
            cells_before=[cell for cell in then if cell.by == "interest"],
            table_before=presenting.table_of(earlier, "interest"),
        )
    return ReportRead(
        period="2027-Q1",
        title="What children want and cannot get, January to March 2027",
        authority="Stoke-on-Trent",
        release_id=release.id,
        released_at=release.created_at,
        summary=summarise(tables, comparison),
        tables=tables,
        comparison=comparison,
        trend=None if before is None else _trend((earlier, then), (release, cells)),
        you_said_we_did=SaidAndDone(method=METHOD, items=[SAID] if said else []),
        method=presenting.method_of(release),
    )


def _trend(*drawn: tuple[GapRelease, list[Cell]]) -> TrendRead | None:
    rows = [
        GapReleaseCell(
            release_id=release.id,
            by=cell.by,
            interest=cell.interest,
            value=cell.value,
            noised=cell.noised,
            shown=cell.shown,
        )
        for release, cells in drawn
        for cell in cells
        if cell.by == "interest"
    ]
    return tell_trend("2027-Q1", [release for release, _ in drawn], rows)


def _draw(period: str, children: int, *, breakdowns: bool) -> tuple[GapRelease, list[Cell]]:
    grid = declare_grid(LOCALITIES, with_breakdowns=breakdowns)
    tables = plan_tables(grid, 0.125)
    release = GapRelease(
        id=new_id(),
        period=period,
        year=2027,
        release_of_year=1,
        rho_thousandths=125,
        mechanism=MECHANISM,
        library=LIBRARY,
        topics=list(TOPICS),
        tables=[
            {
                **{"by": table.by, "rho": table.rho, "sd": round(table.sd, 3)},
                **{"threshold": table.threshold, "error": table.error},
            }
            for table in tables
        ],
        created_at=datetime(2027, 4, 3, 9, 0, tzinfo=UTC),
    )
    return release, build(lay_out(wants(children), grid, LOCALITIES), grid, tables)
