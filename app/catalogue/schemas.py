"""What the catalogue takes and gives."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.codes import BreakType, NeedCode, Setting
from app.wire import (
    Count,
    Instant,
    Latitude,
    Longitude,
    LongText,
    Name,
    Pence,
    PlaceCost,
    PostcodeText,
    ShortText,
    Wire,
)

LONGEST_SESSION: Final = timedelta(days=14)

ProviderKind = Literal["community_group", "special_school", "universal_service", "specialist"]
OfferKind = Literal["provided", "limited", "on_request"]
Funding = Literal["free", "contributory"]
SessionStatus = Literal["scheduled", "cancelled"]

# An activity may be for more ages than an authority serves: its policy decides.
Age = Annotated[int, Field(ge=0, le=120)]
LeadDays = Annotated[int, Field(ge=0, le=365)]
SourceId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Concept = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Website = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s<>\"]+$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

Item = TypeVar("Item", bound=str)


def refuse_repeats(items: list[Item]) -> list[Item]:
    """Refuse a list that names something twice."""
    if len(set(items)) < len(items):
        raise PydanticCustomError("repeated", "The list names something twice")
    return items


Concepts = Annotated[list[Concept], Field(max_length=50), AfterValidator(refuse_repeats)]


class ProviderCreate(Wire):
    """A new provider."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Mill Lane Anglers",
                    "kind": "community_group",
                    "description": "A voluntary angling club by the canal.",
                    "email": "hello@anglers.example.org",
                }
            ]
        }
    )

    name: Name
    kind: ProviderKind
    description: LongText | None = None
    website: Website | None = None
    email: Email | None = None
    phone: Phone | None = None
    source_id: SourceId | None = None


class ProviderUpdate(Wire):
    """A change of a provider, as a merge patch: null removes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "01782 000000"}]})

    name: Name | None = None
    kind: ProviderKind | None = None
    description: LongText | None = None
    website: Website | None = None
    email: Email | None = None
    phone: Phone | None = None
    source_id: SourceId | None = None


class ProviderRead(BaseModel):
    """A provider."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    kind: ProviderKind
    description: str | None
    website: str | None
    email: str | None
    phone: str | None
    source_id: str | None


class OfferCreate(Wire):
    """How a need is met."""

    need: NeedCode
    kind: OfferKind = "provided"
    # How many children it does for in one session; of a limited offer only.
    per_session: Annotated[int, Field(ge=1, le=1000)] | None = Field(None, validate_default=True)
    # What asking for it takes; of an offer on request only.
    lead_days: LeadDays = 0
    cost_pence: Pence = 0

    @field_validator("per_session")
    @classmethod
    def _count_limited_offers_only(cls, value: int | None, info: ValidationInfo) -> int | None:
        kind = info.data.get("kind")
        if kind == "limited" and value is None:
            raise PydanticCustomError("missing", "A limited offer says how many per session")
        if kind not in ("limited", None) and value is not None:
            raise PydanticCustomError("limited_only", "Only a limited offer has a number")
        return value

    @field_validator("lead_days", "cost_pence")
    @classmethod
    def _ask_on_request_only(cls, value: int, info: ValidationInfo) -> int:
        if value and info.data.get("kind") in ("provided", "limited"):
            raise PydanticCustomError("on_request_only", "Only an offer on request has this")
        return value


class OfferRead(BaseModel):
    """How a need is met."""

    model_config = ConfigDict(from_attributes=True)

    need: NeedCode
    kind: OfferKind
    per_session: int | None
    lead_days: int
    cost_pence: int


def refuse_repeated_needs(offers: list[OfferCreate]) -> list[OfferCreate]:
    """Refuse two offers for one need."""
    if len({offer.need for offer in offers}) < len(offers):
        raise PydanticCustomError("repeated_need", "A need is offered more than once")
    return offers


Offers = Annotated[list[OfferCreate], Field(max_length=50), AfterValidator(refuse_repeated_needs)]


class VenueUpdate(Wire):
    """A change of a venue."""

    name: Name | None = None
    address: ShortText | None = None
    postcode: PostcodeText | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class VenueCreate(VenueUpdate):
    """Where an activity takes place; a postcode alone places it roughly."""

    longitude: Longitude | None = Field(None, validate_default=True)

    @field_validator("longitude")
    @classmethod
    def _give_both_or_neither(cls, value: float | None, info: ValidationInfo) -> float | None:
        if (info.data.get("latitude") is None) != (value is None):
            raise PydanticCustomError("half_position", "Give latitude and longitude, or neither")
        return value


class VenueRead(BaseModel):
    """Where an activity takes place."""

    name: str | None
    address: str | None
    postcode: str | None
    latitude: float | None
    longitude: float | None


