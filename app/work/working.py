"""A job in the hands of one worker: taken up, told of at each stage, finished once.

A worker claims the job for as long as it tells of itself. One that was killed is silent: when its
lease has run out another takes the job up, from the beginning, because the same inputs give the
same result. Only who holds the claim can write, so a worker that was given up changes nothing.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from app.clock import Clock
from app.db import transaction
from app.engine.warm import WarmCatalogues
from app.errors import AppError, Unavailable
from app.ids import new_id
from app.work import queries
from app.work.errors import Failed, Stopped
from app.work.kinds import Keep, Kinds, Task
from app.work.queries import LEASE, MOST_ATTEMPTS
from app.work.service import end_job

log = structlog.get_logger()

FIRST_STAGE: Final = "reading"
LAST_STAGE: Final = "keeping"
READY: Final = "done"


def work_on_job(
    sessions: sessionmaker[Session],
    clock: Clock,
    warm: WarmCatalogues,
    kinds: Kinds,
    authority_id: UUID,
    job_id: UUID,
) -> None:
    """Do a job that nobody works on; what is cut short is taken up later."""
    claim = new_id()
    with transaction(sessions, authority_id) as session:
        taken = _take_up(session, kinds, job_id, claim, now=clock())
    if taken is None:
        return
    kind, result_id = taken

    def step(stage: str) -> None:
        with transaction(sessions, authority_id) as session:
            if not queries.renew(session, job_id, claim, stage=stage, now=clock()):
                raise Stopped

    def give_up(status: str, failure: str | None, error: Exception | None = None) -> None:
        with transaction(sessions, authority_id) as session:
            job = queries.find_job(session, job_id, lock=True)
            if job is not None and job.claim == claim and job.finished_at is None:
                end_job(session, kinds, job, status, failure, error=error, now=clock())

    try:
        step(FIRST_STAGE)
        keep = kinds[kind].do(Task(sessions, warm, authority_id, result_id, clock(), step))
        step(LAST_STAGE)
        with transaction(sessions, authority_id) as session:
            _finish(session, job_id, claim, keep, now=clock())
    except Stopped:
        give_up("cancelled", None)
    except (Unavailable, OperationalError) as error:
        log.warning("job_cut_short", error=type(error).__name__)
    except (AppError, Failed) as error:
        give_up("failed", error.slug if isinstance(error, AppError) else error.reason, error)
    except Exception as error:
        give_up("failed", "unexpected")
        # Its type only: the text may hold a child's data.
        log.error("job_failed", error=type(error).__name__)


def _take_up(
    session: Session, kinds: Kinds, job_id: UUID, claim: UUID, *, now: datetime
) -> tuple[str, UUID] | None:
    """Claim a job; give its kind and result, or nothing where there is nothing to do."""
    job = queries.find_job(session, job_id, lock=True)
    if job is None or job.status not in queries.UNFINISHED:
        return None
    if job.leased_until is not None and job.leased_until > now:
        return None
    if job.status == "cancelling":
        end_job(session, kinds, job, "cancelled", None, now=now)
        return None
    if job.attempts >= MOST_ATTEMPTS:
        end_job(session, kinds, job, "failed", "cut_short_too_often", now=now)
        return None
    job.status, job.claim, job.leased_until = "running", claim, now + LEASE
    job.stage, job.done = FIRST_STAGE, 0
    job.attempts += 1
    return job.kind, job.result_id


def _finish(session: Session, job_id: UUID, claim: UUID, keep: Keep, *, now: datetime) -> None:
    job = queries.find_job(session, job_id, lock=True)
    if job is None or job.claim != claim or job.status != "running":
        raise Stopped
    keep(session, now)
    job.status, job.stage, job.finished_at = "done", READY, now
    job.done = job.total
    job.claim = job.leased_until = None
