"""What the wishes room takes and gives."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from app.codes import Voice
from app.wire import ShortText, Wire

WishStatus = Literal["open", "met", "closed"]
# What a wish is grouped by where the vocabulary knows none of its words, or the home is unknown.
NO_CONCEPT = "none"
UNKNOWN_AREA = "unknown"
Concept = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]
Outcode = Annotated[str, StringConstraints(pattern=r"^([A-Z]{1,2}[0-9][A-Z0-9]?|unknown)$")]


class WishCreate(Wire):
    """Something a child wants to do and cannot, in the words of whoever says so."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "child_id": "0198c6a4-7d1e-7c3a-9b52-3f1f0a4c8e21",
                    "text": "go fishing with people my age",
                    "voice": "child",
                }
            ]
        }
    )

    child_id: UUID
    text: ShortText
    voice: Voice


class WishState(Wire):
    """What may change of a wish."""

    text: ShortText
    voice: Voice
    status: WishStatus
    reason: ShortText | None = None


class WishUpdate(Wire):
    """A merge patch: other words while the wish is open, or what has become of it and why.

    Closing takes a reason, and so does calling it met by word, which is for brokers.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "go fishing with people my age, by the canal"},
                {"status": "closed", "reason": "has taken up the guitar instead"},
                {"status": "open"},
            ]
        }
    )

    text: ShortText | None = None
    voice: Voice | None = None
    status: WishStatus | None = None
    reason: ShortText | None = None


class WishQuery(Wire):
    """Which wishes are listed."""

    child_id: UUID | None = None
    status: WishStatus | None = None
    # A notation, or `none` for words that the vocabulary does not know.
    concept: Concept | None = None
    # The district of the child's home, or `unknown`.
    outcode: Outcode | None = None


class WishRead(BaseModel):
    """A wish and what has become of it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    child_id: UUID
    text: str
    voice: Voice
    concepts: list[str]
    status: WishStatus
    # Why it was closed, or how it was met by a broker's word.
    reason: str | None
    # `attendance`: the child went; `word`: a broker says so.
    met_by: Literal["attendance", "word"] | None
    met_booking_id: UUID | None
    # When it was met or closed.
    ended_at: datetime | None
    created_at: datetime


class GroupQuery(Wire):
    """Which wishes are grouped."""

    status: WishStatus = "open"
    concept: Concept | None = None
    outcode: Outcode | None = None


class GroupRead(BaseModel):
    """Wishes for one concept in one district: who might found a group for them."""

    model_config = ConfigDict(from_attributes=True)

    # A notation; null gathers wishes whose words the vocabulary does not know.
    concept: str | None
    label: str
    # The postcode district of the homes; null where those are unknown.
    outcode: str | None
    children: int
    wishes: int
    oldest: datetime
    # Lists these wishes.
    wishes_url: str
