"""What every body on the wire is made of: strict, bounded, free of what breaks storage."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

LARGEST_INTEGER = 2**31 - 1

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
LongText = Annotated[str, StringConstraints(max_length=10_000)]
Pence = Annotated[int, Field(ge=0, le=100_000_000)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
# A calendar that a session or a query can plausibly mean; it also keeps clear of year 1 and 9999,
# where a change of time zone overflows.
Instant = Annotated[
    AwareDatetime,
    Field(
        ge=datetime.fromisoformat("2000-01-01T00:00:00Z"),
        lt=datetime.fromisoformat("2100-01-01T00:00:00Z"),
    ),
]


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
