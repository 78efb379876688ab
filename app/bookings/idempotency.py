"""Idempotency keys: the same request under the same key happens once.

The row is written first and in the booking's own transaction, with the answer that the request
will get. So a second request with the key waits for the first, and then either finds its answer
or, if it was refused, goes ahead: refusals are not kept.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings.errors import IdempotencyKeyReused
from app.bookings.models import IdempotencyKey

# Built once: every booking does this, and building it anew takes longer than the database.
CLAIM: Final = (
    insert(cast("Table", IdempotencyKey.__table__))
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
)


def claim_key(
    session: Session,
    caller: Caller,
    key: str,
    request: dict[str, Any],
    *,
    status: int,
    booking_ids: Sequence[UUID],
    now: datetime,
) -> IdempotencyKey | None:
    """Claim a key for this request and its answer, or give the answer that it got before.

    Of the answer its status and the bookings' ids are kept, never a body.
    """
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), default=str)
    request_sha256 = hashlib.sha256(canonical.encode()).digest()
    claimed = session.connection().execute(
        CLAIM,
        {
            "authority_id": caller.tenant,
            "client_id": caller.client_id,
            "acting_as": caller.acting_as,
            "key": key,
            "request_sha256": request_sha256,
            "status": status,
            "booking_ids": list(booking_ids),
            "created_at": now,
        },
    )
    if claimed.rowcount == 1:
        return None
    kept = session.get_one(IdempotencyKey, (caller.tenant, caller.client_id, caller.acting_as, key))
    if kept.request_sha256 != request_sha256:
        raise IdempotencyKeyReused
    return kept


def forget_keys(session: Session, *, before: datetime) -> None:
    """Forget the keys claimed before an instant."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))
