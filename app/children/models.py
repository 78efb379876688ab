"""Tables of the children room."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, TenantTable, belongs_to


class Household(TenantTable, Base):
    """A family."""

    __tablename__ = "households"

    # A broker's own reference, so that no family name has to be kept.
    reference: Mapped[str | None]
    # The authority's own code for what the family can afford; a policy may set contributions by it.
    income_band: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Interest(TenantTable, Base):
    """What a child likes, wants to try or avoids, in their words, and who said so."""

    __tablename__ = "interests"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id"),
        CheckConstraint(
            "feeling IN ('love', 'like', 'curious', 'dislike', 'avoid')", name="feeling"
        ),
        CheckConstraint("voice IN ('child', 'parent', 'professional', 'observed')", name="voice"),
    )

    child_id: Mapped[UUID]
    position: Mapped[int]
    text: Mapped[str]
    feeling: Mapped[str]
    voice: Mapped[str]
    # What matching made of the text when it was written, and the version that made it.
    phrases: Mapped[list[dict[str, Any]]] = mapped_column(deferred=True)
    encoder: Mapped[str] = mapped_column(deferred=True)


class Need(TenantTable, Base):
    """One coded support need of a child."""

    __tablename__ = "needs"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id", "code", unique=True),
        CheckConstraint("importance IN ('essential', 'helpful')", name="importance"),
    )

    child_id: Mapped[UUID]
    position: Mapped[int]
    code: Mapped[str]
    importance: Mapped[str]
    note: Mapped[str | None]


class AvailabilityWindow(TenantTable, Base):
    """A part of a weekday in which the child can go."""

    __tablename__ = "availability_windows"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("starts < ends", name="ends_after_start"),
    )

    child_id: Mapped[UUID]
    # 0 is Monday, as in Python.
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]


class Friendship(Base):
    """A child would rather go where the friend goes; said by one, it binds nobody else."""

    __tablename__ = "friendships"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE", name="fk_friendships_child"),
        belongs_to("children", "friend_id", ondelete="CASCADE", name="fk_friendships_friend"),
        CheckConstraint("child_id <> friend_id", name="not_oneself"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)
    friend_id: Mapped[UUID] = mapped_column(primary_key=True)


class Step(TenantTable, Base):
    """One achievable step on the way to a goal."""

    __tablename__ = "steps"
    __table_args__ = (
        belongs_to("goals", "goal_id", ondelete="CASCADE"),
        Index(None, "authority_id", "goal_id", "position", unique=True),
        CheckConstraint("status IN ('open', 'done')", name="status"),
    )

    goal_id: Mapped[UUID]
    # 0 is the first to be taken.
    position: Mapped[int]
    text: Mapped[str]
    status: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]


class Goal(TenantTable, Base):
    """What a child wants to reach in the longer term, in words, and who said so."""

    __tablename__ = "goals"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id", "id"),
        CheckConstraint("voice IN ('child', 'parent', 'professional', 'observed')", name="voice"),
        CheckConstraint("status IN ('open', 'reached', 'dropped')", name="status"),
    )

    child_id: Mapped[UUID]
    text: Mapped[str]
    voice: Mapped[str]
    status: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]

    steps: Mapped[list[Step]] = relationship(order_by=Step.position, lazy="selectin", viewonly=True)


class Consent(TenantTable, Base):
    """One statement for or against a purpose; the newest of a purpose holds, none is changed."""

    __tablename__ = "consents"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id", "purpose", "id"),
    )

    child_id: Mapped[UUID]
    purpose: Mapped[str]
    given: Mapped[bool]
    by_relation: Mapped[str]
    wording: Mapped[str | None]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


class ChildKey(Base):
    """The key that seals a child's texts, itself wrapped: without it they cannot be read."""

    __tablename__ = "child_keys"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "master_key"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[UUID]
    # The name of the master key that wraps it.
    master_key: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]


class Child(TenantTable, Base):
    """A child or young person and what matching needs to know."""

    __tablename__ = "children"
    __table_args__ = (
        belongs_to("households", "household_id"),
        Index(None, "authority_id", "household_id"),
        CheckConstraint("gender IN ('female', 'male', 'other')", name="gender"),
        CheckConstraint("travel_max_km > 0", name="travel_positive"),
        CheckConstraint("(home_latitude IS NULL) = (home_longitude IS NULL)", name="position"),
    )

    household_id: Mapped[UUID]
    given_name: Mapped[str]
    date_of_birth: Mapped[date]
    gender: Mapped[str | None]
    home_postcode: Mapped[str | None]
    # Rounded to 3 decimals, about 100 m: near enough to match, too coarse to find the door.
    home_latitude: Mapped[float | None]
    home_longitude: Mapped[float | None]
    travel_max_km: Mapped[float | None]
    accessible_transport_only: Mapped[bool] = mapped_column(default=False)
    communication_methods: Mapped[list[str]]
    # To whom messages about the child are addressed.
    contact: Mapped[str]
    language: Mapped[str]
    # Empty: no preference.
    preferred_settings: Mapped[list[str]] = mapped_column(server_default="[]")
    sen_types: Mapped[list[str]]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    interests: Mapped[list[Interest]] = relationship(
        order_by=Interest.position, cascade="all, delete-orphan", lazy="selectin"
    )
    needs: Mapped[list[Need]] = relationship(
        order_by=Need.position, cascade="all, delete-orphan", lazy="selectin"
    )
    availability: Mapped[list[AvailabilityWindow]] = relationship(
        order_by=(AvailabilityWindow.weekday, AvailabilityWindow.starts),
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    friendships: Mapped[list[Friendship]] = relationship(
        foreign_keys=[Friendship.authority_id, Friendship.child_id],
        primaryjoin="and_(Child.authority_id == Friendship.authority_id, "
        "Child.id == Friendship.child_id)",
        order_by=Friendship.friend_id,
        cascade="all, delete-orphan",
        lazy="selectin",
    )
