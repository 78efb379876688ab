"""Closures and transition plans over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access.guards import BookingsRead, ClosuresRead, ClosuresWrite, SessionDep
from app.closures import service
from app.closures.schemas import ClosureCreate, ClosureRead, ClosureWithPlans, PlanRead
from app.dependencies import NowDep, PageDep
from app.errors import Invalid, NotFound
from app.pagination import Page
from app.problems import responses

router = APIRouter(tags=["closures"])


@router.post("/closures", status_code=202, response_model=ClosureRead, responses=responses(Invalid))
def close(
    form: ClosureCreate,
    caller: ClosuresWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> ClosureRead:
    """Cancel what a provider, an activity or a session has scheduled; help its families on."""
    closure = service.close(session, caller, form, now=now)
    response.headers["Location"] = f"/v1/closures/{closure.id}"
    return closure


@router.get("/closures", response_model=Page[ClosureRead])
def list_closures(
    caller: ClosuresRead, session: SessionDep, page: PageDep, now: NowDep
) -> Page[ClosureRead]:
    """List closures, those included that a cancelled session became."""
    return service.list_closures(session, caller, page, now=now)


@router.get(
    "/closures/{closure_id}", response_model=ClosureWithPlans, responses=responses(NotFound)
)
def read_closure(
    closure_id: UUID,
    caller: ClosuresRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
    without_alternative: Annotated[
        bool | None, Query(description="Only plans that have no alternative, or only those with")
    ] = None,
) -> ClosureWithPlans:
    """Show how far a closure is, and page through its transition plans."""
    return service.read_closure(
        session, caller, closure_id, page, without_alternative=without_alternative, now=now
    )


@router.get(
    "/children/{child_id}/transition-plans",
    response_model=Page[PlanRead],
    responses=responses(NotFound),
)
def list_plans_of_child(
    child_id: UUID, caller: BookingsRead, session: SessionDep, page: PageDep, now: NowDep
) -> Page[PlanRead]:
    """List what a child lost by closures and could have instead."""
    return service.list_plans_of_child(session, caller, child_id, page, now=now)
