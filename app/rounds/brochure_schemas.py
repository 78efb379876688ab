"""What a brochure says, as data."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.catalogue.schemas import Funding, OfferKind
from app.codes import BreakType, NeedCode, Setting
from app.wire import Wire

BrochureFormat = Literal["json", "html", "pdf"]
BrochureStyle = Literal["standard", "easy_read"]


class BrochureQuery(Wire):
    """Which brochure, and in which form."""

    # The newest, unless another is named.
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    # Stands above the Accept header, for links.
    format: BrochureFormat | None = None
    style: BrochureStyle = "standard"
    child_id: UUID | None = None


class BrochureRound(BaseModel):
    """The round that a brochure is of, as it was when the brochure was made."""

    id: UUID
    quarter: str
    months: list[str]
    title: str
    choices_open_at: datetime
    choices_close_at: datetime
    offers_by: datetime


class BrochureVenue(BaseModel):
    """Where an activity is."""

    name: str | None
    address: str | None
    postcode: str | None


class BrochureNeed(BaseModel):
    """How a need is met."""

    model_config = ConfigDict(from_attributes=True)

    need: NeedCode
    kind: OfferKind
    # For how many children in one session; of a limited offer only.
    per_session: int | None
    lead_days: int


class BrochureSessionRead(BaseModel):
    """One date of an activity."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    places: int
    # Where this date meets needs in another way than the activity's other dates.
    needs: list[BrochureNeed]
    # In a child's own brochure: whether support has to be arranged.
    support: Literal["ready", "arrange"] | None = None


class ToArrange(BaseModel):
    """Support that has to be arranged before the child can go."""

    model_config = ConfigDict(from_attributes=True)

    need: NeedCode
    source: Literal["provider", "authority"]
    lead_days: int


class Suits(BaseModel):
    """Why an activity is where it is in a child's own brochure."""

    score: float
    reasons: list[str]
    arrangements: list[ToArrange]
    funding: Funding | None
    price_pence: int | None


class BrochureActivity(BaseModel):
    """One activity with its dates in the quarter."""

    activity_id: UUID
    title: str
    provider: str
    description: str
    break_type: BreakType
    setting: Setting
    min_age: int
    max_age: int
    gender: str | None
    venue: BrochureVenue | None
    funding: list[Funding]
    price_pence: int
    needs: list[BrochureNeed]
    sessions: list[BrochureSessionRead]
    # Only in a child's own brochure.
    suits: Suits | None = None


class ForChild(BaseModel):
    """Whose own brochure it is, and what it leaves out."""

    child_id: UUID
    given_name: str
    # Dates by the first reason that keeps the child from them.
    blocked: dict[str, int]


class BrochureRead(BaseModel):
    """A round's brochure: frozen, or ordered for one child."""

    round: BrochureRound
    authority: str
    version: int
    frozen_at: datetime
    activities: list[BrochureActivity]
    for_child: ForChild | None = None


class SessionChange(BaseModel):
    """A session that is not any more as a brochure says."""

    session_id: UUID
    activity_id: UUID
    title: str
    change: Literal["cancelled", "moved"]
    was_starts_at: datetime
    was_ends_at: datetime
    starts_at: datetime
    ends_at: datetime


class ChangesRead(BaseModel):
    """What has changed since a version of a brochure was frozen."""

    round_id: UUID
    version: int
    frozen_at: datetime
    items: list[SessionChange]
