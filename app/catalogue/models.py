"""Tables of the catalogue."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to


class CatalogueVersion(Base):
    """Moves with every change of an authority's catalogue (bookings do not move it)."""

    __tablename__ = "catalogue_versions"

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=0)


class Provider(TenantTable, Base):
    """Who runs activities."""

    __tablename__ = "providers"
    __table_args__ = (UniqueConstraint("authority_id", "source_id"),)

    name: Mapped[str]
    kind: Mapped[str]
    description: Mapped[str | None]
    website: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    # The id in the feed it came from, which makes a second import an update.
    source_id: Mapped[str | None]
    # Sessions from then on do not take place, whatever a feed says.
    closed_from: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Activity(TenantTable, Base):
    """What a provider offers, apart from when."""

    __tablename__ = "activities"
    __table_args__ = (
        belongs_to("providers", "provider_id"),
        UniqueConstraint("authority_id", "source_id"),
        Index(None, "authority_id", "provider_id"),
        CheckConstraint("min_age >= 0 AND min_age <= max_age", name="ages"),
        CheckConstraint("min_group >= 0", name="min_group_not_negative"),
        CheckConstraint("price_pence >= 0", name="price_not_negative"),
        CheckConstraint("cost_pence >= 0", name="cost_not_negative"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="position"),
    )

    provider_id: Mapped[UUID]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    setting: Mapped[str]
    break_type: Mapped[str]
    min_age: Mapped[int] = mapped_column(default=0)
    max_age: Mapped[int] = mapped_column(default=18)
    # A session of it takes place for so many children or more; an allocation gives none or these.
    min_group: Mapped[int] = mapped_column(default=0, server_default="0")
    # Null means anyone.
    gender: Mapped[str | None]
    venue_name: Mapped[str | None]
    venue_address: Mapped[str | None]
    venue_postcode: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    # How a place may be taken: free, contributory or both.
    funding: Mapped[list[str]]
    price_pence: Mapped[int] = mapped_column(default=0)
    # What a place costs the authority, before what the family pays.
    cost_pence: Mapped[int] = mapped_column(default=0, server_default="0")
    concepts: Mapped[list[str]]
    source_id: Mapped[str | None]
    # As of a provider.
    closed_from: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("to_tsvector('english', title || ' ' || description)", persisted=True),
        deferred=True,
    )


class Session(TenantTable, Base):
    """One dated occurrence of an activity, with places."""

    __tablename__ = "sessions"
    __table_args__ = (
        belongs_to("activities", "activity_id"),
        UniqueConstraint("authority_id", "source_id"),
        Index(None, "authority_id", "starts_at", "id"),
        Index(None, "authority_id", "activity_id", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity >= 0", name="capacity_not_negative"),
        # The last word on overselling, whatever the code believes.
        CheckConstraint("taken >= 0 AND taken <= capacity", name="taken_within_capacity"),
        CheckConstraint("status IN ('scheduled', 'cancelled')", name="status"),
        Index(
            "ix_sessions_kept_for_waitlist",
            "authority_id",
            "id",
            postgresql_where="kept_for_waitlist",
        ),
    )

    activity_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    # Held, confirmed, attended and no-show bookings, and outstanding offers of a place.
    taken: Mapped[int] = mapped_column(default=0)
    # A place has come free which those who wait have not been offered yet: nobody else takes it.
    kept_for_waitlist: Mapped[bool] = mapped_column(default=False, server_default=false())
    status: Mapped[str] = mapped_column(default="scheduled")
    source_id: Mapped[str | None]
    # The feed's schedule that it came from and still follows; a broker's cancellation clears it,
    # so that no later import brings the session back.
    schedule_id: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Offer(TenantTable, Base):
    """How an activity, or one session of it, meets a need."""

    __tablename__ = "offers"
    __table_args__ = (
        belongs_to("activities", "activity_id", ondelete="CASCADE"),
        belongs_to("sessions", "session_id", ondelete="CASCADE"),
        Index(
            "uq_offers_activity_need",
            "authority_id",
            "activity_id",
            "need",
            unique=True,
            postgresql_where="session_id IS NULL",
        ),
        Index(
            "uq_offers_session_need",
            "authority_id",
            "session_id",
            "need",
            unique=True,
            postgresql_where="session_id IS NOT NULL",
        ),
        CheckConstraint("kind IN ('provided', 'limited', 'on_request')", name="kind"),
        CheckConstraint("(kind = 'limited') = (per_session IS NOT NULL)", name="limited_counts"),
        CheckConstraint("per_session IS NULL OR per_session > 0", name="per_session_positive"),
        CheckConstraint("lead_days >= 0 AND cost_pence >= 0", name="terms_not_negative"),
    )

    activity_id: Mapped[UUID]
    # Null means every session of the activity; a session's own offer replaces that one.
    session_id: Mapped[UUID | None]
    need: Mapped[str]
    kind: Mapped[str]
    per_session: Mapped[int | None]
    lead_days: Mapped[int] = mapped_column(default=0)
    cost_pence: Mapped[int] = mapped_column(default=0)
