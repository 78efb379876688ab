"""What every reader gives: plain, checked records that name their parents by source id.

The fields are the catalogue's own wire fields. A record holds no database id and knows no
authority; the importer adds both.
"""

from datetime import date, datetime, time
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.codes import BreakType, NeedCode
from app.postcodes import parse_postcode

MAX_AGE = 18
"""A child is served up to the day before the 19th birthday."""

ProviderKind = Literal["community_group", "special_school", "universal_service", "specialist"]
Setting = Literal["specialist", "supported", "universal"]
OfferKind = Literal["provided", "limited", "on_request"]
Funding = Literal["free", "contributory"]
Gender = Literal["female", "male"]
Frequency = Literal["DAILY", "WEEKLY", "MONTHLY"]


def _refuse_unstorable(text: str) -> str:
    """Refuse what PostgreSQL or UTF-8 cannot hold: NUL, lone surrogates, other controls."""
    if any((char < " " and char not in "\t\n\r") or "\ud800" <= char <= "\udfff" for char in text):
        raise PydanticCustomError("control_character", "The text has a character no one can read.")
    return text


def _read_postcode(text: str) -> str:
    try:
        return parse_postcode(text).text
    except ValueError as refusal:
        raise PydanticCustomError("postcode", "{reason}", {"reason": str(refusal)}) from None


def _refuse_number(value: object) -> object:
    """Refuse a bare number as a date or time: it would be read as seconds since 1970."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and value.strip().isdigit()):
        raise PydanticCustomError("not_text", "Dates and times are written as text.")
    return value


def _refuse_bool(value: object) -> object:
    """Refuse true and false as a number: they would be read as 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("not_a_number", "This should be a number.")
    return value


def _refuse_offset(value: time) -> time:
    """Refuse a time of day with an offset: a weekly club keeps its hour when the clocks change."""
    if value.tzinfo is not None:
        raise PydanticCustomError("time_zone", "Give the local time of day, without an offset.")
    return value


def _refuse_far_years(value: date) -> date:
    """Refuse years near which a conversion to another time zone or a recurrence runs off."""
    if not 1970 <= value.year <= 2200:
        raise PydanticCustomError("year_out_of_range", "The year is not between 1970 and 2200.")
    return value


def _refuse_far_moments(value: datetime) -> datetime:
    _refuse_far_years(value.date())
    return value


_Readable = AfterValidator(_refuse_unstorable)
_Number = BeforeValidator(_refuse_bool)
_Written = BeforeValidator(_refuse_number)

SourceId = Annotated[str, StringConstraints(min_length=1, max_length=200), _Readable]
# Shorter, as a session's id is its schedule's with the date behind.
ScheduleId = Annotated[str, StringConstraints(min_length=1, max_length=180), _Readable]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), _Readable]
Text = Annotated[str, StringConstraints(max_length=10_000), _Readable]
Label = Annotated[str, StringConstraints(min_length=1, max_length=120), _Readable]
Email = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"), _Readable
]
WebAddress = Annotated[
    str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s<>\"]+$"), _Readable
]
Phone = Annotated[str, StringConstraints(max_length=100), _Readable]
PostcodeText = Annotated[str, _Readable, AfterValidator(_read_postcode)]
Age = Annotated[int, Field(ge=0, le=120), _Number]
Pence = Annotated[int, Field(ge=0, le=10_000_000), _Number]
PlaceCost = Annotated[int, Field(ge=0, le=1_000_000), _Number]
Capacity = Annotated[int, Field(ge=0, le=100_000), _Number]
Days = Annotated[int, Field(ge=0, le=365), _Number]
Day = Annotated[date, _Written, AfterValidator(_refuse_far_years)]
Moment = Annotated[AwareDatetime, _Written, AfterValidator(_refuse_far_moments)]
TimeOfDay = Annotated[time, _Written, AfterValidator(_refuse_offset)]
# An ordinal in front counts within the month: 1SA is the first Saturday, -1SU the last Sunday.
WeekdayRule = Annotated[str, StringConstraints(pattern=r"^(?:-?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)$")]
MonthDay = Annotated[int, Field(ge=-31, le=31), _Number]


class _Record(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True
    )


class ProviderRecord(_Record):
    """Who runs activities."""

    source_id: SourceId
    name: Name
    kind: ProviderKind = "community_group"
    description: Text = ""
    website: WebAddress | None = None
    email: Email | None = None
    phone: Phone | None = None


