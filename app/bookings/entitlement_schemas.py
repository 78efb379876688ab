"""What is taken and given of a child's entitlement."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.wire import CalendarDate, ShortText, Wire

# Of a month: free, contributory. Of a year from April to March: the others.
Measure = Literal["free", "contributory", "hours", "nights", "money_pence"]
Day = Annotated[CalendarDate, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]


class Allowance(BaseModel):
    """One funding's share of a month, or one measure's of a year; null is unlimited."""

    allowed: int | None
    used: int
    remaining: int | None


class HoursAllowance(BaseModel):
    """The hours of a year; null is unlimited."""

    allowed: float | None
    used: float
    remaining: float | None


class YearRead(BaseModel):
    """What a child may still use in a year from April to March."""

    # As `2026/27`.
    year: str
    hours: HoursAllowance
    nights: Allowance
    # What the authority pays for the child's places.
    money_pence: Allowance


class EntitlementRead(BaseModel):
    """What a child may still book in a month, and use in its year."""

    month: str
    free: Allowance
    contributory: Allowance
    year: YearRead
    # Breaks of these types use none of it.
    uncounted_break_types: list[str]


class OverrideWrite(Wire):
    """What one child is allowed instead of the policy, from a month to a month, and why."""

    measure: Measure
    # Null allows any number.
    allowed: Annotated[float, Field(ge=0, le=100_000_000, multiple_of=0.25)] | None
    # It governs the whole months that these days lie in.
    starts_on: Day
    ends_on: Day
    reason: ShortText

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.ends_on < self.starts_on:
            raise PydanticCustomError("day_order", "ends_on must not be before starts_on")
        if self.allowed is not None and self.measure != "money_pence" and self.allowed > 10_000:
            raise PydanticCustomError("too_many", "Leave out the number to allow any")
        if self.allowed is not None and self.measure != "hours" and self.allowed % 1:
            raise PydanticCustomError("whole_number", "Only hours have fractions")
        return self


class OverridesWrite(Wire):
    """All overrides of a child; of two that hold at once the later one of the list counts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "measure": "hours",
                            "allowed": 200,
                            "starts_on": "2027-04-01",
                            "ends_on": "2028-03-31",
                            "reason": "Panel of 12 March: the main carer is ill",
                        },
                        {
                            "measure": "free",
                            "allowed": 4,
                            "starts_on": "2027-07-01",
                            "ends_on": "2027-08-31",
                            "reason": "Summer without school",
                        },
                    ]
                }
            ]
        }
    )

    items: Annotated[list[OverrideWrite], Field(max_length=50)]


class OverrideRead(BaseModel):
    """An override, by whom and when it was recorded, and when it was ended if it was."""

    id: UUID
    measure: Measure
    allowed: int | float | None
    starts_on: date
    ends_on: date
    reason: str
    recorded_by: UUID
    recorded_at: datetime
    # Null while it holds.
    ended_at: datetime | None
