"""A report laid out for reading: charts, and beside each the table of the same figures."""

from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import Any, Final

from app.charts import Bar, bar_chart, line_chart, spoken
from app.releases.schemas import By, CellRead, MethodRead, TableRead
from app.releases.statement_schemas import YouSaidWeDid
from app.reports.figures import largest_first
from app.reports.schemas import ChangeRead, ComparisonRead, ReportRead, ReportTable, TrendRead
from app.reports.wording import TABLES, children_of, day_of, quarter_of, value_of

# More bars do not fit on a page of paper.
MOST_BARS: Final = 20
# So many interests have a chart of their own in each breakdown.
MOST_CHARTED: Final = 5
VERDICTS: Final = {
    "more": "More",
    "fewer": "Fewer",
    "within_noise": "Within the noise",
    "not_shown": "Not shown in one quarter",
}
FIGURES: Final = ("Children", "Give or take")
LEFT_OUT: Final = "The {number} smallest are in the table and not in the chart."
HATCHED: Final = "A hatched bar is a figure that is not shown, as it is below {threshold}."
WHISKERS: Final = (
    "Of a hundred figures 95 are within their whiskers. The table after the chart has the same"
    " figures."
)


def present(report: ReportRead) -> dict[str, Any]:
    """Lay a report out."""
    whole, *breakdowns = report.tables
    leading = [cell.interest for cell in largest_first(whole.items)]
    return {
        "title": report.title,
        "authority": report.authority,
        "summary": report.summary,
        "chapters": [
            _of_interests(whole),
            *(_of_breakdown(one, leading) for one in breakdowns),
            *([_of_changes(report.comparison, report.period)] if report.comparison else []),
            *([_of_trend(report.trend, leading)] if report.trend else []),
        ],
        "said": [_say(line) for line in report.you_said_we_did.items],
        "said_method": report.you_said_we_did.method,
        "method": _facts_of(report.method),
        "notes": report.method.notes,
        "tables": _table(
            "How each table was made",
            ("Table", "Shown from", "Give or take", "Noise (sd)", "Budget (rho)"),
            (_made(one.table) for one in report.tables),
        ),
        "edition": f"Release {report.release_id} of {report.period}, drawn on"
        f" {day_of(report.released_at)}. Its figures do not change.",
    }


def _of_interests(whole: ReportTable) -> dict[str, Any]:
    table = whole.table
    heading, column = TABLES[table.by]
    shown = largest_first(whole.items)
    hidden = [cell for cell in whole.items if cell.children is None]
    title = "Children with an interest that nothing met"
    chart = bar_chart(title, WHISKERS, [_bar(cell.label, cell) for cell in shown[:MOST_BARS]])
    left_out = len(shown) - MOST_BARS
    return _chapter(
        table.by,
        heading,
        _explain(table) + ([LEFT_OUT.format(number=left_out)] if left_out > 0 else []),
        [
            _part(
                table.by,
                "All interests",
                chart,
                f"{title}. {WHISKERS}",
                _table(
                    title, (column, *FIGURES), (_row(cell.label, cell) for cell in shown + hidden)
                ),
            )
        ],
    )


def _of_breakdown(one: ReportTable, leading: Sequence[str]) -> dict[str, Any]:
    by, threshold = one.table.by, one.table.threshold
    heading, column = TABLES[by]
    shown = {cell.interest for cell in one.items if cell.children is not None}
    charted = [interest for interest in leading if interest in shown][:MOST_CHARTED]
    parts = [
        _of_one_interest(by, column, threshold, [c for c in one.items if c.interest == interest])
        for interest in charted
    ]
    others = largest_first(cell for cell in one.items if cell.interest not in charted)
    rest = None
    if others:
        rest = _table(
            f"{heading}: the shown figures of other interests",
            ("Interest", column, *FIGURES),
            ([cell.label, *_row(value_of(by, cell.value or ""), cell)] for cell in others),
        )
    intro = _explain(one.table)
    if not shown:
        intro.append("No figure is large enough to be shown.")
    return _chapter(by, heading, intro, parts, rest)


def _of_one_interest(
    by: By, column: str, threshold: int, cells: Sequence[CellRead]
) -> dict[str, Any]:
    label = cells[0].label
    title = f"{label}: {TABLES[by][0].lower()}"
    described = f"{WHISKERS} {HATCHED.format(threshold=threshold)}"
    named = [(value_of(by, cell.value or ""), cell) for cell in cells]
    return _part(
        f"{by}-{cells[0].interest}",
        label,
        bar_chart(title, described, [_bar(name, cell) for name, cell in named]),
        f"{title}. {described}",
        _table(title, (column, *FIGURES), (_row(name, cell) for name, cell in named)),
    )


def _of_changes(comparison: ComparisonRead, period: str) -> dict[str, Any]:
    before, now = quarter_of(comparison.period), quarter_of(period)
    told = [one for one in comparison.items if one.difference is not None]
    told.sort(key=lambda one: -abs(one.difference or 0))
    title = f"More or fewer children than in {before}"
    chart = bar_chart(title, WHISKERS, [_bar_of_change(one) for one in told[:MOST_BARS]])
    table = _table(
        title,
        ("Interest", before, now, "Difference", "Give or take", "What it says"),
        (_row_of_change(one) for one in comparison.items),
    )
    heading = f"What has changed since {before}"
    part = _part("changes", "Differences", chart, f"{title}. {WHISKERS}", table)
    left_out = len(told) - MOST_BARS
    notes = [*comparison.notes, *([LEFT_OUT.format(number=left_out)] if left_out > 0 else [])]
    return _chapter("changes", heading, notes, [part])


