"""Tables of waiting lists, and of the places offered to those who wait."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to


@dataclass(frozen=True)
class Turn:
    """Where a booking stands on its waiting list, and how likely its turn comes."""

    place: int
    of: int
    chance: float
    # Of the place it is offered, if it is.
    offer_id: UUID | None
    offer_expires_at: datetime | None


class WaitlistEntry(Base):
    """A booking's turn on the waiting list of its session."""

    __tablename__ = "waitlist_entries"
    __table_args__ = (
        belongs_to("bookings", "booking_id", ondelete="CASCADE"),
        belongs_to("sessions", "session_id"),
        Index("ix_waitlist_entries_turn", "authority_id", "session_id", "joined_at", "booking_id"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID]
    joined_at: Mapped[datetime]
    # When it was last passed over, and by which rule.
    skipped_at: Mapped[datetime | None]
    skip_reason: Mapped[str | None]


class PlaceOffer(TenantTable, Base):
    """A place kept for a booking that waits, until the family answers or the deadline passes."""

    __tablename__ = "place_offers"
    __table_args__ = (
        belongs_to("bookings", "booking_id", ondelete="CASCADE"),
        Index(
            "uq_place_offers_booking_open",
            "authority_id",
            "booking_id",
            unique=True,
            postgresql_where="status = 'open'",
        ),
        Index(
            "ix_place_offers_open",
            "authority_id",
            "expires_at",
            postgresql_where="status = 'open'",
        ),
        Index(None, "authority_id", "child_id", "id"),
        Index(None, "authority_id", "session_id", "id"),
        CheckConstraint("source IN ('waitlist', 'round')", name="source"),
        CheckConstraint(
            "status IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')", name="status"
        ),
        CheckConstraint("(status = 'open') = (answered_at IS NULL)", name="answered_when"),
    )

    booking_id: Mapped[UUID]
    child_id: Mapped[UUID]
    session_id: Mapped[UUID]
    source: Mapped[str]
    status: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
