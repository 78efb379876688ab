"""Making jobs, telling how far they are, and stopping them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.errors import NotFound
from app.ids import new_id
from app.work import queries
from app.work.errors import NotCancellable
from app.work.kinds import Kinds
from app.work.models import Job
from app.work.schemas import JobRead, ProgressRead

FINISHED = ("done", "failed", "cancelled")


def add_job(
    session: Session,
    caller: Caller,
    kind: str,
    result_id: UUID,
    result_url: str,
    *,
    stages: int,
    now: datetime,
) -> JobRead:
    """Make the job of a result; the database tells a worker of it."""
    job = Job(
        authority_id=caller.tenant,
        id=new_id(),
        kind=kind,
        result_id=result_id,
        result_url=result_url,
        status="queued",
        stage="queued",
        done=0,
        total=stages,
        failure=None,
        claim=None,
        leased_until=None,
        attempts=0,
        created_by=caller.client_id,
        created_at=now,
        finished_at=None,
    )
    session.add(job)
    session.flush()
    return show_job(job)


def show_job(job: Job) -> JobRead:
    """Tell how far a job is; a stage that is worked on is not done."""
    done = job.done if job.status == "done" else max(0, job.done - 1)
    return JobRead.model_validate(
        {
            "id": job.id,
            "kind": job.kind,
            "status": job.status,
            "progress": ProgressRead(stage=job.stage, done=done, total=job.total),
            "result_url": job.result_url,
            "failure": job.failure,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
        }
    )


def read_job(session: Session, caller: Caller, job_id: UUID) -> JobRead:
    """Tell who started a job how far it is."""
    return show_job(_get_job(session, caller, job_id))


def cancel_job(
    session: Session, kinds: Kinds, caller: Caller, job_id: UUID, *, now: datetime
) -> JobRead:
    """Stop a job: at once if nobody works on it, else before its next stage."""
    job = _get_job(session, caller, job_id, lock=True)
    if job.status in ("done", "failed"):
        raise NotCancellable(status=job.status)
    if job.status == "queued":
        end_job(session, kinds, job, "cancelled", None, now=now)
    elif job.status == "running":
        job.status = "cancelling"
    session.flush()
    audit.record(session, caller, "job.cancel", now=now, object_id=job.id)
    return show_job(job)


def end_job(
    session: Session,
    kinds: Kinds,
    job: Job,
    status: str,
    failure: str | None,
    *,
    error: Exception | None = None,
    now: datetime,
) -> None:
    """End a job that has found nothing, and what it was to make."""
    job.status, job.failure, job.finished_at = status, failure, now
    job.claim = job.leased_until = None
    kinds[job.kind].end(session, job.result_id, status, error, now)


def _get_job(session: Session, caller: Caller, job_id: UUID, *, lock: bool = False) -> Job:
    job = queries.find_job(session, job_id, lock=lock)
    if job is None or job.created_by != caller.client_id:
        raise NotFound
    return job
