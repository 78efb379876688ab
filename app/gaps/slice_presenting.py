"""A slice in the forms that are not JSON: a table, points of areas, a chart."""

import csv
import io
import json
from typing import Any, Final

from app.charts import Bar, bar_chart, line_chart, spoken
from app.gaps.slice_schemas import SliceRead, SliceRow
from app.postcodes import outcode_centroid

COLUMNS: Final = (
    *("month", "judged_at", "by", "value", "label", "children", "children_unmet"),
    *("wants", "met", "available", "unmet", "lacking", "only"),
    *("action", "action_reason", "action_need", "action_activity_id", "action_children"),
)
FIGURES: Final = (*("children", "children_unmet", "wants", "met", "available", "unmet"),)
# With these a spreadsheet begins a formula.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
DIMENSION_WORDS: Final = {
    "interest": "interest",
    "need": "essential need",
    "reason": "reason",
    "area": "postcode area of the home",
    "age_band": "age",
    "sen_type": "SEN type",
    "weekday": "weekday",
    "setting": "setting",
    "month": "month",
}


def as_csv(told: SliceRead) -> str:
    """Write the rows of a page as CSV that no spreadsheet takes for formulas."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    judged = "" if told.judged_at is None else told.judged_at.isoformat()
    for row in told.items:
        action = row.action
        words = (
            [None] * 5
            if action is None
            else [action.text, action.reason, action.need, action.activity_id, action.children]
        )
        lines.writerow(
            [
                *(told.month, judged, told.by, _plain(row.value), _plain(row.label)),
                *(getattr(row, figure) for figure in FIGURES),
                *(row.lacking, row.only),
                *(_plain(one) for one in words),
            ]
        )
    return text.getvalue()


def _plain(value: Any) -> Any:
    """Put a quote before what a spreadsheet would run."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_geojson(told: SliceRead) -> str:
    """Write areas as points: the centroid of each outcode, or no geometry where it is not known."""
    features = [
        {
            "type": "Feature",
            "id": row.value,
            "geometry": _point(row.value),
            "properties": row.model_dump(mode="json"),
        }
        for row in told.items
    ]
    about = told.model_dump(mode="json", include={"month", "judged_at", "by", "filters", "totals"})
    return json.dumps({"type": "FeatureCollection", "features": features, **about})


def _point(area: str) -> dict[str, Any] | None:
    position = outcode_centroid(area)
    if position is None:
        return None
    latitude, longitude = position
    return {"type": "Point", "coordinates": [longitude, latitude]}


def as_svg(told: SliceRead) -> str:
    """Draw unmet children by row, or month after month; the description says every figure."""
    bars = [_bar(row, told.by) for row in told.items]
    title = f"Children with an unmet want in {told.month}, by {DIMENSION_WORDS[told.by]}"
    if told.by == "month":
        title = f"Children with an unmet want, month by month until {told.month}"
    if told.judged_at is None:
        return bar_chart(title, f"{told.month} has not been judged yet.", [])
    words = spoken(bars) if bars else "There are no figures."
    description = f"{words} {told.counting}"
    return (line_chart if told.by == "month" else bar_chart)(title, description, bars)


def _bar(row: SliceRow, by: str) -> Bar:
    if by == "month":
        return Bar(row.value, row.children_unmet)
    return Bar(row.label, row.children_unmet, text=f"{row.children_unmet} of {row.children}")
