"""Emitting events."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.outbox.models import Event


def emit(
    session: Session,
    type_: str,
    object_id: UUID,
    *,
    sequence: int,
    now: datetime,
    child_id: UUID | None = None,
) -> None:
    """Write down that something happened; `sequence` is the object's version after it."""
    session.add(
        Event(
            authority_id=session.info["authority_id"],
            type=type_,
            object_id=object_id,
            child_id=child_id,
            sequence=sequence,
            occurred_at=now,
        )
    )
