"""What waiting lists and offers of places take and give."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.bookings.schemas import BookingRead
from app.wire import Wire

OfferStatus = Literal["open", "accepted", "declined", "expired", "withdrawn"]


class OfferQuery(Wire):
    """Which offers are asked for."""

    child_id: UUID | None = None
    session_id: UUID | None = None
    status: OfferStatus | None = None


class OfferRead(BaseModel):
    """A place kept for a child until the family answers, or the deadline passes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    booking_id: UUID
    child_id: UUID
    session_id: UUID
    source: Literal["waitlist", "round"]
    status: OfferStatus
    made_at: datetime
    expires_at: datetime
    answered_at: datetime | None


class AnsweredOfferRead(OfferRead):
    """An offer that was answered, and what its booking is by that."""

    booking: BookingRead

    @classmethod
    def of(cls, offer: object, booking: object) -> Self:
        """Put the two together."""
        return cls(
            **OfferRead.model_validate(offer).model_dump(),
            booking=BookingRead.model_validate(booking),
        )


class TurnRead(BaseModel):
    """One who waits for a session, in the fair order."""

    model_config = ConfigDict(from_attributes=True)

    place: int
    booking_id: UUID
    child_id: UUID
    joined_at: datetime
    # When the child's last break began; null: it never had one.
    last_break: datetime | None
    # Of the place that is kept for the child, if one is.
    offer_id: UUID | None
    offer_expires_at: datetime | None
    # When it was last passed over, and by which rule.
    skipped_at: datetime | None
    skip_reason: str | None
