"""Jobs over HTTP."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.access.guards import JobsRead, JobsWrite, SessionDep
from app.dependencies import ContextDep, NowDep
from app.errors import NotFound
from app.problems import responses
from app.work import service
from app.work.dependencies import KindsDep
from app.work.errors import NotCancellable
from app.work.following import follow
from app.work.schemas import JobRead

router = APIRouter(prefix="/jobs", tags=["jobs"])


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


@router.get("/{job_id}", response_model=JobRead, responses=responses(NotFound))
def read_job(job_id: UUID, caller: JobsRead, session: SessionDep) -> JobRead:
    """Read how far a job is that the caller has started."""
    return service.read_job(session, caller, job_id)


@router.get("/{job_id}/events", response_class=EventStream, responses=responses(NotFound))
def follow_job(
    job_id: UUID, caller: JobsRead, session: SessionDep, context: ContextDep
) -> EventStream:
    """Follow a job as server-sent events, until it is finished or some minutes have passed."""
    service.read_job(session, caller, job_id)
    return EventStream(follow(context.session_factory, caller, job_id))


@router.post(
    "/{job_id}/cancel", response_model=JobRead, responses=responses(NotFound, NotCancellable)
)
def cancel_job(
    job_id: UUID, caller: JobsWrite, session: SessionDep, kinds: KindsDep, now: NowDep
) -> JobRead:
    """Stop a job before its next stage; a second time changes nothing."""
    return service.cancel_job(session, kinds, caller, job_id, now=now)
