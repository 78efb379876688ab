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
    emit_all(session, ((type_, id_, 1) for id_ in object_ids), now=now, children=children)


def emit_all(
    session: Session,
    told: Iterable[tuple[str, UUID, int]],
    *,
    now: datetime,
    children: bool = False,
) -> None:
    """Write down what happened to many objects: each its type, its object and the sequence."""
    events = [
        {
            "authority_id": session.info["authority_id"],
            "id": new_id(),
            "type": type_,
            "object_id": object_id,
            "child_id": object_id if children else None,
            "sequence": sequence,
            "occurred_at": now,
        }
        for type_, object_id, sequence in told
    ]
    if events:
        # By the mapper, which writes a thousand rows in a statement.
        session.execute(insert(Event), events)
