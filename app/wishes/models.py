"""Tables of the wishes room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to


class Wish(TenantTable, Base):
    """Something a child wants to do and cannot, kept until it can be met."""

    __tablename__ = "wishes"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id"),
        CheckConstraint("status IN ('open', 'met', 'closed')", name="status"),
        CheckConstraint("voice IN ('child', 'parent', 'professional', 'observed')", name="voice"),
    )

    child_id: Mapped[UUID]
    text: Mapped[str]
    # What the vocabulary makes of the words; empty where it knows none of them.
    concepts: Mapped[list[str]]
    voice: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
