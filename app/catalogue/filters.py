"""What a list of the catalogue may be narrowed by: the query parameters of each."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic import field_validator as validator
from pydantic_core import PydanticCustomError

from app.catalogue.schemas import Funding
from app.clock import day_start
from app.codes import BreakType, NeedCode, Setting, Weekday
from app.wire import Wire

DEFAULT_WITHIN_KM = 10.0


def read_moment(text: Any) -> datetime | date:
    """Read a day, or a moment with its offset, that a session can plausibly mean."""
    try:
        day = len(text) == len("2027-03-06")
        read = date.fromisoformat(text) if day else datetime.fromisoformat(text)
    except (TypeError, ValueError):
        read = date.min
    offset_missing = isinstance(read, datetime) and read.tzinfo is None
    if offset_missing or not 2000 <= read.year < 2100:
        raise PydanticCustomError(
            "moment", "Write a date, or a date and time with an offset, from 2000 to 2099"
        )
    return read


def read_position(text: str) -> str:
    """Refuse what is not a latitude and a longitude."""
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        raise PydanticCustomError("position", "Write latitude,longitude") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise PydanticCustomError("position", "Write latitude,longitude")
    return text


Words = Annotated[str, Field(min_length=1, max_length=200)]
Moment = Annotated[
    datetime | date,
    PlainValidator(read_moment),
    WithJsonSchema({"anyOf": [{"type": "string", "format": f} for f in ("date", "date-time")]}),
]
Position = Annotated[str, Field(max_length=60), AfterValidator(read_position)]


class ProviderFilter(Wire):
    """Which providers."""

    # The page's own parameters stand beside these.
    model_config = ConfigDict(extra="ignore")

    q: Words | None = None


class StartsBetween(Wire):
    """Sessions that start in a span of moments or days."""

    model_config = ConfigDict(extra="ignore")

    from_: Moment | None = Field(
        None, alias="from", description="Start at or after this moment or Europe/London day"
    )
    to: Moment | None = Field(
        None, description="Start before this moment, or up to the end of this Europe/London day"
    )

    @property
    def starts_from(self) -> datetime | None:
        """Give the first moment of a start."""
        return self.from_ if isinstance(self.from_, datetime) else _day_start(self.from_)

    @property
    def starts_before(self) -> datetime | None:
        """Give the moment by which a start must be past."""
        if self.to is None or isinstance(self.to, datetime):
            return self.to
        return _day_start(self.to + timedelta(days=1))


class ActivityFilter(Wire):
    """Which activities."""

    model_config = ConfigDict(extra="ignore")

    q: Words | None = Field(None, description="Words of the title or description")
    interest: Words | None = Field(None, description="A concept's notation, or words for it")
    need: NeedCode | None = Field(None, description="Met in some way: provided or on request")
    age: Annotated[int, Field(ge=0, le=120)] | None = None
    setting: Setting | None = None
    break_type: BreakType | None = None
    funding: Funding | None = None
    provider_id: UUID | None = None
    near: Position | None = Field(None, description="latitude,longitude")
    within_km: Annotated[float, Field(gt=0, le=1000)] | None = Field(
        None, description=f"Needs `near`, and is {DEFAULT_WITHIN_KM:.0f} if left out"
    )

    @validator("within_km")
    @classmethod
    def _measure_from_somewhere(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("near", "") is None:
            raise PydanticCustomError("needs_near", "A distance needs `near` to measure from")
        return value

    @property
    def circle(self) -> tuple[float, float, float] | None:
        """Give latitude, longitude and kilometres of the circle asked for."""
        if self.near is None:
            return None
        latitude, longitude = map(float, self.near.split(","))
        return latitude, longitude, self.within_km or DEFAULT_WITHIN_KM


class SessionFilter(ActivityFilter, StartsBetween):
    """Which sessions: when, and of which activities."""

    activity_id: UUID | None = None
    weekday: Weekday | None = Field(None, description="The Europe/London day of the start")
    has_places: bool | None = Field(None, description="Whether a place can still be had")


def _day_start(day: date | None) -> datetime | None:
    return None if day is None else day_start(day)
