"""What the reports room takes and gives."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from app.releases.schemas import CellRead, MethodRead, TableRead
from app.releases.statement_schemas import YouSaidWeDid
from app.wire import Wire

Form = Literal["json", "html", "pdf"]
Verdict = Literal["more", "fewer", "within_noise", "not_shown"]


class ReportQuery(Wire):
    """Which form; else `Accept` decides."""

    format: Form | None = None


class ReportTable(BaseModel):
    """One table of the release: how it was made, and all its figures."""

    table: TableRead
    items: list[CellRead]


class ChangeRead(BaseModel):
    """An interest now and in the quarter before; a difference where both figures are shown."""

    interest: str
    label: str
    children: int | None
    children_before: int | None
    difference: int | None
    # Of the difference: of a hundred 95 are no farther than this from the truth.
    error_95: int
    verdict: Verdict


class ComparisonRead(BaseModel):
    """What has changed since the quarter before."""

    period: str
    release_id: UUID
    # Below it no figure was shown then.
    threshold: int
    items: list[ChangeRead]
    notes: list[str]


class TrendQuarter(BaseModel):
    """A quarter of a trend, and its release; null where it has none."""

    period: str
    release_id: UUID | None


class TrendInterest(BaseModel):
    """An interest in each of the quarters, as it was released; null where it was not."""

    interest: str
    label: str
    figures: list[CellRead | None]


class TrendRead(BaseModel):
    """The released quarters until this one, the earliest first."""

    quarters: list[TrendQuarter]
    items: list[TrendInterest]
    notes: list[str]


class SaidAndDone(BaseModel):
    """What many children asked for in the quarter, and what was done: as it is published now."""

    method: str
    items: list[YouSaidWeDid]


class ReportRead(BaseModel):
    """What children wanted in a quarter and could not get, as it was released."""

    period: str
    title: str
    authority: str
    release_id: UUID
    released_at: datetime
    # In plain words, of the shown figures only.
    summary: list[str]
    tables: list[ReportTable]
    # Null where the quarter before had not been released when this one was.
    comparison: ComparisonRead | None
    # Up to eight quarters; null where no earlier one had been released when this one was.
    trend: TrendRead | None
    you_said_we_did: SaidAndDone
    method: MethodRead
