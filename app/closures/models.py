"""Tables of the closures room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to


class Closure(TenantTable, Base):
    """A provider, an activity or a session that ends, and how far its families are helped on."""

    __tablename__ = "closures"
    __table_args__ = (
        belongs_to("providers", "provider_id"),
        belongs_to("activities", "activity_id"),
        belongs_to("sessions", "session_id"),
        UniqueConstraint(
            *("authority_id", "provider_id", "activity_id", "session_id", "starts_from"),
            name="uq_closures_target_starts_from",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_closures_working", "authority_id", "id", postgresql_where="status = 'working'"),
        CheckConstraint("num_nonnulls(provider_id, activity_id, session_id) = 1", name="target"),
        CheckConstraint("status IN ('working', 'done')", name="status"),
        CheckConstraint("(status = 'done') = (done_at IS NOT NULL)", name="done_when"),
    )

    provider_id: Mapped[UUID | None]
    activity_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    # Sessions that start then or later do not take place.
    starts_from: Mapped[datetime]
    kind: Mapped[str]
    # Null where a session was simply cancelled, by hand or by a feed.
    reason: Mapped[str | None]
    status: Mapped[str]
    # How many sessions it cancelled.
    sessions: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    # Null where a trigger made it, as a session was cancelled.
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class TransitionPlan(TenantTable, Base):
    """A place or a turn that a child lost by a closure, and what the child could have instead.

    Written with state `found` in the transaction that cancels the session; its booking is ended
    as it becomes `released`, and the family told as it becomes `planned`.
    """

    __tablename__ = "transition_plans"
    __table_args__ = (
        belongs_to("closures", "closure_id", ondelete="CASCADE"),
        belongs_to("children", "child_id", ondelete="CASCADE"),
        belongs_to("bookings", "booking_id", ondelete="CASCADE"),
        belongs_to("sessions", "session_id"),
        # However often its session is cancelled, a booking is ended and planned for once.
        UniqueConstraint("authority_id", "booking_id"),
        Index(None, "authority_id", "closure_id", "state", "child_id"),
        Index(None, "authority_id", "child_id", "id"),
        Index(None, "authority_id", "session_id"),
        CheckConstraint("state IN ('found', 'released', 'planned')", name="state"),
        CheckConstraint("(state = 'planned') = (planned_at IS NOT NULL)", name="planned_when"),
    )

    closure_id: Mapped[UUID]
    child_id: Mapped[UUID]
    booking_id: Mapped[UUID]
    session_id: Mapped[UUID]
    # The status of the booking as its session was cancelled.
    was: Mapped[str]
    state: Mapped[str]
    # Best first; empty where there are none.
    alternatives: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    # Why there are none: sessions by what blocks them, and the one that comes nearest.
    without: Mapped[dict[str, Any] | None]
    planned_at: Mapped[datetime | None]
