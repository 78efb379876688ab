"""Emitting events."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from app.ids import new_id
from app.outbox.models import Event

# Built once, and past the mapper: every change does this.
INSERT: Final = insert(cast("Table", Event.__table__))


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
    session.connection().execute(
        INSERT,
        {
            "authority_id": session.info["authority_id"],
            "id": new_id(),
            "type": type_,
            "object_id": object_id,
            "child_id": child_id,
            "sequence": sequence,
            "occurred_at": now,
        },
    )


def emit_created(
    session: Session, type_: str, object_ids: Iterable[UUID], *, now: datetime, children: bool
) -> None:
    """Write down that many objects, which may be `children`, came to be, in one statement."""
    events = [
        {
            "authority_id": session.info["authority_id"],
            "id": new_id(),
            "type": type_,
            "object_id": object_id,
            "child_id": object_id if children else None,
            "sequence": 1,
            "occurred_at": now,
        }
        for object_id in object_ids
    ]
    if events:
        session.connection().execute(INSERT, events)
