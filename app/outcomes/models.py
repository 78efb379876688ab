"""Tables of the outcomes room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from app.db import Base, TenantTable, belongs_to


class Progression(TenantTable, Base):
    """A child's new part in a club: who is helped there, who belongs, who helps; never altered."""

    __tablename__ = "progressions"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        belongs_to("providers", "provider_id"),
        belongs_to("activities", "activity_id"),
        Index(None, "authority_id", "child_id", "id"),
        Index(None, "authority_id", "since"),
        CheckConstraint("role IN ('recipient', 'member', 'mentor')", name="role"),
        CheckConstraint("from_role IN ('recipient', 'member', 'mentor')", name="from_role"),
        CheckConstraint("role <> from_role", name="moves"),
        CheckConstraint("(provider_id IS NULL) <> (club IS NULL)", name="one_place"),
        CheckConstraint("activity_id IS NULL OR provider_id IS NOT NULL", name="activity_of"),
        CheckConstraint("voice IN ('child', 'parent', 'professional', 'observed')", name="voice"),
    )

    child_id: Mapped[UUID]
    # Where: a provider, by itself or for one of its activities, or a club that is not listed.
    provider_id: Mapped[UUID | None]
    activity_id: Mapped[UUID | None]
    club: Mapped[str | None]
    role: Mapped[str]
    # The part before in the same place; null where this is the first.
    from_role: Mapped[str | None]
    since: Mapped[date]
    voice: Mapped[str]
    # Why one steps back.
    reason: Mapped[str | None]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
