"""What the closures room takes and gives."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.catalogue.filters import Moment
from app.catalogue.schemas import Funding
from app.clock import day_start
from app.codes import Setting
from app.matches.schemas import ArrangementProposed, ReasonRead
from app.pagination import Page
from app.wire import ShortText, Wire

ClosureKind = Literal["ended", "staffing", "venue", "safety", "other"]
TARGETS = ("provider_id", "activity_id", "session_id")


class ClosureCreate(Wire):
    """What ends, from when on and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "activity_id": "019512f4-2c5e-7a1b-9f4e-3d2c1b0a9f8e",
                    "from": "2027-04-01",
                    "kind": "venue",
                    "reason": "The lake is closed for the season.",
                }
            ]
        }
    )

    provider_id: UUID | None = None
    activity_id: UUID | None = None
    session_id: UUID | None = None
    from_: Moment | None = Field(
        None,
        alias="from",
        description="Sessions that start at or after this moment or Europe/London day end; now,"
        " if left out",
    )
    kind: ClosureKind = "ended"
    # Families read it.
    reason: ShortText

    @model_validator(mode="after")
    def _end_one_thing(self) -> Self:
        if len(self.target) != 1:
            raise PydanticCustomError(
                "one_target", "Name one of provider_id, activity_id and session_id"
            )
        return self

    @property
    def target(self) -> dict[str, UUID]:
        """Give what ends, by the name of its field."""
        return {name: id_ for name in TARGETS if (id_ := getattr(self, name)) is not None}

    @property
    def starts_from(self) -> datetime | None:
        """Give the first moment from which nothing takes place."""
        if isinstance(self.from_, datetime) or self.from_ is None:
            return self.from_
        return day_start(self.from_)


class ClosureRead(BaseModel):
    """A closure, and how far its families are helped on."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    id: UUID
    provider_id: UUID | None
    activity_id: UUID | None
    session_id: UUID | None
    starts_from: datetime = Field(serialization_alias="from")
    kind: str
    reason: str | None
    status: Literal["working", "done"]
    # Sessions that it cancelled.
    sessions: int
    # Bookings that were found in them; of these, how many have been ended and planned for.
    bookings: int
    ended: int
    planned: int
    without_alternative: int
    # From 0 to 1.
    progress: float
    created_at: datetime
    done_at: datetime | None


class LostRead(BaseModel):
    """The session that does not take place."""

    session_id: UUID
    activity_id: UUID
    title: str
    provider: str
    starts_at: datetime
    ends_at: datetime


class AlternativeRead(LostRead):
    """A session that a child could have instead, and what it keeps and loses."""

    # As it is now; 0 if it has been cancelled since.
    places_left: int
    score: float
    funding: Funding
    price_pence: int
    support: Literal["ready", "arrange"]
    arrangements: list[ArrangementProposed]
    same_weekday: bool
    # It starts within an hour of the lost session's time of day.
    same_time: bool
    setting: Setting
    same_setting: bool
    distance_km: float | None
    # Against the lost session; null where either is unknown.
    distance_change_km: float | None
    # Friends who have a place there already.
    friends_there: int
    # Whether all friends who lost their places too could come along; null if there are none.
    friends_together: bool | None
    keeps: list[str]
    loses: list[str]
    reasons: list[ReasonRead]


class MissReason(BaseModel):
    """What blocks the session that comes nearest."""

    reason: str
    text: str
    remedy: str | None


class MissRead(LostRead):
    """The session that comes nearest to being an alternative."""

    reasons: list[MissReason]


class WithoutRead(BaseModel):
    """Why there is no alternative."""

    # How many were looked at, and how many are blocked by which first reason.
    sessions: int
    blocked: dict[str, int]
    nearest: MissRead | None


class PlanRead(BaseModel):
    """What a child lost by a closure, and what it could have instead."""

    id: UUID
    closure_id: UUID
    child_id: UUID
    booking_id: UUID
    kind: str
    reason: str | None
    session: LostRead
    # The status of the booking as its session was cancelled.
    was: Literal["held", "confirmed", "waitlisted"]
    state: Literal["found", "released", "planned"]
    # Best first.
    alternatives: list[AlternativeRead]
    without: WithoutRead | None
    planned_at: datetime | None


class ClosureWithPlans(ClosureRead):
    """A closure with a page of its plans."""

    plans: Page[PlanRead]
