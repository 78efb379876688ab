"""Commissioning plans over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.access.guards import (
    CommissionedChildrenRead,
    CommissioningRead,
    CommissioningWrite,
    SessionDep,
)
from app.commissioning import plan_schemas, service
from app.commissioning.models import CommissioningPlan, PlanChild
from app.dependencies import NowDep, PageDep
from app.errors import Invalid, NotFound
from app.pagination import Page
from app.problems import responses
from app.releases.errors import ReleasesOnly
from app.work.schemas import JobRead

router = APIRouter(prefix="/commissioning-plans", tags=["commissioning"])


@router.post(
    "",
    status_code=202,
    response_model=JobRead,
    responses=responses(ReleasesOnly, NotFound, Invalid),
)
def start_plan(
    form: plan_schemas.PlanCreate,
    caller: CommissioningWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> JobRead:
    """Plan what to buy for a budget, as a job: of a month exactly, of a quarter from its release.

    Follow it where `Location` says; the plan is where `result_url` says.
    """
    job = service.start_plan(session, caller, form, now=now)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job


@router.get("", response_model=Page[plan_schemas.PlanRead], responses=responses(Invalid))
def list_plans(
    caller: CommissioningRead, session: SessionDep, page: PageDep
) -> Page[CommissioningPlan]:
    """List the plans, the oldest first; commissioners see what rests on releases."""
    return service.page_of(session, caller, CommissioningPlan, page)


@router.get("/{plan_id}", response_model=plan_schemas.PlanRead, responses=responses(NotFound))
def read_plan(plan_id: UUID, caller: CommissioningRead, session: SessionDep) -> CommissioningPlan:
    """Read a plan: its items, what budgets reach, and how good it is proved to be."""
    return service.get(session, caller, CommissioningPlan, plan_id)


@router.get(
    "/{plan_id}/children",
    response_model=Page[plan_schemas.PlanChildRead],
    responses=responses(NotFound, Invalid),
)
def list_plan_children(
    plan_id: UUID,
    caller: CommissionedChildrenRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
) -> Page[PlanChild]:
    """List the children whom a plan would serve, with the interests and wishes it closes."""
    return service.page_of_plan_children(session, caller, plan_id, page, now=now)
