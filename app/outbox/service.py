"""Emitting events."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.db import NewRow, insert_together
from app.ids import new_id
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
    insert_together(
        session,
        [new_event(session, type_, object_id, sequence=sequence, now=now, child_id=child_id)],
    )


def new_event(
    session: Session,
    type_: str,
    object_id: UUID,
    *,
    sequence: int,
    now: datetime,
    child_id: UUID | None = None,
) -> NewRow:
    """Prepare what `emit` writes, to be written with what happened."""
    return Event, {
        "authority_id": session.info["authority_id"],
        "id": new_id(),
        "type": type_,
        "object_id": object_id,
        "child_id": child_id,
        "sequence": sequence,
        "occurred_at": now,
    }


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