class ActivityCreate(Wire):
    """A new activity."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "provider_id": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "title": "Junior angling",
                    "description": "Coarse fishing for beginners; rods are there.",
                    "setting": "universal",
                    "break_type": "group_universal",
                    "min_age": 8,
                    "max_age": 16,
                    "venue": {"name": "Mill Lane lock", "postcode": "ST4 2DE"},
                    "funding": ["free", "contributory"],
                    "price_pence": 400,
                    "cost_pence": 2500,
                    "concepts": ["fishing"],
                    "offers": [
                        {"need": "step_free", "kind": "provided"},
                        {"need": "one_to_one", "kind": "limited", "per_session": 2},
                        {
                            "need": "wheelchair_access",
                            "kind": "on_request",
                            "lead_days": 7,
                            "cost_pence": 4500,
                        },
                    ],
                }
            ]
        }
    )

    provider_id: UUID
    title: Name
    description: LongText = ""
    setting: Setting
    break_type: BreakType
    min_age: Age = 0
    max_age: Age = 18
    # A session is given in a round to so many children or more, or to none.
    min_group: Count = 0
    # Null means anyone.
    gender: Literal["female", "male"] | None = None
    venue: VenueCreate | None = None
    funding: Annotated[list[Funding], Field(min_length=1), AfterValidator(refuse_repeats)]
    price_pence: Pence = 0
    # What a place costs the authority, before what the family pays.
    cost_pence: PlaceCost = 0
    concepts: Annotated[list[Concept], Field(max_length=50), AfterValidator(refuse_repeats)] = (
        Field([])
    )
    offers: Offers = Field([])
    source_id: SourceId | None = None

    @field_validator("max_age")
    @classmethod
    def _reach_the_lowest_age(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("min_age", 0):
            raise PydanticCustomError("age_order", "The highest age is below the lowest age")
        return value


class ActivityUpdate(Wire):
    """A change of an activity, as a merge patch: null removes, lists are replaced."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"max_age": 18, "venue": {"postcode": "ST6 1AA"}}]}
    )

    provider_id: UUID | None = None
    title: Name | None = None
    description: LongText | None = None
    setting: Setting | None = None
    break_type: BreakType | None = None
    min_age: Age | None = None
    max_age: Age | None = None
    min_group: Count | None = None
    gender: Literal["female", "male"] | None = None
    venue: VenueUpdate | None = None
    funding: list[Funding] | None = None
    price_pence: Pence | None = None
    cost_pence: PlaceCost | None = None
    concepts: Concepts | None = None
    offers: Offers | None = None
    source_id: SourceId | None = None


class ActivityRead(BaseModel):
    """An activity."""

    id: UUID
    provider_id: UUID
    title: str
    description: str
    setting: Setting
    break_type: BreakType
    min_age: int
    max_age: int
    min_group: int
    gender: Literal["female", "male"] | None
    venue: VenueRead | None
    funding: list[Funding]
    price_pence: int
    cost_pence: int
    concepts: list[str]
    offers: list[OfferRead]
    source_id: str | None
    version: int = Field(exclude=True)


class SessionCreate(Wire):
    """A new session."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "activity_id": "01890a5d-ac96-774b-bcce-b302099a8058",
                    "starts_at": "2027-03-06T10:00:00+00:00",
                    "ends_at": "2027-03-06T12:00:00+00:00",
                    "capacity": 8,
                }
            ]
        }
    )

    activity_id: UUID
    starts_at: Instant
    ends_at: Instant
    capacity: Count
    status: SessionStatus = "scheduled"
    # For the same need these replace the activity's.
    offers: Offers = Field([])
    source_id: SourceId | None = None

    @field_validator("ends_at")
    @classmethod
    def _end_soon_after_the_start(cls, value: datetime, info: ValidationInfo) -> datetime:
        starts_at = info.data.get("starts_at")
        if starts_at is not None and value <= starts_at:
            raise PydanticCustomError("ends_before_start", "The session ends before it starts")
        if starts_at is not None and value - starts_at > LONGEST_SESSION:
            raise PydanticCustomError("too_long", "A session lasts at most 14 days")
        return value


class SessionUpdate(Wire):
    """A change of a session, as a merge patch: null removes, lists are replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "cancelled"}]})

    starts_at: Instant | None = None
    ends_at: Instant | None = None
    capacity: Count | None = None
    status: SessionStatus | None = None
    offers: Offers | None = None
    source_id: SourceId | None = None


class SessionRead(BaseModel):
    """A session, with the entitlement month that it counts towards."""

    id: UUID
    activity_id: UUID
    starts_at: datetime
    ends_at: datetime
    month: str
    capacity: int
    places_left: int
    status: SessionStatus
    offers: list[OfferRead]
    source_id: str | None
    version: int = Field(exclude=True)
