"""Wishes over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access.guards import SessionDep, WishesRead, WishesWrite
from app.dependencies import NowDep, PageDep, with_etag
from app.errors import Forbidden, Invalid, NotFound, Unauthenticated
from app.pagination import Page
from app.problems import responses
from app.wishes import schemas, service
from app.wishes.models import Wish

router = APIRouter(prefix="/wishes", tags=["wishes"])


@router.post(
    "",
    status_code=201,
    response_model=schemas.WishRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def record_wish(
    form: schemas.WishCreate,
    caller: WishesWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Wish:
    """Record what a child wants to do and cannot."""
    return with_etag(response, service.record_wish(session, caller, form, now=now))


@router.get(
    "",
    response_model=Page[schemas.WishRead],
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def list_wishes(
    caller: WishesRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
    child_id: Annotated[UUID | None, Query()] = None,
    status: Annotated[schemas.WishStatus | None, Query()] = None,
) -> Page[Wish]:
    """List wishes, the oldest first."""
    return service.page_of_wishes(session, caller, page, child_id=child_id, status=status, now=now)


@router.get(
    "/{wish_id}",
    response_model=schemas.WishRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def read_wish(
    wish_id: UUID, caller: WishesRead, session: SessionDep, now: NowDep, response: Response
) -> Wish:
    """Read a wish."""
    return with_etag(response, service.read_wish(session, caller, wish_id, now=now))
