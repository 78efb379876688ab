"""The job of an allocation: taken up by one worker, told of at each stage, finished once.

A worker claims the job for as long as it tells of itself. One that was killed is silent: when its
lease has run out another takes the job up, from the beginning, because the same inputs give the
same result. Only who holds the claim can write, so a worker that was given up changes nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from app.allocations import job_queries
from app.allocations.allocation_queries import find_allocation
from app.allocations.inputs import read_inputs
from app.allocations.job_queries import LEASE, MOST_ATTEMPTS
from app.allocations.models import Allocation, Job
from app.allocations.running import Outcome, keep, run
from app.allocations.solving import stages_of
from app.clock import Clock, months_of_quarter
from app.db import transaction
from app.engine.allocation import NotProved
from app.engine.warm import WarmCatalogues
from app.errors import AppError, Unavailable
from app.ids import new_id
from app.outbox.service import emit
from app.rounds.service import advance, get_round

log = structlog.get_logger()

FIRST_STAGE: Final = "reading"
READY: Final = "done"


class Stopped(Exception):
    """The job was cancelled, or another worker has taken it up."""


def work_on_job(
    sessions: sessionmaker[Session],
    clock: Clock,
    warm: WarmCatalogues,
    authority_id: UUID,
    job_id: UUID,
) -> None:
    """Do a job that nobody works on; what is cut short is taken up later."""
    claim = new_id()
    with transaction(sessions, authority_id) as session:
        if not _take_up(session, job_id, claim, now=clock()):
            return

    def step(stage: str) -> None:
        with transaction(sessions, authority_id) as session:
            if not job_queries.renew(session, job_id, claim, stage=stage, now=clock()):
                raise Stopped

    try:
        outcome = _solve(sessions, warm, authority_id, job_id, step, now=clock())
        step("keeping")
        with transaction(sessions, authority_id) as session:
            _finish(session, job_id, claim, outcome, now=clock())
    except Stopped:
        with transaction(sessions, authority_id) as session:
            _give_up(session, job_id, claim, "cancelled", None, now=clock())
    except (Unavailable, OperationalError) as error:
        log.warning("job_cut_short", error=type(error).__name__)
    except Exception as error:
        with transaction(sessions, authority_id) as session:
            _give_up(session, job_id, claim, "failed", _reason(error), now=clock())
        # Its type only: the text may hold a child's data.
        log.error("job_failed", error=type(error).__name__)


def _take_up(session: Session, job_id: UUID, claim: UUID, *, now: datetime) -> bool:
    job = job_queries.find_job(session, job_id, lock=True)
    if job is None or job.status not in job_queries.UNFINISHED:
        return False
    if job.leased_until is not None and job.leased_until > now:
        return False
    if job.status == "cancelling":
        _end(session, job, "cancelled", None, now=now)
        return False
    if job.attempts >= MOST_ATTEMPTS:
        _end(session, job, "failed", "cut_short_too_often", now=now)
        return False
    job.status, job.claim, job.leased_until = "running", claim, now + LEASE
    job.stage, job.done = FIRST_STAGE, 0
    job.attempts += 1
    return True


def _solve(
    sessions: sessionmaker[Session],
    warm: WarmCatalogues,
    authority_id: UUID,
    job_id: UUID,
    step: Callable[[str], None],
    *,
    now: datetime,
) -> Outcome:
    step(FIRST_STAGE)
    with transaction(sessions, authority_id) as session:
        allocation = _allocation_of(session, job_id)
        months = months_of_quarter(get_round(session, None, allocation.round_id).quarter)
        inputs = read_inputs(session, allocation.round_id, months, as_of=allocation.as_of)
        catalogue = warm.get(session, now=now)
        seed = allocation.seed
    return run(inputs, catalogue, seed, step)


def _finish(
    session: Session, job_id: UUID, claim: UUID, outcome: Outcome, *, now: datetime
) -> None:
    job = job_queries.find_job(session, job_id, lock=True)
    if job is None or job.claim != claim or job.status != "running":
        raise Stopped
    allocation = _allocation_of(session, job_id)
    if not allocation.preview:
        row = get_round(session, None, allocation.round_id, lock=True)
        advance(session, row, "allocated", now=now)
    keep(session, allocation, outcome, now=now)
    job.status, job.stage, job.finished_at = "done", READY, now
    job.done = job.total
    job.claim = job.leased_until = None
    emit(session, "allocation.done", allocation.id, sequence=2, now=now)


def _give_up(
    session: Session,
    job_id: UUID,
    claim: UUID,
    status: str,
    failure: str | None,
    *,
    now: datetime,
) -> None:
    job = job_queries.find_job(session, job_id, lock=True)
    if job is not None and job.claim == claim and job.finished_at is None:
        _end(session, job, status, failure, now=now)


def _end(session: Session, job: Job, status: str, failure: str | None, *, now: datetime) -> None:
    job.status, job.failure, job.finished_at = status, failure, now
    job.claim = job.leased_until = None
    allocation = find_allocation(session, job.allocation_id)
    if allocation is not None:
        allocation.status = status
        emit(session, f"allocation.{status}", allocation.id, sequence=2, now=now)


def _allocation_of(session: Session, job_id: UUID) -> Allocation:
    job = job_queries.find_job(session, job_id)
    allocation = None if job is None else find_allocation(session, job.allocation_id)
    if allocation is None:
        raise Stopped
    return allocation


def _reason(error: Exception) -> str:
    if isinstance(error, AppError):
        return error.slug
    return "not_proved" if isinstance(error, NotProved) else "unexpected"


def new_job(allocation: Allocation, created_by: UUID, months: int, *, now: datetime) -> Job:
    """Make the job of an allocation; the database tells a worker of it."""
    return Job(
        authority_id=allocation.authority_id,
        id=new_id(),
        allocation_id=allocation.id,
        status="queued",
        stage="queued",
        done=0,
        total=stages_of(months),
        failure=None,
        claim=None,
        leased_until=None,
        attempts=0,
        created_by=created_by,
        created_at=now,
        finished_at=None,
    )


def cancel(session: Session, job: Job, *, now: datetime) -> None:
    """Stop a job: at once if nobody works on it, else before its next stage."""
    if job.status == "queued":
        _end(session, job, "cancelled", None, now=now)
    elif job.status == "running":
        job.status = "cancelling"
