"""What is told of a release, with its method beside every figure; as data, or as a table."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from app.clock import quarter_bounds
from app.pagination import Page
from app.releases.building import Cell
from app.releases.models import GapRelease, GapReleaseCell, LocalityDeclaration
from app.releases.noise import (
    MOST_INTERESTS,
    ROUNDING,
    odds_for_a_child,
    worst_odds_for_a_flag,
)
from app.releases.queries import cell_of
from app.releases.schemas import (
    BudgetRead,
    By,
    CellRead,
    LocalitiesRead,
    MethodRead,
    OddsRead,
    ReleasedGaps,
    ReleaseRead,
    TableRead,
    TopicRead,
)
from app.releases.topics import label_of

RHO_A_YEAR: Final = 0.5
RELEASES_A_YEAR: Final = 4
NOTES: Final = (
    "Figures count children with an interest that nothing met in the quarter; each figure has"
    " noise of its own, drawn once.",
    "Totals need not add up, within a table or between tables: nothing is adjusted to make them.",
    f"A child counts towards at most {MOST_INTERESTS} interests, drawn by lot where there are"
    " more, and in one group of its support needs. The error is that of noise and rounding; the"
    " lot adds to it, by no more than the square root of the figure (one standard deviation).",
    "Figures below the threshold are not shown, and the others are rounded; both are decided on"
    " the figure with its noise.",
)
EARLY: Final = (
    "The release was drawn before its quarter had ended: of what was known by then, and of sessions"
    " still to come as they were planned."
)
COLUMNS: Final = (
    *("period", "by", "interest", "label", "value", "children", "below"),
    *("error_95", "sd", "threshold", "rho", "mechanism"),
)


def tell_release(release: GapRelease) -> ReleaseRead:
    """Tell what a release holds and how it was made."""
    tables = tables_of(release)
    return ReleaseRead.model_validate(
        {
            "id": release.id,
            "period": release.period,
            "created_at": release.created_at,
            "size_class": release.size_class,
            "interests": [
                TopicRead(notation=topic, label=label_of(topic)) for topic in release.topics
            ],
            "breakdowns": {
                table.by: release.breakdowns[table.by]
                for table in tables
                if table.by in release.breakdowns
            },
            "tables": tables,
            "method": method_of(release),
        }
    )


def tables_of(release: GapRelease) -> list[TableRead]:
    """Tell how each table was made."""
    return [TableRead.model_validate(table) for table in release.tables]


def method_of(release: GapRelease) -> MethodRead:
    """Tell how a release was made, what it cost, and what it leaves to guess."""
    rho = release.rho_thousandths / 1000
    is_early = release.created_at < quarter_bounds(release.period)[1]
    return MethodRead(
        mechanism=release.mechanism,
        library=release.library,
        most_interests_of_a_child=MOST_INTERESTS,
        rounded_to=ROUNDING,
        budget=BudgetRead(
            year=release.year,
            release_of_year=release.release_of_year,
            rho=rho,
            rho_a_year=RHO_A_YEAR,
        ),
        odds=OddsRead(
            one_interest_of_a_child=round(worst_odds_for_a_flag(rho), 3),
            one_interest_of_a_child_in_a_year=round(worst_odds_for_a_flag(rho, RELEASES_A_YEAR), 3),
            whether_a_child_is_counted=round(odds_for_a_child(rho), 3),
            whether_a_child_is_counted_in_a_year=round(odds_for_a_child(RHO_A_YEAR), 3),
        ),
        notes=[*NOTES, EARLY] if is_early else list(NOTES),
    )


def tell_localities(declared: LocalityDeclaration | None) -> LocalitiesRead:
    """Tell what was declared last."""
    if declared is None:
        return LocalitiesRead(localities=[], declared_at=None)
    return LocalitiesRead.model_validate(
        {"localities": declared.groups, "declared_at": declared.declared_at}
    )


def table_of(release: GapRelease, by: By) -> TableRead:
    """Tell how one table was made."""
    return next(table for table in tables_of(release) if table.by == by)


def tell_page(release: GapRelease, by: By, page: Page[GapReleaseCell]) -> Page[CellRead]:
    """Tell a page of cells of one table."""
    table = table_of(release, by)
    items = [tell_cell(cell_of(row), table) for row in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


def tell_table(release: GapRelease, by: By, cells: Sequence[Cell]) -> ReleasedGaps:
    """Tell the selected cells of one table."""
    table = table_of(release, by)
    return ReleasedGaps(
        period=release.period,
        release_id=release.id,
        by=by,
        table=table,
        method=method_of(release),
        items=[tell_cell(cell, table) for cell in cells],
    )


def tell_cell(cell: Cell, table: TableRead) -> CellRead:
    """Tell one figure, or below what it is."""
    return CellRead(
        interest=cell.interest,
        label=label_of(cell.interest),
        value=cell.value,
        children=cell.children,
        below=None if cell.shown else table.threshold,
        error_95=table.error_95,
    )


def as_csv(told: ReleasedGaps) -> str:
    """Write a table's cells as CSV, each line with its error and method."""
    text = io.StringIO()
    lines = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    lines.writeheader()
    of_the_table: dict[str, Any] = {
        "period": told.period,
        "by": told.by,
        "sd": told.table.sd,
        "threshold": told.table.threshold,
        "rho": told.table.rho,
        "mechanism": told.method.mechanism,
    }
    lines.writerows(of_the_table | cell.model_dump() for cell in told.items)
    return text.getvalue()
