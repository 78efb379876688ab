"""Tables of the bookings room.

Counters guard what is scarce, each raised by a conditional update and bounded by a CHECK:
places (`sessions.taken`), entitlement (of a month, of a year), and support (in a session, or
of the authority in a week).
"""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Uuid, false, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.bookings.waitlist_models import Turn
from app.db import Base, TenantTable, belongs_to

# What takes a place and uses the entitlement; a waitlisted booking does neither.
ACTIVE_STATUSES = ("held", "confirmed", "attended", "no_show")


class EntitlementCounter(Base):
    """How much of a month's entitlement a child has used."""

    __tablename__ = "entitlement_counters"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        CheckConstraint("funding IN ('free', 'contributory')", name="funding"),
        CheckConstraint("month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="month"),
        # Null allows any number.
        CheckConstraint("used >= 0 AND (allowed IS NULL OR used <= allowed)", name="used_allowed"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    funding: Mapped[str] = mapped_column(primary_key=True)
    allowed: Mapped[int | None]
    used: Mapped[int] = mapped_column(default=0)


class YearlyCounter(Base):
    """How much a child has used of what is allowed a year: minutes, nights or pence."""

    __tablename__ = "yearly_counters"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        CheckConstraint("measure IN ('minutes', 'nights', 'pence')", name="measure"),
        CheckConstraint("year ~ '^[0-9]{4}/[0-9]{2}$'", name="year"),
        CheckConstraint("used >= 0 AND (allowed IS NULL OR used <= allowed)", name="used_allowed"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)
    # From April to March, as `2026/27`.
    year: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    allowed: Mapped[int | None]
    used: Mapped[int] = mapped_column(default=0)


class EntitlementOverride(TenantTable, Base):
    """What one child is allowed instead of the policy, why, by whose word and until when."""

    __tablename__ = "entitlement_overrides"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id", "id"),
        CheckConstraint(
            "measure IN ('free', 'contributory', 'minutes', 'nights', 'pence')", name="measure"
        ),
        CheckConstraint("allowed >= 0", name="allowed_not_negative"),
        CheckConstraint("starts_on <= ends_on", name="days"),
    )

    child_id: Mapped[UUID]
    measure: Mapped[str]
    # Null allows any number.
    allowed: Mapped[int | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    # Set when another list replaces it; what it once allowed can still be read.
    ended_at: Mapped[datetime | None]


class SessionSupport(Base):
    """How many of a session's limited places for a need are taken."""

    __tablename__ = "session_support"
    __table_args__ = (
        belongs_to("sessions", "session_id", ondelete="CASCADE"),
        CheckConstraint("used >= 0 AND used <= allowed", name="used_allowed"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    need: Mapped[str] = mapped_column(primary_key=True)
    allowed: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)


class SupportServiceWeek(Base):
    """How many of a support service's places in an ISO week are taken."""

    __tablename__ = "support_service_weeks"
    __table_args__ = (
        belongs_to("support_services", "support_service_id", ondelete="CASCADE"),
        CheckConstraint("week ~ '^[0-9]{4}-W[0-9]{2}$'", name="week"),
        CheckConstraint("used >= 0 AND used <= allowed", name="used_allowed"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    support_service_id: Mapped[UUID] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(primary_key=True)
    allowed: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)


class Arrangement(TenantTable, Base):
    """A support task of a booking: what must be put in place for a need, by when, by whom."""

    __tablename__ = "arrangements"
    __table_args__ = (
        belongs_to("bookings", "booking_id", ondelete="CASCADE"),
        belongs_to("support_services", "support_service_id"),
        Index(None, "authority_id", "booking_id"),
        CheckConstraint("status IN ('open', 'done', 'waived', 'dropped')", name="status"),
        CheckConstraint("source IN ('provider', 'authority')", name="source"),
        CheckConstraint(
            "(source = 'authority') = (support_service_id IS NOT NULL)", name="service_of_source"
        ),
        CheckConstraint(
            "funder IN ('authority', 'provider', 'family', 'health', 'education', 'charity')",
            name="funder",
        ),
        CheckConstraint("status <> 'waived' OR reason IS NOT NULL", name="waived_with_reason"),
        Index(
            "ix_arrangements_open",
            "authority_id",
            "due_at",
            "id",
            postgresql_where="status = 'open'",
        ),
    )

    booking_id: Mapped[UUID]
    need: Mapped[str]
    source: Mapped[str]
    support_service_id: Mapped[UUID | None]
    lead_days: Mapped[int]
    cost_pence: Mapped[int]
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="open")
    # Who pays for it.
    funder: Mapped[str]
    # Why it was waived, or taken up again.
    reason: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Booking(TenantTable, Base):
    """A child's place in a session."""

    __tablename__ = "bookings"
    __table_args__ = (
        belongs_to("children", "child_id"),
        belongs_to("sessions", "session_id"),
        # A child has one live booking of a session, however often a client retries.
        Index(
            "uq_bookings_child_session_live",
            "authority_id",
            "child_id",
            "session_id",
            unique=True,
            postgresql_where="status <> 'cancelled'",
        ),
        Index(None, "authority_id", "child_id", "id"),
        Index(None, "authority_id", "session_id", "id"),
        Index(
            "ix_bookings_hold_expires_at",
            "authority_id",
            "hold_expires_at",
            postgresql_where="status = 'held' AND hold_expires_at IS NOT NULL",
        ),
        Index(
            "ix_bookings_party_id",
            "authority_id",
            "party_id",
            postgresql_where="party_id IS NOT NULL",
        ),
        CheckConstraint(
            "status IN ('held', 'confirmed', 'waitlisted', 'cancelled', 'attended', 'no_show')",
            name="status",
        ),
        CheckConstraint("funding IN ('free', 'contributory')", name="funding"),
        CheckConstraint("price_pence >= 0", name="price_not_negative"),
        CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_when"
        ),
    )

    child_id: Mapped[UUID]
    session_id: Mapped[UUID]
    funding: Mapped[str]
    status: Mapped[str]
    # The month whose entitlement it uses: the session's when it was booked.
    month: Mapped[str]
    # False for a break of a type that the policy did not count when it was booked.
    counts: Mapped[bool] = mapped_column(default=True, server_default=true())
    # Given back by a cancellation in time; a late one keeps it used.
    uses_entitlement: Mapped[bool]
    # What it uses of its year beside the month, by measure: minutes, nights, pence.
    year: Mapped[str]
    yearly_use: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    # Shared by those who were booked together, all or none.
    party_id: Mapped[UUID | None]
    price_pence: Mapped[int]
    # Needs that take one of the session's limited places.
    limited_needs: Mapped[list[str]]
    # The family comes along and stays, as the child needs and the session offers.
    family_stays: Mapped[bool] = mapped_column(default=False, server_default=false())
    # How well it fitted when it was booked, in numbers alone: what learning starts from.
    factors: Mapped[dict[str, Any] | None]
    hold_expires_at: Mapped[datetime | None]
    # Held only for its support: it is confirmed as soon as that is in place.
    confirm_when_arranged: Mapped[bool] = mapped_column(default=False, server_default=false())
    cancelled_at: Mapped[datetime | None]
    cancel_cause: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    arrangements: Mapped[list[Arrangement]] = relationship(
        order_by=Arrangement.need, cascade="all, delete-orphan", lazy="selectin"
    )
    # No column: it is worked out for the answer while the booking waits.
    waitlist = cast("Turn | None", None)


class BookingChange(Base):
    """One change of a booking: its n-th version, by whom, when and why; never altered."""

    __tablename__ = "booking_changes"
    __table_args__ = (belongs_to("bookings", "booking_id", ondelete="CASCADE"),)

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    # The type of the event that told of it.
    what: Mapped[str]
    # Null for what happened before the history was kept.
    status: Mapped[str | None]
    at: Mapped[datetime]
    # Null where the service itself did it, as time went by.
    client_id: Mapped[UUID | None]
    client_kind: Mapped[str | None]
    grant_id: Mapped[UUID | None]
    cause: Mapped[str | None]
    reason: Mapped[str | None]
    # Codes, counts and ids that explain it.
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class Feedback(Base):
    """What one voice said of a session that a child attended."""

    __tablename__ = "feedback"
    __table_args__ = (
        belongs_to("bookings", "booking_id", ondelete="CASCADE"),
        CheckConstraint("voice IN ('child', 'parent', 'provider')", name="voice"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(primary_key=True)
    voice: Mapped[str] = mapped_column(primary_key=True)
    rating: Mapped[int]
    words: Mapped[str | None]
    outcomes: Mapped[list[str]]
    given_at: Mapped[datetime]

    progress: Mapped[list["GoalProgress"]] = relationship(
        primaryjoin="and_(Feedback.authority_id == foreign(GoalProgress.authority_id), "
        "Feedback.booking_id == foreign(GoalProgress.booking_id), "
        "Feedback.voice == foreign(GoalProgress.voice))",
        order_by="GoalProgress.id",
        viewonly=True,
    )


class GoalProgress(TenantTable, Base):
    """What one voice said, after a session, of a goal or one of its steps; never altered."""

    __tablename__ = "goal_progress"
    __table_args__ = (
        belongs_to("bookings", "booking_id", ondelete="CASCADE"),
        belongs_to("goals", "goal_id", ondelete="CASCADE"),
        belongs_to("steps", "step_id", ondelete="CASCADE"),
        Index(None, "authority_id", "booking_id", "voice"),
        Index(None, "authority_id", "goal_id", "id"),
        CheckConstraint("voice IN ('child', 'parent', 'provider')", name="voice"),
        CheckConstraint("progress IN ('started', 'closer', 'reached')", name="progress"),
    )

    booking_id: Mapped[UUID]
    goal_id: Mapped[UUID]
    # Null where it is about the goal as a whole.
    step_id: Mapped[UUID | None]
    voice: Mapped[str]
    progress: Mapped[str]
    words: Mapped[str | None]
    said_at: Mapped[datetime]


class IdempotencyKey(Base):
    """A client's promise to mean the same request by the same key; holds no child's data."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "authority_id", "created_at"),)

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    # The grant it acts under, or the client itself: two families' keys never meet.
    acting_as: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    booking_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    created_at: Mapped[datetime]
