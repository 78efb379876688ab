"""What the authorities room takes and gives."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.access.schemas import ClientCredentials
from app.codes import BreakType, NeedCode
from app.wire import BAND_CODE, Band, CalendarDate, Count, Name, Pence, Wire

AgeYears = Annotated[int, Field(ge=0, le=25)]
PerMonth = Annotated[int, Field(ge=0, le=100)]
# No more than a year has.
HoursPerYear = Annotated[float, Field(ge=0, le=366 * 24, multiple_of=0.25)]
NightsPerYear = Annotated[int, Field(ge=0, le=366)]
WaitlistOrder = Literal["longest_without_break", "joined"]
LeadDays = Annotated[int, Field(ge=0, le=365)]
# What a policy can plausibly mean; the default one starts with the first of these days.
PolicyStart = Annotated[CalendarDate, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]


class AuthorityCreate(Wire):
    """A new tenant."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Stoke-on-Trent"}]})

    name: Name


class AuthorityUpdate(AuthorityCreate):
    """What a broker may change of its authority."""


class AuthorityRead(BaseModel):
    """An authority."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    created_at: datetime


class AuthorityCreated(BaseModel):
    """A new authority and the credentials of its first broker, shown this once."""

    authority: AuthorityRead
    client: ClientCredentials


def _refuse_other_names(contributions: Any) -> Any:
    # Left to itself pydantic names the key that it refuses, which may be anything.
    if isinstance(contributions, dict) and not all(
        isinstance(band, str) and re.search(BAND_CODE, band) for band in contributions
    ):
        raise PydanticCustomError("band", "A band is a code of up to 8 letters and digits")
    return contributions


def _each_once(values: list[str]) -> list[str]:
    return sorted(set(values))


def _in_hours(minutes: int | None) -> float | None:
    return None if minutes is None else minutes / 60


class PolicyCreate(Wire):
    """What a child may book, from the month of `starts_on`; null means unlimited."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "starts_on": "2027-04-01",
                    "free_per_month": 2,
                    "contributory_per_month": None,
                    "hours_per_year": 120,
                    "nights_per_year": 14,
                    "money_per_year_pence": 250000,
                    "uncounted_break_types": ["group_universal"],
                    "contribution_pence": 500,
                    "contribution_by_band": {"A": 0, "B": 250},
                    "min_age": 0,
                    "max_age": 18,
                    "cancel_notice_hours": 48,
                    "late_cancellation_gives_back": False,
                    "waitlist_order": "longest_without_break",
                    "offer_hours": 48,
                }
            ]
        }
    )

    starts_on: PolicyStart
    free_per_month: PerMonth | None = 1
    contributory_per_month: PerMonth | None = 1
    # A year runs from April to March.
    hours_per_year: HoursPerYear | None = None
    nights_per_year: NightsPerYear | None = None
    # What the authority pays for the child's places, after what the family pays.
    money_per_year_pence: Pence | None = None
    # Breaks of these types use nothing of the entitlement.
    uncounted_break_types: Annotated[
        list[BreakType], Field(max_length=4), AfterValidator(_each_once)
    ] = Field(default_factory=list)
    # What a family pays for a contributory place, at most the activity's price: by the band of
    # the household's income, else this, else the price.
    contribution_pence: Pence | None = None
    contribution_by_band: Annotated[
        dict[Band, Pence], Field(max_length=20), BeforeValidator(_refuse_other_names)
    ] = Field(default_factory=dict)
    min_age: AgeYears = 0
    max_age: AgeYears = 18
    cancel_notice_hours: Annotated[int, Field(ge=0, le=24 * 90)] = 24
    late_cancellation_gives_back: bool = False
    waitlist_order: WaitlistOrder = "longest_without_break"
    # How long a place is kept for a family that has waited for it.
    offer_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 48

    @model_validator(mode="after")
    def _ages_in_order(self) -> Self:
        if self.min_age > self.max_age:
            raise PydanticCustomError("age_order", "min_age must not be above max_age")
        return self


class PolicyRead(BaseModel):
    """An entitlement policy."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    starts_on: date
    free_per_month: int | None
    contributory_per_month: int | None
    hours_per_year: Annotated[float | None, BeforeValidator(_in_hours)] = Field(
        validation_alias="minutes_per_year"
    )
    nights_per_year: int | None
    money_per_year_pence: int | None = Field(validation_alias="pence_per_year")
    uncounted_break_types: list[BreakType]
    contribution_pence: int | None
    contribution_by_band: dict[str, int]
    min_age: int = Field(validation_alias="min_age_years")
    max_age: int = Field(validation_alias="max_age_years")
    cancel_notice_hours: int
    late_cancellation_gives_back: bool
    waitlist_order: WaitlistOrder
    offer_hours: int
    created_at: datetime


class SupportServiceCreate(Wire):
    """What the authority itself can put in place for a need, and how often a week."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"need": "one_to_one", "lead_days": 7, "cost_pence": 4500, "per_week": 5}]
        }
    )

    need: NeedCode
    lead_days: LeadDays
    cost_pence: Pence
    per_week: Count


class SupportServiceUpdate(Wire):
    """A merge patch of a support service; which need it is for stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lead_days": 3}]})

    lead_days: LeadDays | None = None
    cost_pence: Pence | None = None
    per_week: Count | None = None


class SupportServiceRead(BaseModel):
    """A support service of the authority."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    need: NeedCode
    lead_days: int
    cost_pence: int
    per_week: int
    created_at: datetime
