"""Releases over HTTP: drawing them, reading them, and what they depend on."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.access.guards import (
    AuthoritiesWrite,
    AuthorityRead,
    AuthorityWrite,
    GapReleasesRead,
    GapReleasesWrite,
    SessionDep,
)
from app.dependencies import NowDep, PageDep
from app.errors import Invalid, NotFound
from app.etags import etag_of
from app.pagination import Page, PageRequest
from app.problems import responses
from app.releases import presenting, schemas, service
from app.releases.dependencies import refuse_repeats
from app.releases.errors import (
    BudgetSpent,
    FactsMissing,
    ReleaseExists,
    ReleaseTooEarly,
    SizeClassNotSet,
    SizeClassSet,
)
from app.releases.models import AuthoritySize

router = APIRouter(tags=["releases"])


@router.put(
    "/authorities/{authority_id}/size-class",
    response_model=schemas.SizeRead,
    responses=responses(NotFound, SizeClassSet, Invalid),
)
def set_size_class(
    authority_id: UUID,
    form: schemas.SizeUpdate,
    caller: AuthoritiesWrite,
    session: SessionDep,
    now: NowDep,
) -> AuthoritySize:
    """Say how large an authority is, once a year: what its releases may tell depends on it."""
    return service.set_size(session, caller, authority_id, form, now=now)


@router.get("/authority/localities", response_model=schemas.LocalitiesRead)
def read_localities(caller: AuthorityRead, session: SessionDep) -> schemas.LocalitiesRead:
    """Read which parts of the authority the next release will tell of."""
    return presenting.tell_localities(service.find_localities(session))


@router.put(
    "/authority/localities",
    response_model=schemas.LocalitiesRead,
    responses=responses(Invalid),
)
def declare_localities(
    form: schemas.LocalitiesUpdate, caller: AuthorityWrite, session: SessionDep, now: NowDep
) -> schemas.LocalitiesRead:
    """Declare the parts of the authority that releases tell of from now on."""
    return presenting.tell_localities(service.declare_localities(session, caller, form, now=now))


@router.post(
    "/gap-releases",
    status_code=201,
    response_model=schemas.ReleaseRead,
    responses=responses(
        ReleaseExists, ReleaseTooEarly, BudgetSpent, SizeClassNotSet, FactsMissing, Invalid
    ),
)
def create_gap_release(
    form: schemas.ReleaseCreate, caller: GapReleasesWrite, session: SessionDep, now: NowDep
) -> schemas.ReleaseRead:
    """Draw a quarter's release of unmet interests: once, and for ever."""
    return presenting.tell_release(service.draw_release(session, caller, form, now=now))


@router.get("/gap-releases", response_model=Page[schemas.ReleaseRead], responses=responses(Invalid))
def list_gap_releases(
    caller: GapReleasesRead, session: SessionDep, page: PageDep
) -> Page[schemas.ReleaseRead]:
    """List the releases, the oldest first."""
    found = service.page_of_releases(session, page)
    items = [presenting.tell_release(release) for release in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.get(
    "/gap-releases/{release_id}",
    response_model=schemas.ReleaseRead,
    responses=responses(NotFound),
)
def read_gap_release(
    release_id: UUID, caller: GapReleasesRead, session: SessionDep, response: Response
) -> schemas.ReleaseRead:
    """Read how a release was made: method, budget, error and thresholds."""
    response.headers["ETag"] = etag_of(1)
    return presenting.tell_release(service.get_release(session, release_id))


@router.get(
    "/gap-releases/{release_id}/cells",
    response_model=Page[schemas.CellRead],
    responses=responses(NotFound, Invalid),
    dependencies=[Depends(refuse_repeats)],
)
def list_gap_release_cells(
    release_id: UUID,
    query: Annotated[schemas.CellsPageQuery, Query()],
    caller: GapReleasesRead,
    session: SessionDep,
) -> Page[schemas.CellRead]:
    """List the stored cells of one table, or those of it that are named."""
    release = service.get_release(session, release_id)
    page = PageRequest(limit=query.limit, cursor=query.cursor)
    return presenting.tell_page(
        release, query.by, service.page_of_cells(session, release, query, page)
    )
