"""Authorities over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.access.guards import AuthoritiesCreate, AuthorityRead, AuthorityWrite, SessionDep
from app.authorities import schemas, service
from app.authorities.errors import PolicyExists
from app.authorities.models import Authority, EntitlementPolicy, SupportService
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

router = APIRouter(tags=["authorities"])


@router.post(
    "/authorities",
    status_code=201,
    response_model=schemas.AuthorityCreated,
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def create_authority(
    form: schemas.AuthorityCreate, caller: AuthoritiesCreate, session: SessionDep, now: NowDep
) -> schemas.AuthorityCreated:
    """Set up an authority with its first broker."""
    return service.open_authority(session, caller, form, now=now)


@router.get(
    "/authority",
    response_model=schemas.AuthorityRead,
    responses=responses(Unauthenticated, Forbidden, NotFound),
)
def read_authority(caller: AuthorityRead, session: SessionDep, response: Response) -> Authority:
    """Read the own authority."""
    return with_etag(response, service.get_authority(session, caller))


@router.put(
    "/authority",
    response_model=schemas.AuthorityRead,
    responses=responses(
        Unauthenticated, Forbidden, NotFound, PreconditionFailed, Invalid, PreconditionRequired
    ),
)
def replace_authority(
    form: schemas.AuthorityUpdate,
    if_match: IfMatchDep,
    caller: AuthorityWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Authority:
    """Rename the own authority."""
    authority = service.replace_authority(session, caller, form, if_match=if_match, now=now)
    return with_etag(response, authority)


@router.get(
    "/authority/policies",
    response_model=Page[schemas.PolicyRead],
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def list_policies(
    caller: AuthorityRead, session: SessionDep, page: PageDep
) -> Page[EntitlementPolicy]:
    """List the entitlement policies, the oldest first."""
    return service.page_of_policies(session, page)


@router.post(
    "/authority/policies",
    status_code=201,
    response_model=schemas.PolicyRead,
    responses=responses(Unauthenticated, Forbidden, PolicyExists, Invalid),
)
def add_policy(
    form: schemas.PolicyCreate, caller: AuthorityWrite, session: SessionDep, now: NowDep
) -> EntitlementPolicy:
    """Decide what children may book from a month on."""
    return service.add_policy(session, caller, form, now=now)


@router.get(
    "/authority/support-services",
    response_model=Page[schemas.SupportServiceRead],
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def list_support_services(
    caller: AuthorityRead, session: SessionDep, page: PageDep
) -> Page[SupportService]:
    """List what the authority itself can put in place."""
    return service.page_of_support_services(session, page)


@router.post(
    "/authority/support-services",
    status_code=201,
    response_model=schemas.SupportServiceRead,
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def add_support_service(
    form: schemas.SupportServiceCreate,
    caller: AuthorityWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> SupportService:
    """Record what the authority can put in place for a need."""
    return with_etag(response, service.add_support_service(session, caller, form, now=now))


@router.patch(
    "/authority/support-services/{service_id}",
    response_model=schemas.SupportServiceRead,
    responses=responses(
        Unauthenticated, Forbidden, NotFound, PreconditionFailed, Invalid, PreconditionRequired
    ),
)
def update_support_service(
    service_id: UUID,
    patch: schemas.SupportServiceUpdate,
    if_match: IfMatchDep,
    caller: AuthorityWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> SupportService:
    """Change the terms of a support service."""
    changed = service.update_support_service(
        session, caller, service_id, patch, if_match=if_match, now=now
    )
    return with_etag(response, changed)