class VenueRecord(_Record):
    """Where an activity takes place; a position is both numbers or neither."""

    name: Annotated[str, StringConstraints(max_length=200), _Readable] = ""
    address: Annotated[str, StringConstraints(max_length=500), _Readable] = ""
    postcode: PostcodeText | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False), _Number] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False), _Number] | None = None

    @model_validator(mode="after")
    def _give_both_or_neither(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("half_position", "Give latitude and longitude, or neither.")
        return self


class OfferRecord(_Record):
    """How an activity or a session meets one need."""

    need: NeedCode
    kind: OfferKind = "provided"
    per_session: Annotated[int, Field(ge=1, le=1000), _Number] | None = None
    lead_days: Days = 0
    cost_pence: Pence = 0

    @model_validator(mode="after")
    def _carry_only_what_the_kind_needs(self) -> Self:
        if (self.kind == "limited") != (self.per_session is not None):
            raise PydanticCustomError("per_session", "A limited offer, and no other, has a number.")
        if self.kind != "on_request" and (self.lead_days, self.cost_pence) != (0, 0):
            raise PydanticCustomError("on_request_only", "Only an offer on request has this.")
        return self


Offers = Annotated[tuple[OfferRecord, ...], Field(max_length=50)]


def _refuse_repeated_needs(offers: tuple[OfferRecord, ...]) -> None:
    needs = [offer.need for offer in offers]
    if len(set(needs)) < len(needs):
        raise PydanticCustomError("duplicate_need", "A need is offered more than once.")


def _refuse_none_or_twice(funding: tuple[Funding, ...]) -> tuple[Funding, ...]:
    if not funding or len(set(funding)) < len(funding):
        raise PydanticCustomError("funding", "Name free, contributory or both, each once.")
    return funding


class ScheduleRecord(_Record):
    """A recurrence in Europe/London wall time, as in RFC 5545; see `app.feeds.recurrence`.

    The rhythm counts from `dtstart`; without one the rule has always held. No session is before
    `valid_from` or after `until`.
    """

    source_id: ScheduleId
    freq: Frequency
    interval: Annotated[int, Field(ge=1, le=60), _Number] = 1
    byday: Annotated[tuple[WeekdayRule, ...], Field(max_length=35)] = ()
    bymonthday: Annotated[tuple[MonthDay, ...], Field(max_length=31)] = ()
    dtstart: Day | None = None
    valid_from: Day | None = None
    until: Day | None = None
    count: Annotated[int, Field(ge=1, le=1000), _Number] | None = None
    opens_at: TimeOfDay
    closes_at: TimeOfDay
    timezone: Literal["Europe/London"] = "Europe/London"
    except_bank_holidays: bool = False
    except_last_week: bool = False
    capacity: Annotated[Capacity, Field(ge=1)]

    @model_validator(mode="after")
    def _name_days_that_occur(self) -> Self:
        if self.dtstart is None:
            if self.interval > 1 or self.count is not None:
                raise PydanticCustomError("dtstart", "This recurrence needs its first day.")
            if self.freq != "DAILY" and not self.byday and not self.bymonthday:
                raise PydanticCustomError("undated", "Neither a weekday nor a first day is given.")
        elif self.until is not None and self.until < self.dtstart:
            raise PydanticCustomError("until", "The last day is before the first day.")
        if self.freq != "MONTHLY" and (self.bymonthday or any(len(day) > 2 for day in self.byday)):
            raise PydanticCustomError("monthly_only", "Days of a month need a monthly recurrence.")
        if 0 in self.bymonthday:
            raise PydanticCustomError("month_day", "There is no day 0 of a month.")
        # Such rules may have no date at all, and a search for one runs to the year 9999.
        if self.byday and (self.bymonthday or (self.freq == "DAILY" and self.interval > 1)):
            raise PydanticCustomError("rare_date", "These days may never fall together.")
        beyond = any(abs(day) > 28 for day in self.bymonthday) or any("5" in d for d in self.byday)
        if self.freq == "MONTHLY" and self.interval >= 12 and beyond:
            raise PydanticCustomError("rare_date", "That day may never occur in this month.")
        return self


class ActivityRecord(_Record):
    """What is on offer. `concepts` are the vocabulary's notations; `concept_labels` are words for
    concepts (a taxonomy's term, a category) that the catalogue looks up.
    """

    source_id: SourceId
    provider_source_id: SourceId
    title: Name
    description: Text = ""
    setting: Setting = "universal"
    break_type: BreakType = "group_universal"
    min_age: Age = 0
    max_age: Age = MAX_AGE
    gender: Gender | None = None
    venue: VenueRecord | None = None
    funding: Annotated[tuple[Funding, ...], AfterValidator(_refuse_none_or_twice)] = ("free",)
    price_pence: Pence = 0
    # None leaves what the catalogue says.
    cost_pence: PlaceCost | None = None
    concepts: Annotated[tuple[Label, ...], Field(max_length=50)] = ()
    concept_labels: Annotated[tuple[Label, ...], Field(max_length=50)] = ()
    offers: Offers = ()
    schedules: Annotated[tuple[ScheduleRecord, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _agree_with_itself(self) -> Self:
        if self.min_age > self.max_age:
            raise PydanticCustomError("age_order", "The lowest age is above the highest age.")
        _refuse_repeated_needs(self.offers)
        ids = [schedule.source_id for schedule in self.schedules]
        if len(set(ids)) < len(ids):
            raise PydanticCustomError("duplicate_schedule", "A schedule's id is used twice.")
        return self


class SessionRecord(_Record):
    """One dated occurrence with places; its offers replace the activity's for the same need."""

    source_id: SourceId
    activity_source_id: SourceId
    starts_at: Moment
    ends_at: Moment
    capacity: Capacity
    status: Literal["scheduled", "cancelled"] = "scheduled"
    offers: Offers = ()

    @model_validator(mode="after")
    def _end_after_the_start(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise PydanticCustomError("ends_before_start", "The session ends before it starts.")
        if (self.ends_at - self.starts_at).days >= 31:
            raise PydanticCustomError("too_long", "A session lasts less than 31 days.")
        _refuse_repeated_needs(self.offers)
        return self


Record = ProviderRecord | ActivityRecord | SessionRecord
