"""Goals of a child, and the steps towards them, over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.access.guards import ChildrenRead, ChildrenWrite, SessionDep
from app.children import goal_schemas as schemas
from app.children import goals
from app.children.models import Goal, Step
from app.dependencies import IfMatchDep, NowDep, PageDep, with_etag
from app.errors import (
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Unauthenticated,
)
from app.pagination import Page
from app.problems import responses

router = APIRouter(prefix="/children/{child_id}/goals", tags=["children"])


@router.post(
    "",
    status_code=201,
    response_model=schemas.GoalRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def set_goal(
    child_id: UUID,
    form: schemas.GoalCreate,
    caller: ChildrenWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Goal:
    """Record what a child wants to reach; matching weighs it while it is open."""
    return with_etag(response, goals.set_goal(session, caller, child_id, form, now=now))


@router.get(
    "",
    response_model=Page[schemas.GoalRead],
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def list_goals(
    child_id: UUID, caller: ChildrenRead, session: SessionDep, page: PageDep, now: NowDep
) -> Page[Goal]:
    """List a child's goals with their steps, the oldest goal first."""
    return goals.page_of_goals(session, caller, child_id, page, now=now)


@router.patch(
    "/{goal_id}",
    response_model=schemas.GoalRead,
    responses=responses(
        Unauthenticated, Forbidden, NotFound, PreconditionFailed, Invalid, PreconditionRequired
    ),
)
def update_goal(
    child_id: UUID,
    goal_id: UUID,
    patch: schemas.GoalUpdate,
    if_match: IfMatchDep,
    caller: ChildrenWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Goal:
    """Change a goal's words, or say that it is reached or dropped."""
    goal = goals.update_goal(session, caller, child_id, goal_id, patch, if_match=if_match, now=now)
    return with_etag(response, goal)


@router.post(
    "/{goal_id}/steps",
    status_code=201,
    response_model=schemas.StepRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def add_step(
    child_id: UUID,
    goal_id: UUID,
    form: schemas.StepCreate,
    caller: ChildrenWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Step:
    """Add a step after those that a goal has."""
    return with_etag(response, goals.add_step(session, caller, child_id, goal_id, form, now=now))


@router.get(
    "/{goal_id}/steps",
    response_model=Page[schemas.StepRead],
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def list_steps(
    child_id: UUID,
    goal_id: UUID,
    caller: ChildrenRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
) -> Page[Step]:
    """List the steps of a goal in their order."""
    return goals.page_of_steps(session, caller, child_id, goal_id, page, now=now)


@router.patch(
    "/{goal_id}/steps/{step_id}",
    response_model=schemas.StepRead,
    responses=responses(
        Unauthenticated, Forbidden, NotFound, PreconditionFailed, Invalid, PreconditionRequired
    ),
)
def update_step(
    child_id: UUID,
    goal_id: UUID,
    step_id: UUID,
    patch: schemas.StepUpdate,
    if_match: IfMatchDep,
    caller: ChildrenWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Step:
    """Change a step's words, or say that it is done."""
    step = goals.update_step(
        session, caller, child_id, goal_id, step_id, patch, if_match=if_match, now=now
    )
    return with_etag(response, step)
