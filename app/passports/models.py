"""Tables of the passports room."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to

# Every text of a passport is in a column of its own, so that no more is opened than is asked for.
FLAG: Final = "flag"
TEXTS: Final = (
    "communication",
    "routines",
    "behaviours",
    "medical",
    "good_to_know",
    "emergency_plan",
    "equipment",
)


class PassportVersion(TenantTable, Base):
    """A child's passport as somebody wrote it; the one with the highest number holds."""

    __tablename__ = "passport_versions"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        UniqueConstraint("authority_id", "child_id", "version"),
        CheckConstraint("version >= 1", name="version_positive"),
    )

    child_id: Mapped[UUID]
    version: Mapped[int]
    # The child's key that sealed the texts: see `app/children/keys.py`.
    key_id: Mapped[UUID]
    communication: Mapped[bytes | None] = mapped_column(LargeBinary)
    routines: Mapped[bytes | None] = mapped_column(LargeBinary)
    behaviours: Mapped[bytes | None] = mapped_column(LargeBinary)
    medical: Mapped[bytes | None] = mapped_column(LargeBinary)
    good_to_know: Mapped[bytes | None] = mapped_column(LargeBinary)
    emergency_plan: Mapped[bytes | None] = mapped_column(LargeBinary)
    equipment: Mapped[bytes | None] = mapped_column(LargeBinary)
    flag: Mapped[bytes | None] = mapped_column(LargeBinary)
    client_id: Mapped[UUID]
    client_kind: Mapped[str]
    grant_id: Mapped[UUID | None]
    written_at: Mapped[datetime]
