"""Wishes over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response

from app.access.guards import SessionDep, WishesRead, WishesWrite, WishGroupsRead
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
from app.wishes import schemas, service
from app.wishes.errors import IdempotencyKeyReused, WishNotOpen
from app.wishes.models import Wish

router = APIRouter(prefix="/wishes", tags=["wishes"])


async def get_retry_key(
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$")
    ] = None,
) -> str | None:
    """Read the key under which a request that is sent again is known."""
    return idempotency_key


RetryKeyDep = Annotated[str | None, Depends(get_retry_key)]


@router.post(
    "",
    status_code=201,
    response_model=schemas.WishRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, IdempotencyKeyReused, Invalid),
)
def record_wish(
    form: schemas.WishCreate,
    caller: WishesWrite,
    session: SessionDep,
    key: RetryKeyDep,
    now: NowDep,
    response: Response,
) -> Wish:
    """Record what a child wants to do and cannot; under an Idempotency-Key only once."""
    return with_etag(response, service.record_wish(session, caller, form, key=key, now=now))


@router.get(
    "",
    response_model=Page[schemas.WishRead],
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def list_wishes(
    query: Annotated[schemas.WishQuery, Depends()],
    caller: WishesRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
) -> Page[Wish]:
    """List wishes, the oldest first."""
    return service.page_of_wishes(session, caller, query, page, now=now)


@router.get(
    "/groups",
    response_model=Page[schemas.GroupRead],
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def list_groups(
    query: Annotated[schemas.GroupQuery, Depends()],
    caller: WishGroupsRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
) -> Page[schemas.GroupRead]:
    """Group wishes by concept and district, those of most children first."""
    return service.page_of_groups(session, caller, query, page, now=now)


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


@router.patch(
    "/{wish_id}",
    response_model=schemas.WishRead,
    responses=responses(
        Unauthenticated,
        Forbidden,
        NotFound,
        WishNotOpen,
        PreconditionFailed,
        Invalid,
        PreconditionRequired,
    ),
)
def update_wish(
    wish_id: UUID,
    patch: schemas.WishUpdate,
    if_match: IfMatchDep,
    caller: WishesWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> Wish:
    """Correct the words of a wish, close it, take it up again, or call it met by word."""
    wish = service.update_wish(session, caller, wish_id, patch, if_match=if_match, now=now)
    return with_etag(response, wish)