def _of_trend(trend: TrendRead, leading: Sequence[str]) -> dict[str, Any]:
    """Draw the leading interests quarter by quarter; the others are in a table."""
    heading, periods = "Quarter by quarter", [one.period for one in trend.quarters]
    of_interest = {one.interest: one for one in trend.items}
    charted = [of_interest[interest] for interest in leading[:MOST_CHARTED]]
    parts = []
    for one in charted:
        title = f"{one.label}, quarter by quarter"
        points = list(starmap(_point, zip(periods, one.figures, strict=True)))
        words = f"{spoken(points)} {WHISKERS}"
        rows = [
            ([period, "not released", ""] if cell is None else _row(period, cell))
            for period, cell in zip(periods, one.figures, strict=True)
        ]
        table = _table(title, ("Quarter", *FIGURES), rows)
        chart = line_chart(title, words, points)
        parts.append(_part(f"trend-{one.interest}", one.label, chart, f"{title}. {words}", table))
    others = [one for one in trend.items if one not in charted]
    rest = _table(
        f"{heading}: children with other interests",
        ("Interest", *periods),
        ([one.label, *map(_in_short, one.figures)] for one in others),
    )
    return _chapter("trend", heading, trend.notes, parts, rest)


def _point(period: str, cell: CellRead | None) -> Bar:
    return Bar(period) if cell is None else _bar(period, cell)


def _in_short(cell: CellRead | None) -> str:
    if cell is None:
        return "not released"
    return _row("", cell)[1]


def _bar(label: str, cell: CellRead) -> Bar:
    if cell.children is None:
        return Bar(label, below=cell.below)
    return Bar(label, cell.children, cell.error_95)


def _bar_of_change(one: ChangeRead) -> Bar:
    difference = one.difference or 0
    return Bar(one.label, difference, one.error_95, text=f"{difference:+,} \u00b1 {one.error_95}")


def _row(label: str, cell: CellRead) -> list[str]:
    children = f"fewer than {cell.below}" if cell.children is None else f"{cell.children:,}"
    return [label, children, str(cell.error_95)]


def _row_of_change(one: ChangeRead) -> list[str]:
    return [
        one.label,
        *("not shown" if n is None else f"{n:,}" for n in (one.children_before, one.children)),
        "none to tell" if one.difference is None else f"{one.difference:+,}",
        str(one.error_95),
        VERDICTS[one.verdict],
    ]


def _explain(table: TableRead) -> list[str]:
    return [
        f"Each figure has noise of its own and is rounded; 95 of a hundred are within"
        f" {table.error_95} of the truth. Figures below {table.threshold} are not shown.",
    ]


def _made(table: TableRead) -> list[str]:
    return [
        TABLES[table.by][0],
        str(table.threshold),
        str(table.error_95),
        f"{table.sd:g}",
        f"{table.rho:g}",
    ]


def _facts_of(method: MethodRead) -> list[tuple[str, str]]:
    budget, odds = method.budget, method.odds
    return [
        ("Noise", f"{method.mechanism}, drawn once, by {method.library}"),
        (
            "Budget",
            f"rho {budget.rho:g} of {budget.rho_a_year:g} in {budget.year}; release"
            f" {budget.release_of_year} of that year",
        ),
        ("Rounded to", str(method.rounded_to)),
        ("Interests of a child that count", f"{method.most_interests_of_a_child} at most"),
        (
            "Guessing an interest of a child",
            f"right {odds.one_interest_of_a_child:.1%} of the time at most, and"
            f" {odds.one_interest_of_a_child_in_a_year:.1%} after a year, where chance is 50%",
        ),
        (
            "Guessing whether a child is counted",
            f"right {odds.whether_a_child_is_counted:.1%} of the time at most, and"
            f" {odds.whether_a_child_is_counted_in_a_year:.1%} after a year",
        ),
    ]


def _say(line: YouSaidWeDid) -> dict[str, str]:
    places = f", many of them in {' and '.join(line.areas)}" if line.areas else ""
    return {
        "label": line.label,
        "said": f"{children_of(line.children).capitalize()} wanted it in vain, give or take"
        f" {line.error_95}{places}.",
        "did": line.we_did,
    }


def _chapter(
    name: str,
    title: str,
    intro: list[str],
    parts: list[dict[str, Any]],
    rest: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {"id": name, "title": title, "intro": intro, "parts": parts, "rest": rest}


def _part(name: str, title: str, chart: str, words: str, table: dict[str, Any]) -> dict[str, Any]:
    # What a chart is called begins with a letter of its own, as a table's name may be a part's.
    return {"id": f"part-{name}", "title": title, "chart": chart, "words": words, "table": table}


def _table(caption: str, columns: Sequence[str], rows: Iterable[list[str]]) -> dict[str, Any]:
    return {"caption": caption, "columns": columns, "rows": list(rows)}
