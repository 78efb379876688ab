"""What a release says of a change: its cells put together, no more.

All of it is post-processing of figures that are public to commissioners already, so it costs no
budget and tells nothing new of any child.
"""

from typing import Final

from sqlalchemy.orm import Session

from app.commissioning import schemas as wire
from app.commissioning.released_sums import error_of_sum
from app.errors import Invalid
from app.releases import presenting, queries, service
from app.releases.building import Cell
from app.releases.models import GapReleaseCell
from app.releases.schemas import TableRead

# The reason that each kind of change would take away.
REASON_OF: Final = {"add_offer": "need", "transport": "distance", "move_activity": "time"}
NOTES: Final = (
    "Each figure counts children whose nearest miss has this as its first reason. No change of the"
    " kind can reach more of them, and one alone may reach fewer: something else may stand in the"
    " way as well.",
    "A child counts in several interests, so figures of several interests must not be read as"
    " children.",
    "A release does not know providers, activities, sessions, outcodes, single needs or money.",
)


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
        notes=list(NOTES),
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
