"""Idempotency keys: the same request under the same key happens once.

The row is written first and in the booking's own transaction. So a second request with the
key waits for the first, and then either finds its answer or, if it was refused, goes ahead:
refusals are not kept.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings.errors import IdempotencyKeyReused
from app.bookings.models import IdempotencyKey


def claim_key(
    session: Session, caller: Caller, key: str, request: dict[str, Any], *, now: datetime
) -> IdempotencyKey | None:
    """Claim a key for this request, or give the answer that it got before."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), default=str)
    request_sha256 = hashlib.sha256(canonical.encode()).digest()
    claimed = session.scalar(
        insert(IdempotencyKey)
        .values(
            authority_id=caller.tenant,
            client_id=caller.client_id,
            acting_as=caller.acting_as,
            key=key,
            request_sha256=request_sha256,
            booking_ids=[],
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if claimed is not None:
        return None
    kept = session.scalars(select(IdempotencyKey).where(*_mine(caller, key))).one()
    if kept.request_sha256 != request_sha256:
        raise IdempotencyKeyReused
    return kept


def keep_answer(
    session: Session, caller: Caller, key: str, *, status: int, booking_ids: Sequence[UUID]
) -> None:
    """Keep the status and the bookings' ids, never a body."""
    session.execute(
        update(IdempotencyKey)
        .where(*_mine(caller, key))
        .values(status=status, booking_ids=list(booking_ids))
    )


def forget_keys(session: Session, *, before: datetime) -> None:
    """Forget the keys claimed before an instant."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))


def _mine(caller: Caller, key: str) -> tuple[Any, ...]:
    return (
        IdempotencyKey.authority_id == caller.tenant,
        IdempotencyKey.client_id == caller.client_id,
        IdempotencyKey.acting_as == caller.acting_as,
        IdempotencyKey.key == key,
    )
