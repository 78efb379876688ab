"""Tables of the authorities room."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable
from app.ids import new_id


class Authority(Base):
    """A local authority: the tenant."""

    __tablename__ = "authorities"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class EntitlementPolicy(TenantTable, Base):
    """What a child of the authority may book a month, from the month of `starts_on`."""

    __tablename__ = "entitlement_policies"
    __table_args__ = (
        UniqueConstraint("authority_id", "starts_on"),
        CheckConstraint("free_per_month >= 0", name="free_not_negative"),
        CheckConstraint("contributory_per_month >= 0", name="contributory_not_negative"),
        CheckConstraint("min_age_years >= 0 AND min_age_years <= max_age_years", name="ages"),
        CheckConstraint("cancel_notice_hours >= 0", name="notice_not_negative"),
        CheckConstraint(
            "minutes_per_year >= 0 AND nights_per_year >= 0 AND pence_per_year >= 0",
            name="yearly_not_negative",
        ),
        CheckConstraint("contribution_pence >= 0", name="contribution_not_negative"),
        CheckConstraint(
            "waitlist_order IN ('longest_without_break', 'joined')", name="waitlist_order"
        ),
        CheckConstraint("offer_hours > 0", name="offer_hours_positive"),
    )

    starts_on: Mapped[date]
    # Null means unlimited.
    free_per_month: Mapped[int | None]
    contributory_per_month: Mapped[int | None]
    min_age_years: Mapped[int] = mapped_column(default=0)
    max_age_years: Mapped[int] = mapped_column(default=18)
    cancel_notice_hours: Mapped[int] = mapped_column(default=24)
    late_cancellation_gives_back: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )
    # Null means unlimited; a year runs from April to March.
    minutes_per_year: Mapped[int | None]
    nights_per_year: Mapped[int | None]
    pence_per_year: Mapped[int | None]
    # Breaks of these types use nothing of the entitlement.
    uncounted_break_types: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    # What a family pays for a contributory place, at most the activity's own price: by the
    # household's income band, else this, else the activity's price.
    contribution_pence: Mapped[int | None]
    contribution_by_band: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    waitlist_order: Mapped[str] = mapped_column(
        default="longest_without_break", server_default="longest_without_break"
    )
    # How long a place is kept for a family that has waited for it.
    offer_hours: Mapped[int] = mapped_column(default=48, server_default="48")
    created_at: Mapped[datetime]


class SupportService(TenantTable, Base):
    """What the authority itself can put in place for a need."""

    __tablename__ = "support_services"
    __table_args__ = (
        CheckConstraint("lead_days >= 0", name="lead_not_negative"),
        CheckConstraint("cost_pence >= 0", name="cost_not_negative"),
        CheckConstraint("per_week >= 0", name="per_week_not_negative"),
    )

    need: Mapped[str]
    lead_days: Mapped[int]
    cost_pence: Mapped[int]
    per_week: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
