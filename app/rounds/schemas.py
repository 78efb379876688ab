"""What the rounds room takes and gives of rounds and of what they cover."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.clock import MONTHS_OF_A_QUARTER, day_start, quarter_bounds
from app.codes import NeedCode, Weekday
from app.wire import CalendarDate, Instant, Name, Wire

# What was done, and between publishing and allocating what the dates say.
RoundStatus = Literal[
    "draft",
    "published",
    "choices_open",
    "choices_closed",
    "allocated",
    "offers_out",
    "closed",
]


def _name_quarter(text: str) -> str:
    year, part = text.split("-")
    return text if part.startswith("Q") else f"{year}-Q{(int(part) + 2) // MONTHS_OF_A_QUARTER}"


# Given as `YYYY-Qn`, or taken as its first month.
Quarter = Annotated[
    str,
    StringConstraints(pattern=r"^20[0-9]{2}-(Q[1-4]|01|04|07|10)$"),
    AfterValidator(_name_quarter),
]


class RoundCreate(Wire):
    """A quarter's round and its dates."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "quarter": "2027-Q2",
                    "title": "Short breaks, April to June 2027",
                    "publish_on": "2027-03-01",
                    "choices_open_at": "2027-03-02T09:00:00Z",
                    "choices_close_at": "2027-03-16T23:59:59Z",
                    "offers_by": "2027-03-22T12:00:00Z",
                    "closes_at": "2027-06-30T22:00:00Z",
                }
            ]
        }
    )

    quarter: Quarter
    title: Name
    # From this Europe/London day on the round can be published.
    publish_on: CalendarDate
    # Families choose from the one instant to just before the other.
    choices_open_at: Instant
    choices_close_at: Instant
    # Offers go out after the choices have closed and before this.
    offers_by: Instant
    # From then on the round can be closed.
    closes_at: Instant

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        order = [day_start(self.publish_on), self.choices_open_at]
        if not order[0] <= order[1] < self.choices_close_at < self.offers_by <= self.closes_at:
            raise PydanticCustomError(
                "dates_order",
                "The dates follow one another: publish_on, choices_open_at, choices_close_at,"
                " offers_by, closes_at",
            )
        if self.offers_by > quarter_bounds(self.quarter)[1]:
            raise PydanticCustomError("offers_by", "Offers go out before the quarter is over")
        return self


class RoundUpdate(Wire):
    """A change of a round, as a merge patch."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"choices_close_at": "2027-03-17T23:59:59Z"}]}
    )

    quarter: Quarter | None = None
    title: Name | None = None
    publish_on: CalendarDate | None = None
    choices_open_at: Instant | None = None
    choices_close_at: Instant | None = None
    offers_by: Instant | None = None
    closes_at: Instant | None = None


class RoundRead(BaseModel):
    """A round, and where it stands at this moment."""

    id: UUID
    quarter: str
    months: list[str]
    title: str
    status: RoundStatus
    publish_on: date
    choices_open_at: datetime
    choices_close_at: datetime
    offers_by: datetime
    closes_at: datetime
    published_at: datetime | None
    allocated_at: datetime | None
    offers_out_at: datetime | None
    closed_at: datetime | None
    # The newest; null before the round is published.
    brochure_version: int | None
    created_at: datetime
    updated_at: datetime


class DayCover(BaseModel):
    """What is on one day of the week."""

    weekday: Weekday
    sessions: int
    places: int


class WeekCover(BaseModel):
    """What is on in one ISO week of the quarter."""

    week: str
    monday: date
    sessions: int
    places: int


class YearCover(BaseModel):
    """The weeks of the year from April to March with something on, against the 51 to reach."""

    year: str
    weeks: int
    weeks_with_sessions: int
    weeks_wanted: int
    without: list[str]


class AreaCover(BaseModel):
    """What is on in one postcode district, and how many children live there."""

    # Null where no postcode is known.
    outcode: str | None
    children: int
    sessions: int
    places: int


class AgeCover(BaseModel):
    """What is on for some ages, and how many children will have them when the quarter begins."""

    min_age: int
    max_age: int
    children: int
    sessions: int
    places: int


class NeedCover(BaseModel):
    """How far the quarter's sessions meet a need, and how many children have it as essential."""

    need: NeedCode
    children: int
    # Sessions that meet it as they are, and others where it can be arranged.
    ready: int
    arrangeable: int


class Missing(BaseModel):
    """What has nothing on offer; of areas and ages those where children are."""

    weekdays: list[Weekday]
    weeks: list[str]
    areas: list[str]
    ages: list[str]
    needs: list[NeedCode]


class CoverageRead(BaseModel):
    """What a quarter's catalogue, as it is now, covers and what it leaves out."""

    round_id: UUID
    quarter: str
    sessions: int
    places: int
    children: int
    weekdays: list[DayCover]
    weeks: list[WeekCover]
    year: YearCover
    areas: list[AreaCover]
    ages: list[AgeCover]
    needs: list[NeedCover]
    missing: Missing
