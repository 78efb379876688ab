"""Outcomes over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.guards import AuthorityRead, OutcomesRead, OutcomesWrite, SessionDep
from app.bookings.errors import VoiceNotAllowed
from app.bookings.models import GoalProgress
from app.bookings.schemas import ProgressRead
from app.dependencies import NowDep, PageDep
from app.errors import Invalid, NotFound
from app.outcomes import schemas, service
from app.outcomes.errors import RoleNotNext
from app.outcomes.models import Progression
from app.pagination import Page
from app.problems import responses

router = APIRouter(tags=["outcomes"])


@router.get(
    "/children/{child_id}/goals/{goal_id}/progress",
    response_model=Page[ProgressRead],
    responses=responses(NotFound),
)
def list_progress(
    child_id: UUID,
    goal_id: UUID,
    caller: OutcomesRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
) -> Page[GoalProgress]:
    """List what was said of a goal and its steps after sessions, the first word first."""
    return service.page_of_progress(session, caller, child_id, goal_id, page, now=now)


@router.get(
    "/children/{child_id}/outcomes",
    response_model=schemas.OutcomesRead,
    responses=responses(NotFound),
)
def read_outcomes(
    child_id: UUID, caller: OutcomesRead, session: SessionDep, page: PageDep, now: NowDep
) -> schemas.OutcomesRead:
    """Show what a child has gained, and page through its parts in clubs."""
    return service.read_outcomes(session, caller, child_id, page, now=now)


@router.post(
    "/children/{child_id}/outcomes",
    status_code=201,
    response_model=schemas.ProgressionRead,
    responses=responses(NotFound, VoiceNotAllowed, RoleNotNext, Invalid),
)
def record_progression(
    child_id: UUID,
    form: schemas.ProgressionCreate,
    caller: OutcomesWrite,
    session: SessionDep,
    now: NowDep,
) -> Progression:
    """Record that a child has become a recipient, a member or a mentor somewhere."""
    return service.record_progression(session, caller, child_id, form, now=now)


@router.get("/outcomes", response_model=schemas.OutcomeCounts, responses=responses(Invalid))
def count_outcomes(
    query: Annotated[schemas.CountsQuery, Query()],
    caller: AuthorityRead,
    session: SessionDep,
    now: NowDep,
) -> schemas.OutcomeCounts:
    """Count what the authority's sessions did in some months, and how children's parts changed."""
    return service.count_outcomes(session, caller, query, now=now)
