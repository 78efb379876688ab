"""What is asked of the exact figures of a month, and what is told."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.codes import NEED_CODES, Setting, Weekday
from app.concepts import is_known
from app.gaps.slices import DIMENSIONS, NONE, OTHER, REASONS, Dimension
from app.wire import Month, Wire

Word = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class SliceQuery(Wire):
    """Which facts of a month, by what, and which page of the rows."""

    month: Month
    by: Literal[Dimension, "month"] = "interest"
    interest: Word | None = None
    need: Word | None = None
    reason: Word | None = None
    area: Word | None = None
    age_band: Word | None = None
    sen_type: Word | None = None
    weekday: Literal[Weekday, "none"] | None = None
    setting: Literal[Setting, "none"] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None

    @field_validator("interest")
    @classmethod
    def _known_interest(cls, value: str | None) -> str | None:
        if value is not None and value != OTHER and not is_known(value):
            raise PydanticCustomError("unknown_interest", "The vocabulary has no such concept")
        return value

    @field_validator("need")
    @classmethod
    def _known_need(cls, value: str | None) -> str | None:
        if value is not None and value not in (*NEED_CODES, NONE):
            raise PydanticCustomError("unknown_need", "There is no such need")
        return value

    @field_validator("reason")
    @classmethod
    def _known_reason(cls, value: str | None) -> str | None:
        if value is not None and value not in REASONS:
            raise PydanticCustomError("unknown_reason", "There is no such reason")
        return value

    @model_validator(mode="after")
    def _trend_in_one_page(self) -> Self:
        if self.by == "month" and self.cursor is not None:
            raise PydanticCustomError("one_page", "Months come in one page")
        return self

    def filters(self) -> dict[Dimension, str]:
        """Give the values that a fact must have to count."""
        given = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: value for name, value in given.items() if value is not None}


class Figures(BaseModel):
    """What facts add up to; wants are met, available or unmet, each of them one of these."""

    # With a want that counts here; and with one that is neither met nor available.
    children: int
    children_unmet: int
    wants: int
    met: int
    available: int
    unmet: int


class MonthFigures(Figures):
    """What the facts of one month add up to."""

    month: str


class ActionRead(BaseModel):
    """What would serve most of some children: what alone stands in their way."""

    text: str
    reason: str
    need: str | None
    activity_id: UUID | None
    activity: str | None
    weekday: str | None
    interest: str | None
    # Who want it and for whom it is the only obstacle; and the places left where they would go.
    children: int
    places_left: int | None


class SliceRow(Figures):
    """One value of the dimension."""

    value: str
    label: str
    # By need: unmet wants that lack it at their nearest miss. By need and reason: those with no
    # other obstacle than this one. Otherwise null.
    lacking: int | None
    only: int | None
    action: ActionRead | None
    # The same figures in the months before, and in this one; only months that were judged.
    trend: list[MonthFigures]


class CapRead(BaseModel):
    """What only the entitlement refuses."""

    children: int
    wants: int


class SessionPressureRead(BaseModel):
    """Children who could go to a session but for its places, beside those left."""

    session_id: UUID
    activity_id: UUID
    activity: str | None
    children: int
    places_left: int
    # Null where no place is left.
    children_a_place: float | None


class InterestPressureRead(BaseModel):
    """Children who could go to anything that serves an interest, beside all places left in it."""

    interest: str
    label: str
    children: int
    places_left: int
    children_a_place: float | None


class PressureRead(BaseModel):
    """Where most children could go for each place left; no more than ten of each."""

    sessions: list[SessionPressureRead]
    interests: list[InterestPressureRead]


class NeedRead(BaseModel):
    """How a need fares: children who have it, and what has become of their wants."""

    need: str
    children: int
    met: int
    available: int
    unmet: int
    lacking: int
    only: int


class SettingRead(BaseModel):
    """A provider setting: wants by the setting they are about, and what is on offer in it."""

    setting: str
    met: int
    available: int
    missed: int
    sessions: int
    places_left: int
    # Of the wants that are met; of the sessions. Null where there are none.
    share_of_met: float | None
    share_of_sessions: float | None


class SliceRead(BaseModel):
    """The exact figures of a month, by one dimension, what is unmet most first."""

    month: str
    # When facts last changed, and when anybody last looked whether they had to; null: not judged.
    judged_at: datetime | None
    looked_at: datetime | None
    by: str
    filters: dict[str, str]
    # How the rows add up, and where a child counts in several.
    counting: str
    totals: Figures
    # What would serve most children of all rows, the best first, no more than ten: a child who
    # wants several things may be served by several.
    actions: list[ActionRead]
    items: list[SliceRow]
    next_cursor: str | None
    trend: list[MonthFigures]
    cap_pressure: CapRead
    pressure: PressureRead
    needs: list[NeedRead]
    settings: list[SettingRead]
