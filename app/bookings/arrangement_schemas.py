"""What the bookings room takes and gives of the support that has to be put in place."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.codes import NeedCode
from app.wire import Instant, Pence, ShortText, Wire

Funder = Literal["authority", "provider", "family", "health", "education", "charity"]
# What a broker may say of a task; `dropped` is what becomes of it with its booking.
SaidStatus = Literal["open", "done", "waived"]
ArrangementStatus = Literal["open", "done", "waived", "dropped"]


class ArrangementState(Wire):
    """What may change of a support task."""

    status: SaidStatus
    reason: ShortText | None = None
    funder: Funder
    cost_pence: Pence
    due_at: Instant


class ArrangementUpdate(Wire):
    """A merge patch of a support task; to waive it, or to open it again, takes a reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "done", "funder": "health", "cost_pence": 3800},
                {"status": "waived", "reason": "Sam's aunt comes along"},
            ]
        }
    )

    status: SaidStatus | None = None
    reason: ShortText | None = None
    funder: Funder | None = None
    cost_pence: Pence | None = None
    due_at: Instant | None = None


class ArrangementQuery(Wire):
    """Which support tasks are asked for."""

    status: ArrangementStatus = "open"
    due_before: Instant | None = None
    need: NeedCode | None = None


class ArrangementRead(BaseModel):
    """Support that has to be put in place for a booking."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    need: str
    source: Literal["provider", "authority"]
    lead_days: int
    cost_pence: int
    due_at: datetime
    status: ArrangementStatus
    funder: Funder
    # Why it was waived, or taken up again.
    reason: str | None
    closed_at: datetime | None


class TaskRead(ArrangementRead):
    """A support task on a broker's list, and whom it is for."""

    booking_id: UUID
    child_id: UUID
    session_id: UUID
    starts_at: datetime
