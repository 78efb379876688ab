"""Table of the work room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.db import Base, TenantTable


class Job(TenantTable, Base):
    """Work that goes on after its request: how far it is, and who works on it."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("authority_id", "result_id"),
        Index(
            "ix_jobs_unfinished",
            "authority_id",
            "id",
            postgresql_where="status IN ('queued', 'running', 'cancelling')",
        ),
        CheckConstraint(
            "status IN ('queued', 'running', 'cancelling', 'done', 'failed', 'cancelled')",
            name="status",
        ),
        CheckConstraint("done >= 0 AND done <= total", name="done_of_total"),
        CheckConstraint(
            "(status IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)",
            name="finished_when",
        ),
    )

    # Which room's it is. What it makes has a table there, above this room, so no key refers to it:
    # `verify` looks for it.
    kind: Mapped[str]
    result_id: Mapped[UUID]
    result_url: Mapped[str]
    status: Mapped[str]
    stage: Mapped[str]
    done: Mapped[int]
    total: Mapped[int]
    # Why it failed, as the name of a reason.
    failure: Mapped[str | None]
    # Of the worker that has it: another one cannot write any more, and takes it up when the lease
    # has run out.
    claim: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    # How often a worker has taken it up.
    attempts: Mapped[int]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
