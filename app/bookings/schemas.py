"""What the bookings room takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.bookings.arrangement_schemas import ArrangementRead
from app.catalogue.schemas import Funding
from app.wire import Instant, LongText, Month, ShortText, Wire

Status = Literal["held", "confirmed", "waitlisted", "cancelled", "attended", "no_show"]
Cause = Literal["family", "broker", "provider"]
FeedbackVoice = Literal["child", "parent", "provider"]
Outcome = Literal["independence", "confidence", "friends", "skills"]
Progress = Literal["started", "closer", "reached"]


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
                },
                {
                    "child_ids": [
                        "019aab5e-7c00-7000-8000-000000000001",
                        "019aab5e-7c00-7000-8000-000000000003",
                    ],
                    "session_id": "019aab5e-7c00-7000-8000-000000000002",
                    "funding": "contributory",
                },
            ]
        }
    )

    child_id: UUID | None = None
    # Siblings, or a child and its buddy: all of them or none.
    child_ids: Annotated[list[UUID], Field(min_length=2, max_length=8)] | None = None
    session_id: UUID
    funding: Funding
    # Keeps the place for a while without confirming it.
    hold_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] | None = None
    # Waits for a place if none is free.
    waitlist: bool = False

    @property
    def children(self) -> list[UUID]:
        """The children that are to go, each once."""
        return self.child_ids or ([self.child_id] if self.child_id else [])

    @model_validator(mode="after")
    def _one_child_or_a_party(self) -> Self:
        if (self.child_id is None) == (self.child_ids is None):
            raise PydanticCustomError(
                "child_or_children", "Name either child_id or child_ids, and not both"
            )
        if len(set(self.children)) < len(self.children):
            raise PydanticCustomError("child_twice", "child_ids names a child twice")
        if self.waitlist and self.child_ids is not None:
            raise PydanticCustomError(
                "party_waits", "A waiting list is joined by one child at a time"
            )
        return self


class BookingCancel(Wire):
    """Why a place is given back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cause": "family", "reason": "Sam is ill"}]}
    )

    # Who cancels. A provider's cancellation always gives the entitlement back.
    cause: Cause = "family"
    reason: ShortText | None = None
    # Cancels the places of all that were booked together with it.
    party: bool = False


class AttendanceCreate(Wire):
    """Whether the child came."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"attended": True}]})

    attended: bool


class ProgressCreate(Wire):
    """What a session did for one of the child's goals, or for a step towards it."""

    goal_id: UUID | None = None
    step_id: UUID | None = None
    progress: Progress
    words: ShortText | None = None

    @model_validator(mode="after")
    def _goal_or_step(self) -> Self:
        if (self.goal_id is None) == (self.step_id is None):
            raise PydanticCustomError(
                "goal_or_step", "Name either goal_id or step_id, and not both"
            )
        return self


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
                    "progress": [
                        {
                            "step_id": "019aab5e-7c00-7000-8000-000000000004",
                            "progress": "reached",
                            "words": "I baited my own hook",
                        }
                    ],
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
    # A step that was reached is done; a goal is, where the child or a parent says so.
    progress: Annotated[list[ProgressCreate], Field(max_length=20)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_goal_once(self) -> Self:
        named = [said.goal_id or said.step_id for said in self.progress]
        if len(set(named)) < len(named):
            raise PydanticCustomError("goal_twice", "progress names a goal or a step twice")
        return self


class BookingQuery(Wire):
    """Which bookings are asked for."""

    child_id: UUID | None = None
    session_id: UUID | None = None
    # Those that were booked together.
    party_id: UUID | None = None
    month: Month | None = None
    status: Status | None = None
    updated_since: Instant | None = None


class WaitlistTurn(BaseModel):
    """Where a booking stands on its waiting list."""

    model_config = ConfigDict(from_attributes=True)

    # 1 is next; `of` counts all who wait.
    place: int
    of: int
    # How likely enough places come free, by how many were given up of late in the authority.
    chance: Annotated[float, Field(ge=0, le=1)]
    # Of the place that is kept for the child until then, if one is.
    offer_id: UUID | None
    offer_expires_at: datetime | None


class BookingRead(BaseModel):
    """A booking."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    child_id: UUID
    session_id: UUID
    funding: Funding
    status: Status
    month: str
    # Shared by those who were booked together.
    party_id: UUID | None
    price_pence: int
    # Somebody of the family comes along and stays, as the child needs.
    family_stays: bool
    arrangements: list[ArrangementRead]
    hold_expires_at: datetime | None
    # Only while it waits.
    waitlist: WaitlistTurn | None
    cancelled_at: datetime | None
    cancel_cause: str | None
    cancel_reason: str | None
    # Whether it counts against the month; a cancellation in time gives that back.
    uses_entitlement: bool
    created_at: datetime
    updated_at: datetime


class PartyRead(BaseModel):
    """Bookings that were made together, all or none."""

    party_id: UUID
    items: list[BookingRead]


class CancellationRead(BookingRead):
    """A cancelled booking, and what the authority's policy makes of it."""

    # With the notice that the policy asks for; a provider's cancellation always is.
    in_time: bool
    notice_hours: int | None
    entitlement_given_back: bool


class ChangeRead(BaseModel):
    """One change of a booking: what it became, when, by whom and why."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    what: str
    status: Status | None
    at: datetime
    # Null where time did it.
    client_id: UUID | None
    client_kind: str | None
    cause: str | None
    reason: str | None
    facts: dict[str, Any]


class AttendanceRead(BaseModel):
    """A booking as the provider of its session may see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    child_id: UUID
    session_id: UUID
    status: Status
    updated_at: datetime


class ProgressRead(BaseModel):
    """What one voice said of a goal, or of a step towards it, after a session."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    booking_id: UUID
    goal_id: UUID
    # Null where it is about the goal as a whole.
    step_id: UUID | None
    voice: FeedbackVoice
    progress: Progress
    words: str | None
    said_at: datetime


class FeedbackRead(BaseModel):
    """What one voice said of a session; a second time replaces the first."""

    model_config = ConfigDict(from_attributes=True)

    booking_id: UUID
    voice: FeedbackVoice
    rating: int
    words: str | None
    outcomes: list[Outcome]
    # All that this voice has said of goals after the session, the first word first.
    progress: list[ProgressRead]
    given_at: datetime
