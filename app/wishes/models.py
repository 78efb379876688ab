"""Tables of the wishes room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to


class Wish(TenantTable, Base):
    """Something a child wants to do and cannot, kept until it can be met."""

    __tablename__ = "wishes"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        # What a booking met is forgotten with it.
        belongs_to("bookings", "met_booking_id", ondelete="CASCADE"),
        UniqueConstraint("authority_id", "request_key"),
        Index(None, "authority_id", "child_id", "id"),
        Index(None, "authority_id", "status", "id"),
        Index(None, "authority_id", "met_booking_id"),
        CheckConstraint("status IN ('open', 'met', 'closed')", name="status"),
        CheckConstraint("voice IN ('child', 'parent', 'professional', 'observed')", name="voice"),
        CheckConstraint("(status = 'open') = (ended_at IS NULL)", name="ended_when"),
        CheckConstraint("(status = 'met') = (met_by IS NOT NULL)", name="met_how"),
        CheckConstraint("met_by IN ('attendance', 'word')", name="met_by"),
        CheckConstraint(
            "(met_by IS NOT DISTINCT FROM 'attendance') = (met_booking_id IS NOT NULL)",
            name="met_where",
        ),
        CheckConstraint(
            "reason IS NOT NULL OR status = 'open' OR met_by IS NOT DISTINCT FROM 'attendance'",
            name="ended_with_reason",
        ),
    )

    child_id: Mapped[UUID]
    text: Mapped[str]
    # What the vocabulary makes of the words; empty where it knows none of them.
    concepts: Mapped[list[str]]
    voice: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")
    # Why it was closed, or in what way it was met by a broker's word.
    reason: Mapped[str | None]
    # Met because the child went somewhere, or by a broker's word.
    met_by: Mapped[str | None]
    met_booking_id: Mapped[UUID | None]
    # When it was met or closed.
    ended_at: Mapped[datetime | None]
    # Taken up again by somebody: where the child went before then did not meet it.
    reopened_at: Mapped[datetime | None]
    # Of the request that recorded it, where that had an Idempotency-Key.
    request_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    request_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    @property
    def open_since(self) -> datetime:
        """Tell since when it waits to be met."""
        return self.reopened_at or self.created_at


class WishAction(TenantTable, Base):
    """One thing that was done for one wish; never altered."""

    __tablename__ = "wish_actions"
    __table_args__ = (
        belongs_to("wishes", "wish_id", ondelete="CASCADE"),
        belongs_to("providers", "provider_id"),
        belongs_to("activities", "activity_id"),
        Index(None, "authority_id", "wish_id", "id"),
        CheckConstraint(
            "kind IN ('introduced', 'asked_providers', 'group_founded', 'activity_added',"
            " 'not_possible')",
            name="kind",
        ),
        CheckConstraint("(kind = 'not_possible') = (reason IS NOT NULL)", name="reason_of_kind"),
    )

    wish_id: Mapped[UUID]
    kind: Mapped[str]
    happened_on: Mapped[date]
    # The club, or who founded the group.
    provider_id: Mapped[UUID | None]
    # A club that is not listed.
    club: Mapped[str | None]
    activity_id: Mapped[UUID | None]
    # Those who were asked.
    provider_ids: Mapped[list[str]] = mapped_column(server_default="[]")
    # Why it is not possible.
    reason: Mapped[str | None]
    # For brokers only.
    note: Mapped[str | None]
    # Shared by what was done at once for several wishes.
    together_id: Mapped[UUID]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
