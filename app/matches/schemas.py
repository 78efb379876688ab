"""What the matches room gives."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.bookings.entitlement_schemas import EntitlementRead
from app.catalogue.filters import StartsBetween
from app.catalogue.schemas import Funding
from app.wire import Month


class MatchesQuery(StartsBetween):
    """Which sessions, and how many of them."""

    month: Month | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class FromMatching(BaseModel):
    """A result of the engine, as it is shown."""

    model_config = ConfigDict(from_attributes=True)


class ArrangementProposed(FromMatching):
    """Support that has to be arranged before the session."""

    need: str
    source: Literal["provider", "authority"]
    lead_days: int
    cost_pence: int


class ReasonRead(FromMatching):
    """One part of a score; the contributions add up to it."""

    factor: str
    contribution: float
    text: str


class SessionShown(BaseModel):
    """What an answer shows of a session."""

    session_id: UUID
    activity_id: UUID
    title: str
    provider: str
    starts_at: datetime
    ends_at: datetime
    places_left: int


class NextDate(BaseModel):
    """A further session of the same activity that the child could go to."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime


class MatchRead(SessionShown):
    """A session put forward for a child."""

    distance_km: float | None
    score: float
    funding: Funding
    price_pence: int
    support: Literal["ready", "arrange"]
    arrangements: list[ArrangementProposed]
    reasons: list[ReasonRead]
    # A weekly activity is one match; these are its next dates in the span asked for.
    next_dates: list[NextDate]


class MatchesRead(BaseModel):
    """A child's matches, best first, and why the other sessions are not among them."""

    child_id: UUID
    month: str
    entitlement: EntitlementRead
    items: list[MatchRead]
    # Sessions by their first blocking reason.
    blocked: dict[str, int]


class NeedFitRead(FromMatching):
    """How a need of the child is met in a session."""

    need: str
    importance: Literal["essential", "helpful"]
    met_by: str
    lead_days: int | None
    cost_pence: int | None
    text: str


class ObstacleRead(FromMatching):
    """A reason that blocks a session, and what would make it possible."""

    reason: str
    text: str
    facts: dict[str, Any]
    remedy: str | None


class FitRead(SessionShown):
    """One pair of child and session explained in full, blocked or not."""

    child_id: UUID
    eligible: bool
    score: float
    distance_km: float | None
    funding: Funding | None
    price_pence: int | None
    support: Literal["ready", "arrange", "blocked"]
    arrangements: list[ArrangementProposed]
    reasons: list[ReasonRead]
    needs: list[NeedFitRead]
    obstacles: list[ObstacleRead]


class CandidateRead(BaseModel):
    """A child that a session would suit."""

    child_id: UUID
    # The start of its last break; null if it has had none.
    last_break_at: datetime | None
    score: float
    funding: Funding
    price_pence: int
    distance_km: float | None
    support: Literal["ready", "arrange"]
    arrangements: list[ArrangementProposed]
    reasons: list[ReasonRead]


class CandidatesRead(BaseModel):
    """The children a session would suit, those longest without a break first."""

    session_id: UUID
    items: list[CandidateRead]
    # Children of the right age by the first reason that keeps them out.
    blocked: dict[str, int]
