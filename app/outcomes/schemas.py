"""What the outcomes room takes and gives."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.bookings.schemas import FeedbackVoice, Outcome
from app.codes import Voice
from app.wire import CalendarDate, Month, Name, ShortText, Wire

Role = Literal["recipient", "member", "mentor"]
# Known again however it is spaced.
Club = Annotated[Name, AfterValidator(lambda name: " ".join(name.split()))]


class ProgressionCreate(Wire):
    """A child's new part in an activity, at a provider or in a club that is not listed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "role": "member",
                    "provider_id": "019aab5e-7c00-7000-8000-000000000005",
                    "since": "2027-02-01",
                    "voice": "child",
                },
                {
                    "role": "recipient",
                    "club": "Trent Vale Angling Society",
                    "since": "2027-02-01",
                    "voice": "parent",
                    "reason": "wants to fish without being in charge for a while",
                },
            ]
        }
    )

    role: Role
    activity_id: UUID | None = None
    provider_id: UUID | None = None
    club: Club | None = None
    since: CalendarDate
    voice: Voice
    # Needed to step back.
    reason: ShortText | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if [self.activity_id, self.provider_id, self.club].count(None) != 2:
            raise PydanticCustomError(
                "one_place", "Name one of activity_id, provider_id and club, and only one"
            )
        return self


class ProgressionRead(BaseModel):
    """One change of a child's part in a place."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    role: Role
    # The part before in the same place; null where this is the first.
    from_role: Role | None
    provider_id: UUID | None
    activity_id: UUID | None
    club: str | None
    since: date
    voice: Voice
    reason: str | None
    recorded_at: datetime


class TagCount(BaseModel):
    """How often one voice said that a session did something for a child."""

    outcome: Outcome
    voice: FeedbackVoice
    count: int


class MonthRead(BaseModel):
    """What the sessions of a month did."""

    month: str
    sessions_attended: int
    tags: list[TagCount]


class OutcomesRead(BaseModel):
    """What a child has gained, and the history of its parts in clubs."""

    child_id: UUID
    sessions_attended: int
    tags: list[TagCount]
    months: list[MonthRead]
    goals_reached: int
    steps_done: int
    # The newest part in each place.
    roles: list[ProgressionRead]
    # Every change, the one recorded first at the head.
    items: list[ProgressionRead]
    next_cursor: str | None


class CountsQuery(Wire):
    """Which months are counted, both included."""

    first: Month | None = Field(default=None, alias="from")
    last: Month | None = Field(default=None, alias="to")


class ProgressionCounts(BaseModel):
    """How many children's parts changed, by what they became."""

    recipient: int = 0
    member: int = 0
    mentor: int = 0
    # Of all of these, those that stepped back.
    stepped_back: int = 0


class OutcomeCounts(BaseModel):
    """What an authority's sessions did in some months; nobody is named."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    first: str = Field(alias="from")
    last: str = Field(alias="to")
    sessions_attended: int
    tags: list[TagCount]
    progressions: ProgressionCounts
