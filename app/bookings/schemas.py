"""What the bookings room takes and gives."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.catalogue.schemas import Funding
from app.wire import Instant, LongText, Month, ShortText, Wire

Status = Literal["held", "confirmed", "waitlisted", "cancelled", "attended", "no_show"]
Cause = Literal["family", "broker", "provider"]
FeedbackVoice = Literal["child", "parent", "provider"]
Outcome = Literal["independence", "confidence", "friends", "skills"]


def sorted_once(values: list[str]) -> list[str]:
    """Put values in order, each once."""
    return sorted(set(values))


class BookingCreate(Wire):
    """A place wanted for a child."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "child_id": "019aab5e-7c00-7000-8000-000000000001",
                    "session_id": "019aab5e-7c00-7000-8000-000000000002",
                    "funding": "free",
                }
            ]
        }
    )

    child_id: UUID
    session_id: UUID
    funding: Funding
    # Keeps the place for a while without confirming it.
    hold_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] | None = None


class BookingCancel(Wire):
    """Why a place is given back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cause": "family", "reason": "Sam is ill"}]}
    )

    # Who cancels. A provider's cancellation always gives the entitlement back.
    cause: Cause = "family"
    reason: ShortText | None = None


class AttendanceCreate(Wire):
    """Whether the child came."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"attended": True}]})

    attended: bool


class FeedbackCreate(Wire):
    """What somebody says of a session."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "voice": "child",
                    "rating": 5,
                    "words": "I caught two fish",
                    "outcomes": ["confidence"],
                }
            ]
        }
    )

    voice: FeedbackVoice
    rating: Annotated[int, Field(ge=1, le=5)]
    words: Annotated[LongText, Field(max_length=2000)] | None = None
    outcomes: Annotated[list[Outcome], Field(max_length=4), AfterValidator(sorted_once)] = Field(
        default_factory=list
    )


class BookingQuery(Wire):
    """Which bookings are asked for."""

    child_id: UUID | None = None
    session_id: UUID | None = None
    month: Month | None = None
    status: Status | None = None
    updated_since: Instant | None = None


class ArrangementRead(BaseModel):
    """Support that has to be put in place for a booking."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    need: str
    source: Literal["provider", "authority"]
    lead_days: int
    cost_pence: int
    due_at: datetime
    status: Literal["open", "done", "waived", "dropped"]


class BookingRead(BaseModel):
    """A booking."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    child_id: UUID
    session_id: UUID
    funding: Funding
    status: Status
    month: str
    price_pence: int
    arrangements: list[ArrangementRead]
    hold_expires_at: datetime | None
    cancelled_at: datetime | None
    cancel_cause: str | None
    cancel_reason: str | None
    # Whether it counts against the month; a cancellation in time gives that back.
    uses_entitlement: bool
    created_at: datetime
    updated_at: datetime


class AttendanceRead(BaseModel):
    """A booking as the provider of its session may see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    child_id: UUID
    session_id: UUID
    status: Status
    updated_at: datetime


class FeedbackRead(BaseModel):
    """What one voice said of a session; a second time replaces the first."""

    model_config = ConfigDict(from_attributes=True)

    booking_id: UUID
    voice: FeedbackVoice
    rating: int
    words: str | None
    outcomes: list[Outcome]
    given_at: datetime


class Allowance(BaseModel):
    """One funding's share of a month; null is unlimited."""

    allowed: int | None
    used: int
    remaining: int | None


class EntitlementRead(BaseModel):
    """What a child may still book in a month."""

    month: str
    free: Allowance
    contributory: Allowance
