"""Reads and conditional writes of jobs: who has one, and how far it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, and_, or_, select, update
from sqlalchemy.orm import Session

from app.work.models import Job

# A worker tells of itself at each stage; none takes as long.
LEASE: Final = timedelta(minutes=5)
# Whoever was killed so often was killed by the job.
MOST_ATTEMPTS: Final = 3
UNFINISHED: Final = ("queued", "running", "cancelling")


def find_job(session: Session, job_id: UUID, *, lock: bool = False) -> Job | None:
    """Find a job as it is now."""
    statement = select(Job).where(
        Job.authority_id == session.info["authority_id"], Job.id == job_id
    )
    if lock:
        statement = statement.with_for_update()
    return session.scalar(statement.execution_options(populate_existing=True))


def find_job_of(session: Session, result_id: UUID) -> Job | None:
    """Find the job that makes a result."""
    return session.scalar(
        select(Job).where(
            Job.authority_id == session.info["authority_id"], Job.result_id == result_id
        )
    )


def list_waiting(session: Session, *, now: datetime) -> Sequence[UUID]:
    """List the jobs that nobody works on."""
    return session.scalars(
        select(Job.id)
        .where(
            Job.authority_id == session.info["authority_id"],
            Job.status.in_(UNFINISHED),
            or_(Job.leased_until.is_(None), Job.leased_until <= now),
        )
        .order_by(Job.id)
    ).all()


def renew(session: Session, job_id: UUID, claim: UUID, *, stage: str, now: datetime) -> bool:
    """Tell of the next stage and hold on to the job; false: stopped, or taken by another."""
    result = session.execute(
        update(Job)
        .where(
            Job.authority_id == session.info["authority_id"],
            and_(Job.id == job_id, Job.claim == claim, Job.status == "running"),
        )
        .values(stage=stage, done=Job.done + 1, leased_until=now + LEASE)
    )
    return cast("CursorResult[*tuple[Any, ...]]", result).rowcount == 1
