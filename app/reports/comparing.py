"""This quarter's release beside the last: differences with their error, of shown figures only."""

from collections.abc import Sequence
from typing import Final

from app.releases.building import Cell
from app.releases.models import GapRelease
from app.releases.schemas import TableRead
from app.releases.topics import label_of
from app.reports.figures import error_of_difference
from app.reports.schemas import ChangeRead, ComparisonRead, Verdict

NOTES: Final = (
    "The error of a difference is that of both figures together. A difference that is not larger"
    " is within the noise: it may well be nothing at all.",
    "Of a hundred interests that have not changed, about five look as if they had.",
    "Where a figure of one of the quarters is not shown, there is no difference to tell.",
)


def period_before(period: str) -> str:
    """Name the quarter before one."""
    year, number = int(period[:4]), int(period[-1])
    return f"{year}-Q{number - 1}" if number > 1 else f"{year - 1}-Q4"


def compare(
    cells: Sequence[Cell],
    table: TableRead,
    *,
    before: GapRelease,
    cells_before: Sequence[Cell],
    table_before: TableRead,
) -> ComparisonRead:
    """Compare each interest that both releases tell of; one shown in neither is left out."""
    error = error_of_difference(table, table_before)
    then = {cell.interest: cell.children for cell in cells_before}
    return ComparisonRead(
        period=before.period,
        release_id=before.id,
        threshold=table_before.threshold,
        items=[
            _change(cell, then[cell.interest], error)
            for cell in cells
            if cell.interest in then and (cell.shown or then[cell.interest] is not None)
        ],
        notes=list(NOTES),
    )


def _change(cell: Cell, before: int | None, error: int) -> ChangeRead:
    now = cell.children
    difference = None if now is None or before is None else now - before
    return ChangeRead(
        interest=cell.interest,
        label=label_of(cell.interest),
        children=now,
        children_before=before,
        difference=difference,
        error_95=error,
        verdict=_verdict(difference, error),
    )


def _verdict(difference: int | None, error: int) -> Verdict:
    if difference is None:
        return "not_shown"
    if abs(difference) <= error:
        return "within_noise"
    return "more" if difference > 0 else "fewer"
