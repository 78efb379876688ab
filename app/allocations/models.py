"""Tables of the allocations room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to


class Allocation(TenantTable, Base):
    """One run of a round's allocation: what it rests on, what it reached, what became of it."""

    __tablename__ = "allocations"
    __table_args__ = (
        belongs_to("rounds", "round_id"),
        Index(None, "authority_id", "round_id", "id"),
        # A round's offers go out once.
        Index(
            "uq_allocations_published",
            "authority_id",
            "round_id",
            unique=True,
            postgresql_where="status = 'published'",
        ),
        CheckConstraint(
            "status IN ('working', 'done', 'failed', 'cancelled', 'published')", name="status"
        ),
        CheckConstraint("NOT (preview AND status = 'published')", name="previews_stay_inside"),
    )

    round_id: Mapped[UUID]
    # Of the lottery.
    seed: Mapped[int] = mapped_column(BigInteger)
    # Of no effect but what is stored here.
    preview: Mapped[bool]
    status: Mapped[str]
    # The instant it judges by.
    as_of: Mapped[datetime]
    # SHA-256 of all that went in and of all that came out, as canonical JSON.
    inputs_digest: Mapped[str | None]
    result_digest: Mapped[str | None]
    # Of each month and funding: what was reached and what is proved.
    parts: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    equity: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    # Until when families can answer the offers.
    answer_by: Mapped[datetime | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]


class AllocatedPlace(TenantTable, Base):
    """A place that an allocation gives to a child."""

    __tablename__ = "allocated_places"
    __table_args__ = (
        belongs_to("allocations", "allocation_id", ondelete="CASCADE"),
        belongs_to("children", "child_id", ondelete="CASCADE"),
        belongs_to("sessions", "session_id"),
        belongs_to("bookings", "booking_id", ondelete="CASCADE"),
        UniqueConstraint("authority_id", "allocation_id", "child_id", "session_id"),
        Index(None, "authority_id", "child_id"),
        Index(None, "authority_id", "session_id"),
        Index(None, "authority_id", "booking_id"),
        CheckConstraint("funding IN ('free', 'contributory')", name="funding"),
        CheckConstraint("state IN ('given', 'offered', 'skipped')", name="state"),
        CheckConstraint("(state = 'offered') = (booking_id IS NOT NULL)", name="offered_booking"),
        CheckConstraint("(state = 'skipped') = (skip_reason IS NOT NULL)", name="skipped_reason"),
    )

    allocation_id: Mapped[UUID]
    month: Mapped[str]
    funding: Mapped[str]
    child_id: Mapped[UUID]
    session_id: Mapped[UUID]
    value: Mapped[int]
    # On the child's list; null where the engine filled in.
    rank: Mapped[int | None]
    # 0 has waited longest.
    band: Mapped[int]
    # Shared by siblings who go together or not at all.
    party_id: Mapped[UUID | None]
    # Given after another child had let a place go.
    refilled: Mapped[bool]
    state: Mapped[str]
    skip_reason: Mapped[str | None]
    booking_id: Mapped[UUID | None]


class AllocatedChild(Base):
    """How a child stood in one month of an allocation, and why it did not get what it wanted."""

    __tablename__ = "allocated_children"
    __table_args__ = (
        belongs_to("allocations", "allocation_id", ondelete="CASCADE"),
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    allocation_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    band: Mapped[int]
    # Sessions that it could have taken, by funding.
    options: Mapped[dict[str, Any]]
    missed: Mapped[list[dict[str, Any]]]


class AllocatedSession(Base):
    """How a session of an allocation was asked for and given, and what one more place is worth."""

    __tablename__ = "allocated_sessions"
    __table_args__ = (
        belongs_to("allocations", "allocation_id", ondelete="CASCADE"),
        belongs_to("sessions", "session_id", ondelete="CASCADE"),
        Index(None, "authority_id", "session_id"),
        CheckConstraint("funding IN ('free', 'contributory')", name="funding"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    allocation_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    funding: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str]
    # Places there were to give, children who could have taken one or had listed it, places given.
    places: Mapped[int]
    wanted: Mapped[int]
    ranked: Mapped[int]
    given: Mapped[int]
    # By level of the objective, the first level first; and of the supported places, by need.
    price: Mapped[dict[str, Any]]
    support_prices: Mapped[list[dict[str, Any]]]
