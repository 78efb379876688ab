"""Allocations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access.guards import (
    AllocationReasonsRead,
    AllocationsRead,
    AllocationsWrite,
    SessionDep,
)
from app.allocations import publishing, schemas, service
from app.allocations.errors import AlreadyPublished, ChoicesStillOpen, NotPublishable
from app.dependencies import NowDep, PageDep
from app.engine.dependencies import WarmCataloguesDep
from app.errors import Invalid, NotFound
from app.pagination import Page
from app.problems import responses
from app.rounds.errors import NotPublished, OutOfOrder, TooLate
from app.wire import Month
from app.work.schemas import JobRead

router = APIRouter(prefix="/rounds/{round_id}/allocations", tags=["allocations"])


@router.post(
    "",
    status_code=202,
    response_model=JobRead,
    responses=responses(NotFound, AlreadyPublished, ChoicesStillOpen, NotPublished),
)
def start_allocation(
    round_id: UUID,
    form: schemas.AllocationCreate,
    caller: AllocationsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> JobRead:
    """Give a round's places out, as a job: follow it where `Location` says."""
    job = service.start(session, caller, round_id, form, now=now)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job


@router.get("", response_model=Page[schemas.AllocationRead], responses=responses(NotFound))
def list_allocations(
    round_id: UUID, caller: AllocationReasonsRead, session: SessionDep, page: PageDep
) -> Page[schemas.AllocationRead]:
    """List the runs of a round as they were started; families see the one whose offers are out."""
    return service.page_of_allocations(session, caller, round_id, page)


@router.get(
    "/{allocation_id}",
    response_model=schemas.AllocationWithPlaces,
    responses=responses(NotFound),
)
def read_allocation(
    round_id: UUID,
    allocation_id: UUID,
    caller: AllocationsRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
) -> schemas.AllocationWithPlaces:
    """Read what a run reached and what is proved of it, and page through its places."""
    return service.read_allocation(session, caller, round_id, allocation_id, page, now=now)


@router.post(
    "/{allocation_id}/publish",
    response_model=schemas.AllocationRead,
    responses=responses(NotFound, NotPublishable, AlreadyPublished, OutOfOrder, TooLate, Invalid),
)
def publish_allocation(
    round_id: UUID,
    allocation_id: UUID,
    form: schemas.PublishForm,
    caller: AllocationsWrite,
    session: SessionDep,
    warm: WarmCataloguesDep,
    now: NowDep,
) -> schemas.AllocationRead:
    """Offer the places to their families; a second time changes nothing."""
    allocation = publishing.publish(session, warm, caller, round_id, allocation_id, form, now=now)
    return service.show_allocation(session, allocation)


@router.get(
    "/{allocation_id}/children/{child_id}",
    response_model=schemas.ChildAllocationRead,
    responses=responses(NotFound),
)
def explain_allocation(
    round_id: UUID,
    allocation_id: UUID,
    child_id: UUID,
    caller: AllocationReasonsRead,
    session: SessionDep,
    now: NowDep,
) -> schemas.ChildAllocationRead:
    """Say what a child was given, and why not what it wanted more."""
    return service.read_child(session, caller, round_id, allocation_id, child_id, now=now)


@router.get(
    "/{allocation_id}/sessions",
    response_model=Page[schemas.SessionPriceRead],
    responses=responses(NotFound),
)
def list_session_prices(
    round_id: UUID,
    allocation_id: UUID,
    caller: AllocationsRead,
    session: SessionDep,
    page: PageDep,
) -> Page[schemas.SessionPriceRead]:
    """List how sessions were asked for, and what one more place in each would be worth."""
    return service.page_of_sessions(session, caller, round_id, allocation_id, page)


@router.get(
    "/{allocation_id}/equity", response_model=schemas.EquityRead, responses=responses(NotFound)
)
def read_equity(
    round_id: UUID,
    allocation_id: UUID,
    caller: AllocationsRead,
    session: SessionDep,
    month: Annotated[Month | None, Query(description="Only this month")] = None,
) -> schemas.EquityRead:
    """Tell how groups fare, beside first come, first served and beside a lottery alone."""
    return service.read_equity(session, caller, round_id, allocation_id, month=month)
