"""Tables of the commissioning room: what was asked and what was found, as it was then."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, SmallInteger, Text
from sqlalchemy import Uuid as UuidType
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to

BASIS = "basis IN ('exact', 'released')"
# What is exact is of a month, what is computed from a release of its quarter.
ABOUT = "(basis = 'exact') = (month IS NOT NULL) AND (basis = 'released') = (period IS NOT NULL)"


class Question:
    """What every question has: what it is about, and who asked it when."""

    basis: Mapped[str]
    month: Mapped[str | None]
    period: Mapped[str | None]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]


class Scenario(Question, TenantTable, Base):
    """One question of what would be if, with its answer."""

    __tablename__ = "scenarios"
    __table_args__ = (
        Index(None, "authority_id", "basis", "id"),
        CheckConstraint(BASIS, name="basis"),
        CheckConstraint(ABOUT, name="about"),
    )

    changes: Mapped[list[dict[str, Any]]]
    outcome: Mapped[dict[str, Any]]
    # SHA-256 of the outcome as canonical JSON: the same question of the same data has the same.
    digest: Mapped[str]


class ScenarioChild(Base):
    """A child for whom something would be different."""

    __tablename__ = "scenario_children"
    __table_args__ = (
        belongs_to("scenarios", "scenario_id", ondelete="CASCADE"),
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    scenario_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)
    # Interests that would be unmet and are not, and the other way round.
    lost: Mapped[list[str]] = mapped_column(ARRAY(Text))
    gained: Mapped[list[str]] = mapped_column(ARRAY(Text))


class CommissioningPlan(Question, TenantTable, Base):
    """What to buy for a budget, and how good that is; a job makes it."""

    __tablename__ = "commissioning_plans"
    __table_args__ = (
        Index(None, "authority_id", "basis", "id"),
        CheckConstraint(BASIS, name="basis"),
        CheckConstraint(ABOUT, name="about"),
        CheckConstraint("status IN ('working', 'done', 'failed', 'cancelled')", name="status"),
        CheckConstraint(
            "(status = 'done') = (outcome IS NOT NULL)"
            " AND (status = 'done') = (digest IS NOT NULL)",
            name="done_with_outcome",
        ),
    )

    # Budget, prices and limits as they were given.
    asked: Mapped[dict[str, Any]]
    status: Mapped[str]
    outcome: Mapped[dict[str, Any] | None]
    digest: Mapped[str | None]
    # Why there is none: the reason's name, and what goes with it.
    failure: Mapped[dict[str, Any] | None]


class PlanChild(Base):
    """A child whom a plan would serve, by which of its items, and what that closes."""

    __tablename__ = "plan_children"
    __table_args__ = (
        belongs_to("commissioning_plans", "plan_id", ondelete="CASCADE"),
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)
    # Position in the plan's items.
    item: Mapped[int] = mapped_column(SmallInteger)
    interests: Mapped[list[str]] = mapped_column(ARRAY(Text))
    wish_ids: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType))
