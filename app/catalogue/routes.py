"""Providers, activities and sessions: brokers keep them, everybody reads them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access.guards import CatalogueRead, CatalogueWrite, SessionDep
from app.catalogue import service
from app.catalogue.errors import SourceIdTaken
from app.catalogue.filters import ActivityFilter, ProviderFilter, SessionFilter
from app.catalogue.models import Provider
from app.catalogue.schemas import (
    ActivityCreate,
    ActivityRead,
    ActivityUpdate,
    ProviderCreate,
    ProviderRead,
    ProviderUpdate,
    SessionCreate,
    SessionRead,
    SessionUpdate,
)
from app.dependencies import IfMatchDep, NowDep, PageDep, with_etag
from app.errors import Invalid, NotFound, PreconditionFailed, PreconditionRequired
from app.pagination import Page
from app.problems import responses

router = APIRouter(tags=["catalogue"])

OF_CREATE = responses(SourceIdTaken, Invalid)
OF_READ = responses(NotFound)
OF_CHANGE = responses(NotFound, SourceIdTaken, PreconditionFailed, Invalid, PreconditionRequired)


@router.post("/providers", status_code=201, response_model=ProviderRead, responses=OF_CREATE)
def create_provider(
    body: ProviderCreate,
    caller: CatalogueWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Provider:
    """Add a provider."""
    return with_etag(response, service.create_provider(session, caller, body, now=now))


@router.get("/providers", response_model=Page[ProviderRead])
def list_providers(
    wanted: Annotated[ProviderFilter, Query()],
    _: CatalogueRead,
    session: SessionDep,
    page: PageDep,
) -> Page[Provider]:
    """List providers."""
    return service.list_providers(session, wanted, page)


@router.get("/providers/{provider_id}", response_model=ProviderRead, responses=OF_READ)
def get_provider(
    provider_id: UUID, _: CatalogueRead, session: SessionDep, response: Response
) -> Provider:
    """Read a provider."""
    return with_etag(response, service.get_provider(session, provider_id))


@router.patch("/providers/{provider_id}", response_model=ProviderRead, responses=OF_CHANGE)
def change_provider(
    provider_id: UUID,
    patch: ProviderUpdate,
    caller: CatalogueWrite,
    session: SessionDep,
    if_match: IfMatchDep,
    now: NowDep,
    response: Response,
) -> Provider:
    """Change a provider by a JSON merge patch."""
    changed = service.change_provider(
        session, caller, provider_id, patch, if_match=if_match, now=now
    )
    return with_etag(response, changed)


@router.post("/activities", status_code=201, response_model=ActivityRead, responses=OF_CREATE)
def create_activity(
    body: ActivityCreate,
    caller: CatalogueWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> ActivityRead:
    """Add an activity of a provider."""
    return with_etag(response, service.create_activity(session, caller, body, now=now))


@router.get("/activities", response_model=Page[ActivityRead])
def list_activities(
    wanted: Annotated[ActivityFilter, Query()],
    _: CatalogueRead,
    session: SessionDep,
    page: PageDep,
) -> Page[ActivityRead]:
    """List activities."""
    return service.list_activities(session, wanted, page)


@router.get("/activities/{activity_id}", response_model=ActivityRead, responses=OF_READ)
def get_activity(
    activity_id: UUID, _: CatalogueRead, session: SessionDep, response: Response
) -> ActivityRead:
    """Read an activity."""
    return with_etag(response, service.get_activity(session, activity_id))


@router.patch("/activities/{activity_id}", response_model=ActivityRead, responses=OF_CHANGE)
def change_activity(
    activity_id: UUID,
    patch: ActivityUpdate,
    caller: CatalogueWrite,
    session: SessionDep,
    if_match: IfMatchDep,
    now: NowDep,
    response: Response,
) -> ActivityRead:
    """Change an activity by a JSON merge patch."""
    changed = service.change_activity(
        session, caller, activity_id, patch, if_match=if_match, now=now
    )
    return with_etag(response, changed)


@router.post("/sessions", status_code=201, response_model=SessionRead, responses=OF_CREATE)
def create_session(
    body: SessionCreate,
    caller: CatalogueWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> SessionRead:
    """Add a dated session of an activity."""
    return with_etag(response, service.create_session(session, caller, body, now=now))


@router.get("/sessions", response_model=Page[SessionRead])
def list_sessions(
    wanted: Annotated[SessionFilter, Query()],
    _: CatalogueRead,
    session: SessionDep,
    page: PageDep,
) -> Page[SessionRead]:
    """List sessions by when they start."""
    return service.list_sessions(session, wanted, page)


@router.get("/sessions/{session_id}", response_model=SessionRead, responses=OF_READ)
def get_session(
    session_id: UUID, _: CatalogueRead, session: SessionDep, response: Response
) -> SessionRead:
    """Read a session with the places left in it."""
    return with_etag(response, service.get_session(session, session_id))


@router.patch("/sessions/{session_id}", response_model=SessionRead, responses=OF_CHANGE)
def change_session(
    session_id: UUID,
    patch: SessionUpdate,
    caller: CatalogueWrite,
    session: SessionDep,
    if_match: IfMatchDep,
    now: NowDep,
    response: Response,
) -> SessionRead:
    """Change or cancel a session by a JSON merge patch."""
    changed = service.change_session(session, caller, session_id, patch, if_match=if_match, now=now)
    return with_etag(response, changed)
