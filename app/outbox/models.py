"""Tables of the outbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.db import Base, TenantTable


class Event(TenantTable, Base):
    """One thing that happened to one object; ids only, never a child's data."""

    __tablename__ = "events"
    __table_args__ = (
        # Two changes of one object cannot both be its n-th: the loser is retried, not lost.
        UniqueConstraint("authority_id", "object_id", "sequence"),
        Index(None, "authority_id", "occurred_at"),
    )

    type: Mapped[str]
    object_id: Mapped[UUID]
    child_id: Mapped[UUID | None]
    sequence: Mapped[int]
    occurred_at: Mapped[datetime]
