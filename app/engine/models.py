"""Tables of the engine room."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.db import Base, TenantTable


class Model(TenantTable, Base):
    """Weights learned from an authority's past bookings, with the card that says how good."""

    __tablename__ = "models"
    __table_args__ = (
        UniqueConstraint("authority_id", "version"),
        # An authority matches by one model at a time, or by the default weights.
        Index("uq_models_active", "authority_id", unique=True, postgresql_where="active"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("NOT active OR verdict = 'better'", name="active_is_better"),
    )

    version: Mapped[int]
    active: Mapped[bool]
    verdict: Mapped[str]
    weights: Mapped[dict[str, Any]]
    card: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
