"""A report in plain words, made of the figures that it shows and of nothing else."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.releases.schemas import CellRead
from app.reports.figures import error_of_difference, largest_first
from app.reports.schemas import ComparisonRead, ReportTable
from app.reports.wording import TABLES, children_of, quarter_of, value_of

# So many interests are named.
NAMED: Final = 3


def summarise(tables: Sequence[ReportTable], comparison: ComparisonRead | None) -> list[str]:
    """Say what matters most, how sure it is, and what has changed."""
    whole, *breakdowns = tables
    return [
        *_of_interests(whole),
        *(sentence for one in breakdowns for sentence in _of_breakdown(one)),
        *_of_changes(comparison),
    ]


def _of_interests(whole: ReportTable) -> list[str]:
    shown, threshold = largest_first(whole.items), whole.table.threshold
    hidden = len(whole.items) - len(shown)
    if not shown:
        return [
            f"No interest has a figure to show: with its noise, each of {hidden} is below"
            f" {threshold}."
        ]
    said = [f"Most often wanted and not to be had: {_list(map(_with_error, shown[:NAMED]))}."]
    if len(shown) > 1:
        said.append(_of_the_lead(whole, shown[0], shown[1]))
    if hidden:
        said.append(
            f"{len(shown)} of {len(whole.items)} interests have a figure; the others are not shown,"
            f" as with their noise they are below {threshold}."
        )
    return said


def _of_the_lead(whole: ReportTable, first: CellRead, second: CellRead) -> str:
    lead = (first.children or 0) - (second.children or 0)
    error = error_of_difference(whole.table, whole.table)
    if lead > error:
        return (
            f"Nothing else is wanted in vain by as many children as {first.label}: it is {lead}"
            f" ahead, give or take {error}."
        )
    return (
        f"Whether more want {first.label} or {second.label} cannot be told: the difference of"
        f" {lead} is within the noise, which is {error}."
    )


def _of_breakdown(one: ReportTable) -> list[str]:
    shown = largest_first(one.items)
    heading = TABLES[one.table.by][0]
    if not shown:
        return [f"{heading}: no figure is large enough to be shown."]
    first = shown[0]
    value = value_of(one.table.by, first.value or "")
    return [
        f"{heading}: the largest figure is {first.label}, {value}:"
        f" {children_of(first.children or 0)}, give or take {first.error_95}."
    ]


def _of_changes(comparison: ComparisonRead | None) -> list[str]:
    if comparison is None:
        return ["There is no earlier release of the quarter before to compare with."]
    since = f"Compared with {quarter_of(comparison.period)}"
    named = {
        verdict: [one.label for one in comparison.items if one.verdict == verdict]
        for verdict in ("more", "fewer", "within_noise")
    }
    said = [
        f"{since}, {words} children for {_list(named[verdict])}."
        for verdict, words in (("more", "more"), ("fewer", "fewer"))
        if named[verdict]
    ]
    same = len(named["within_noise"])
    if same:
        said.append(f"{since}, {same} of {len(comparison.items)} differences are within the noise.")
    return said or [f"{since}, no figure is shown in both quarters."]


def _with_error(cell: CellRead) -> str:
    return f"{cell.label} ({children_of(cell.children or 0)}, give or take {cell.error_95})"


def _list(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
