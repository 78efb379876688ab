"""What the passports room takes and gives: each reader's part has a shape of its own."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.children.schemas import Communication, Relation
from app.codes import NeedCode
from app.pagination import Page
from app.wire import LARGEST_INTEGER, Wire

PassportText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)
]
# One line: it is read while the telephone rings.
Flag = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=200,
        pattern=r"^[^\u0000-\u001f\u007f\u0085\u2028\u2029]+$",
    ),
]
VersionNumber = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
Writer = Literal["broker", "family_app"]


class PassportWrite(Wire):
    """A whole passport: what is left out is not in the new version."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "communication": "Signs Makaton; give him ten seconds to answer.",
                    "routines": "Snack at eleven, always from his own box.",
                    "behaviours": "Hums when it gets too much: a quiet corner helps.",
                    "medical": "Asthma, blue inhaler in the front pocket of his bag.",
                    "good_to_know": "Loves trains. Does not like being touched from behind.",
                    "emergency_plan": "After two puffs without relief ring 999, then his mum.",
                    "equipment": "Powered chair, charger comes with him.",
                    "flag": "Say hello to Sam first, then his mum.",
                }
            ]
        }
    )

    communication: PassportText | None = None
    routines: PassportText | None = None
    behaviours: PassportText | None = None
    medical: PassportText | None = None
    good_to_know: PassportText | None = None
    emergency_plan: PassportText | None = None
    equipment: PassportText | None = None
    flag: Flag | None = None


class SupportRead(BaseModel):
    """How to support a child: the part of a passport that a provider may read."""

    communication: str | None
    routines: str | None
    behaviours: str | None
    medical: str | None
    good_to_know: str | None
    emergency_plan: str | None
    equipment: str | None


class VersionRead(BaseModel):
    """That a passport was written, when and by whom; not what it says."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    written_at: datetime
    written_by: Writer = Field(validation_alias="client_kind")
    client_id: UUID


class PassportRead(SupportRead):
    """A passport as the family and the authority's brokers read it."""

    child_id: UUID
    version: int
    written_at: datetime
    written_by: Writer
    client_id: UUID
    flag: str | None


class FlagRead(BaseModel):
    """What to know before ringing up: the one line, and who is to be spoken to."""

    child_id: UUID
    given_name: str
    contact: Relation
    # None where no passport has one.
    flag: str | None


class TaskRead(BaseModel):
    """How far a support task of a booking is."""

    model_config = ConfigDict(from_attributes=True)

    status: Literal["open", "done", "waived"]
    source: Literal["provider", "authority"]
    due_at: datetime


class BriefedNeed(BaseModel):
    """A need that matters in the session, and what meets it there."""

    need: NeedCode
    importance: Literal["essential", "helpful"]
    # `unmet`: the session no longer provides it, or the need is newer than the booking.
    met_by: Literal["provided", "limited", "arranged", "unmet"]
    arrangement: TaskRead | None


class BriefedChild(BaseModel):
    """What a provider has to know of one child who comes."""

    booking_id: UUID
    # `held`: the place is not firm yet.
    status: Literal["held", "confirmed", "attended", "no_show"]
    given_name: str
    # On the day of the session.
    age_years: int
    communication: Communication
    family_stays: bool
    needs: list[BriefedNeed]
    passport: SupportRead | None
    # Why there is none.
    passport_absent: Literal["place_not_firm", "did_not_come", "no_consent", "none_written"] | None


class BriefingRead(Page[BriefedChild]):
    """Who comes to a session, by given name."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    shown_until: datetime
