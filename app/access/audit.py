"""The audit trail: one entry for each look at and change of a child."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.access.models import AuditEntry
from app.db import NewRow
from app.ids import new_id

OK = "ok"
INSERT: Final = insert(cast("Table", AuditEntry.__table__))


def record(
    session: Session,
    caller: Caller,
    action: str,
    *,
    now: datetime,
    object_id: UUID | None = None,
    child_ids: Iterable[UUID | None] = (None,),
    outcome: str = OK,
) -> None:
    """Write down who did what, one entry a child, in the transaction that does it."""
    entries = [
        new_entry(
            session,
            caller,
            action,
            now=now,
            object_id=object_id,
            child_id=child_id,
            outcome=outcome,
        )
        for child_id in child_ids
    ]
    if entries:
        values = [values for _, values in entries]
        # Past the mapper, which would take longer than the database: every request does this.
        session.connection().execute(INSERT, values[0] if len(values) == 1 else values)


def new_entry(
    session: Session,
    caller: Caller,
    action: str,
    *,
    now: datetime,
    object_id: UUID | None,
    child_id: UUID | None,
    outcome: str = OK,
) -> NewRow:
    """Prepare what `record` writes, to be written with what was done."""
    return AuditEntry, {
        "authority_id": session.info["authority_id"],
        "id": new_id(),
        "at": now,
        "client_id": caller.client_id,
        "grant_id": caller.grant_id,
        "action": action,
        "object_id": object_id if object_id is not None else child_id,
        "child_id": child_id,
        "outcome": outcome,
        "request_id": caller.request_id,
    }
