"""What the children room takes and gives: the profile's shape on the wire.

`ChildCreate` is the whole document, `ChildUpdate` a merge patch of it, `ChildRead` the whole
document and what the server knows besides.
"""

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.codes import WEEKDAYS, Feeling, NeedCode, Setting, Voice, Weekday
from app.postcodes import centroid, parse_postcode
from app.wire import Band, CalendarDate, Latitude, Longitude, PostcodeText, ShortText, Wire

Gender = Literal["female", "male", "other"]
# Who messages are addressed to, and who gives a consent.
Relation = Literal["child", "parent", "guardian", "carer", "professional"]
Purpose = Literal["booking", "matching", "sharing"]
GivenName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Language = Annotated[
    str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")
]
MaxKm = Annotated[float, Field(gt=0, le=1000)]
CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
# Of a degree: about 100 m.
PLACES = 3
EXAMPLE_ID = "0198c6a4-7d1e-7c3a-9b52-3f1f0a4c8e21"
EXAMPLE_FRIEND_ID = "0198c6a4-7d1e-7c3a-9b52-3f1f0a4c8e22"


def _read_clock_time(value: Any) -> Any:
    # Left to itself pydantic also reads seconds since midnight, fractions and time zones.
    if type(value) is time or (isinstance(value, str) and CLOCK_TIME.fullmatch(value)):
        return value
    raise PydanticCustomError("time_format", "A time is written as HH:MM")


def _refuse_repeats(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("repeated", "Each may be named once only")
    return values


ClockTime = Annotated[
    time,
    BeforeValidator(_read_clock_time),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{CLOCK_TIME.pattern}$", "examples": ["09:00"]}),
]


class HomeUpdate(Wire):
    """Where a child lives, as far as a change names it."""

    postcode: PostcodeText | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Home(HomeUpdate):
    """Where a child lives: a postcode, a position or both; too coarse to find the door."""

    @model_validator(mode="after")
    def _place(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("position", "Give both latitude and longitude, or neither")
        if self.postcode is None and self.latitude is None:
            raise PydanticCustomError("home", "Give a postcode or a position")
        if self.latitude is None or self.longitude is None:
            self._place_by_postcode()
        else:
            self.latitude = round(self.latitude, PLACES)
            self.longitude = round(self.longitude, PLACES)
        return self

    def _place_by_postcode(self) -> None:
        position = centroid(parse_postcode(self.postcode)) if self.postcode else None
        if position is not None:
            self.latitude, self.longitude = (round(degrees, PLACES) for degrees in position)


class Travel(Wire):
    """How far and how a child can travel."""

    max_km: MaxKm | None = None
    accessible_transport_only: bool = False


class TravelUpdate(Wire):
    """What to change of a child's travel; null goes back to the default."""

    max_km: MaxKm | None = None
    accessible_transport_only: bool | None = None


class Communication(Wire):
    """How a child communicates, and to whom messages about the child are addressed."""

    methods: Annotated[list[Word], Field(max_length=20)] = Field(default_factory=list)
    contact: Relation = "parent"
    language: Language = "en"


class CommunicationUpdate(Wire):
    """What to change of a child's communication; null goes back to the default."""

    methods: Annotated[list[Word], Field(max_length=20)] | None = None
    contact: Relation | None = None
    language: Language | None = None


Settings = Annotated[list[Setting], Field(max_length=3), AfterValidator(_refuse_repeats)]


class Preferences(Wire):
    """What a family would rather have; nothing else is ruled out by it."""

    # None at all means no preference.
    settings: Settings = Field(default_factory=list)


class PreferencesUpdate(Wire):
    """What to change of a family's preferences; null goes back to none."""

    settings: Settings | None = None


class Interest(Wire):
    """What a child likes, wants to try or avoids, in their words, and who said so."""

    text: ShortText
    feeling: Feeling
    voice: Voice


class Need(Wire):
    """One coded support need."""

    code: NeedCode
    importance: Literal["essential", "helpful"]
    note: ShortText | None = None


class Window(Wire):
    """A part of a weekday in which the child can go."""

    weekday: Weekday
    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def _end_after_start(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("end_before_start", "end must be after start")
        return self


def _refuse_repeated_codes(needs: list[Need]) -> list[Need]:
    _refuse_repeats([need.code for need in needs])
    return needs


Interests = Annotated[list[Interest], Field(max_length=50)]
Needs = Annotated[list[Need], Field(max_length=40), AfterValidator(_refuse_repeated_codes)]
Windows = Annotated[list[Window], Field(max_length=50)]
Friends = Annotated[list[UUID], Field(max_length=20), AfterValidator(_refuse_repeats)]
SenTypes = Annotated[list[Word], Field(max_length=20)]

PROFILE_EXAMPLE: dict[str, Any] = {
    "household_id": EXAMPLE_ID,
    "given_name": "Sam",
    "date_of_birth": "2013-05-02",
    "gender": "male",
    "home": {"postcode": "ST4 2DE", "latitude": 53.0, "longitude": -2.18},
    "travel": {"max_km": 12, "accessible_transport_only": False},
    "communication": {"methods": ["makaton"], "contact": "child", "language": "en"},
    "preferences": {"settings": ["supported", "universal"]},
    "interests": [
        {"text": "really into fishing", "feeling": "love", "voice": "child"},
        {"text": "loud noise and crowds", "feeling": "avoid", "voice": "parent"},
    ],
    "needs": [{"code": "wheelchair_access", "importance": "essential", "note": "powered chair"}],
    "availability": [{"weekday": "saturday", "start": "09:00", "end": "17:00"}],
    "sen_types": ["ASD"],
    "friends": [EXAMPLE_FRIEND_ID],
}


class ChildCreate(Wire):
    """A child's profile."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROFILE_EXAMPLE]})

    household_id: UUID
    given_name: GivenName
    date_of_birth: CalendarDate
    gender: Gender | None = None
    home: Home
    travel: Travel = Field(default_factory=Travel)
    communication: Communication = Field(default_factory=Communication)
    preferences: Preferences = Field(default_factory=Preferences)
    interests: Interests = Field(default_factory=list)
    needs: Needs = Field(default_factory=list)
    # No window at all means any time.
    availability: Windows = Field(default_factory=list)
    sen_types: SenTypes = Field(default_factory=list)
    friends: Friends = Field(default_factory=list)


class ChildUpdate(Wire):
    """A merge patch of a profile: objects merge, lists are replaced, null removes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"travel": {"max_km": 20}, "home": {"postcode": "ST6 5UD"}, "gender": None}
            ]
        }
    )

    given_name: GivenName | None = None
    date_of_birth: CalendarDate | None = None
    gender: Gender | None = None
    home: HomeUpdate | None = None
    travel: TravelUpdate | None = None
    communication: CommunicationUpdate | None = None
    preferences: PreferencesUpdate | None = None
    interests: Interests | None = None
    needs: Needs | None = None
    availability: Windows | None = None
    sen_types: SenTypes | None = None
    friends: Friends | None = None


