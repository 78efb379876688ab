"""What every body on the wire is made of: strict, bounded, free of what breaks storage."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.postcodes import MAX_LENGTH, parse_postcode

LARGEST_INTEGER = 2**31 - 1

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
LongText = Annotated[str, StringConstraints(max_length=10_000)]
Pence = Annotated[int, Field(ge=0, le=100_000_000)]
# Of one place: with a bound low enough that a year's places can be added up.
PlaceCost = Annotated[int, Field(ge=0, le=1_000_000)]
Count = Annotated[int, Field(ge=0, le=100_000)]
# An authority's own short code for what a family can afford.
BAND_CODE = r"^[A-Za-z0-9_-]{1,8}$"
Band = Annotated[str, StringConstraints(pattern=BAND_CODE)]
Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
# A calendar that a session or a query can plausibly mean; it also keeps clear of year 1 and 9999,
# where a change of time zone overflows.
Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC)),
]


ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_iso_dates(value: Any) -> Any:
    # Left to itself pydantic also reads a number as seconds since 1970.
    if type(value) is date or (isinstance(value, str) and ISO_DATE.fullmatch(value)):
        return value
    raise PydanticCustomError("date_format", "A date is written as YYYY-MM-DD")


CalendarDate = Annotated[date, BeforeValidator(_only_iso_dates)]


def _read_postcode(text: str) -> str:
    try:
        return parse_postcode(text).text
    except ValueError:
        raise PydanticCustomError("postcode_unreadable", "This is not a UK postcode") from None


# Given in its usual form, however it is written.
PostcodeText = Annotated[str, Field(max_length=MAX_LENGTH), AfterValidator(_read_postcode)]

# Messages of these error types quote what was sent; the others only state the rule.
RULES_WITHOUT_QUOTES = {
    "uuid_parsing": "Input should be a valid UUID",
    "union_tag_invalid": "Input does not match any of the expected kinds",
    "url_parsing": "Input should be a valid URL",
    "json_invalid": "The body is not valid JSON",
}
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def field_problems(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Say which field breaks which rule, without the value."""
    problems = []
    for error in errors:
        location = [str(part) for part in error["loc"] if part not in ("body", "query", "path")]
        if error["type"] == "extra_forbidden" and not FIELD_NAME.fullmatch(location[-1]):
            # A caller chose this name, so it may be anything.
            location[-1] = "?"
        problems.append(
            {
                # A rule of the whole body has no place in it.
                "field": ".".join(location) or str(next(iter(error["loc"]), "body")),
                "rule": error["type"],
                "message": RULES_WITHOUT_QUOTES.get(error["type"], error["msg"]),
            }
        )
    return problems


def refuse_unstorable(value: Any) -> Any:
    """Refuse text that PostgreSQL or UTF-8 cannot hold."""
    if isinstance(value, str):
        if "\x00" in value:
            raise PydanticCustomError("nul_character", "Text must not hold a NUL character")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise PydanticCustomError("lone_surrogate", "Text must be valid Unicode")
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_unstorable(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            refuse_unstorable(key)
            refuse_unstorable(item)
    return value


class Wire(BaseModel):
    """A body that may hold its own fields and no others."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, from_attributes=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_unstorable(cls, value: Any) -> Any:
        return refuse_unstorable(value)
