"""What the work room gives."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class ProgressRead(BaseModel):
    """How far a job is."""

    stage: str
    done: int
    total: int


class JobRead(BaseModel):
    """Work that goes on after its request."""

    id: UUID
    kind: Literal["allocation", "commissioning_plan"]
    status: Literal["queued", "running", "cancelling", "done", "failed", "cancelled"]
    progress: ProgressRead
    # What it makes, as far as it is.
    result_url: str
    failure: str | None
    created_at: datetime
    finished_at: datetime | None