class HomeRead(BaseModel):
    """Where a child lives; the position is unknown where nobody gave it and the postcode is new."""

    postcode: str | None
    latitude: float | None
    longitude: float | None


class ChildRead(BaseModel):
    """A child's profile as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    household_id: UUID
    given_name: str
    date_of_birth: date
    gender: Gender | None
    home: HomeRead
    travel: Travel
    communication: Communication
    preferences: Preferences
    interests: list[Interest]
    needs: list[Need]
    availability: list[Window]
    sen_types: list[str]
    friends: list[UUID]
    created_at: datetime
    updated_at: datetime

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        """Nest the columns of a child's row."""
        return {
            "id": row.id,
            "household_id": row.household_id,
            "given_name": row.given_name,
            "date_of_birth": row.date_of_birth,
            "gender": row.gender,
            "home": {
                "postcode": row.home_postcode,
                "latitude": row.home_latitude,
                "longitude": row.home_longitude,
            },
            "travel": {
                "max_km": row.travel_max_km,
                "accessible_transport_only": row.accessible_transport_only,
            },
            "communication": {
                "methods": row.communication_methods,
                "contact": row.contact,
                "language": row.language,
            },
            "preferences": {"settings": row.preferred_settings},
            "interests": [
                {"text": item.text, "feeling": item.feeling, "voice": item.voice}
                for item in row.interests
            ],
            "needs": [
                {"code": item.code, "importance": item.importance, "note": item.note}
                for item in row.needs
            ],
            "availability": [
                {"weekday": WEEKDAYS[item.weekday], "start": item.starts, "end": item.ends}
                for item in row.availability
            ],
            "sen_types": row.sen_types,
            "friends": [item.friend_id for item in row.friendships],
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }


class HouseholdCreate(Wire):
    """A family; the reference is the broker's own, so that no family name has to be kept."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reference": "SB-2041", "income_band": "B"}]}
    )

    reference: Annotated[str, StringConstraints(max_length=100)] | None = None
    # The authority's own code for what the family can afford; policies set contributions by it.
    income_band: Band | None = None


class HouseholdUpdate(HouseholdCreate):
    """A merge patch of a household: null removes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"income_band": "A"}]})


class HouseholdRead(BaseModel):
    """A household."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    reference: str | None
    income_band: str | None
    created_at: datetime


class ConsentCreate(Wire):
    """One statement for or against a purpose; the newest of a purpose holds."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"purpose": "booking", "given": True, "by": "parent", "wording": "v1, 2027-01"}
            ]
        }
    )

    purpose: Purpose
    given: bool
    by: Relation
    wording: ShortText | None = None


class ConsentRead(BaseModel):
    """A statement as it was recorded."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    purpose: Purpose
    given: bool
    by: Relation = Field(validation_alias="by_relation")
    wording: str | None
    recorded_at: datetime
