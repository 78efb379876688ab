"""Households, children and consents over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access.guards import ChildrenRead, ChildrenWrite, HouseholdsWrite, SessionDep
from app.access.schemas import FamilyCodeRead
from app.children import schemas, service
from app.children.models import Child, Consent, Household
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

households = APIRouter(prefix="/households", tags=["children"])
children = APIRouter(prefix="/children", tags=["children"])


@households.post(
    "",
    status_code=201,
    response_model=schemas.HouseholdRead,
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def create_household(
    form: schemas.HouseholdCreate,
    caller: HouseholdsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Household:
    """Record a family."""
    return with_etag(response, service.create_household(session, caller, form, now=now))


@households.get(
    "/{household_id}",
    response_model=schemas.HouseholdRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def read_household(
    household_id: UUID, caller: ChildrenRead, session: SessionDep, now: NowDep, response: Response
) -> Household:
    """Read what is kept of a family."""
    return with_etag(response, service.read_household(session, caller, household_id, now=now))


@households.patch(
    "/{household_id}",
    response_model=schemas.HouseholdRead,
    responses=responses(
        Unauthenticated, Forbidden, NotFound, PreconditionFailed, Invalid, PreconditionRequired
    ),
)
def update_household(
    household_id: UUID,
    patch: schemas.HouseholdUpdate,
    if_match: IfMatchDep,
    caller: HouseholdsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Household:
    """Change what is kept of a family by a merge patch."""
    household = service.update_household(
        session, caller, household_id, patch, if_match=if_match, now=now
    )
    return with_etag(response, household)


@households.post(
    "/{household_id}/family-codes",
    status_code=201,
    response_model=FamilyCodeRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def invite_family(
    household_id: UUID, caller: HouseholdsWrite, session: SessionDep, now: NowDep
) -> FamilyCodeRead:
    """Make a one-time code with which a family app may act for the household."""
    return service.invite_family(session, caller, household_id, now=now)


@children.post(
    "",
    status_code=201,
    response_model=schemas.ChildRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def create_child(
    form: schemas.ChildCreate,
    caller: ChildrenWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Child:
    """Record a child."""
    return with_etag(response, service.create_child(session, caller, form, now=now))


@children.get(
    "",
    response_model=Page[schemas.ChildRead],
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def list_children(
    caller: ChildrenRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
    household_id: Annotated[UUID | None, Query()] = None,
) -> Page[Child]:
    """List children, the oldest record first."""
    return service.page_of_children(session, caller, page, household_id=household_id, now=now)


@children.get(
    "/{child_id}",
    response_model=schemas.ChildRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def read_child(
    child_id: UUID, caller: ChildrenRead, session: SessionDep, now: NowDep, response: Response
) -> Child:
    """Read a child's profile."""
    return with_etag(response, service.read_child(session, caller, child_id, now=now))


@children.patch(
    "/{child_id}",
    response_model=schemas.ChildRead,
    responses=responses(
        Unauthenticated, Forbidden, NotFound, PreconditionFailed, Invalid, PreconditionRequired
    ),
)
def update_child(
    child_id: UUID,
    patch: schemas.ChildUpdate,
    if_match: IfMatchDep,
    caller: ChildrenWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Child:
    """Change a child's profile by a merge patch."""
    child = service.update_child(session, caller, child_id, patch, if_match=if_match, now=now)
    return with_etag(response, child)


@children.post(
    "/{child_id}/consents",
    status_code=201,
    response_model=schemas.ConsentRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def record_consent(
    child_id: UUID,
    form: schemas.ConsentCreate,
    caller: ChildrenWrite,
    session: SessionDep,
    now: NowDep,
) -> Consent:
    """Record a statement for or against a use of the child's data; the newest holds."""
    return service.record_consent(session, caller, child_id, form, now=now)


@children.get(
    "/{child_id}/consents",
    response_model=Page[schemas.ConsentRead],
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def list_consents(
    child_id: UUID, caller: ChildrenRead, session: SessionDep, page: PageDep, now: NowDep
) -> Page[Consent]:
    """List what was said about uses of the child's data, the oldest first."""
    return service.page_of_consents(session, caller, child_id, page, now=now)
