"""What is done for wishes, over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from app.access.guards import SessionDep, WishActionsWrite, WishesRead
from app.dependencies import NowDep, PageDep
from app.errors import Forbidden, Invalid, NotFound, Unauthenticated
from app.pagination import Page
from app.problems import responses
from app.wishes import action_schemas as schemas
from app.wishes import actions

router = APIRouter(prefix="/wishes", tags=["wishes"])


@router.post(
    "/actions",
    status_code=201,
    response_model=schemas.WishActionsRead,
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def record_together(
    form: schemas.WishActionsCreate, caller: WishActionsWrite, session: SessionDep, now: NowDep
) -> schemas.WishActionsRead:
    """Record what was done for several wishes at once, of all or none; the same only once."""
    recorded = actions.record_together(session, caller, form.wish_ids, form, now=now)
    return schemas.WishActionsRead(items=recorded)


@router.post(
    "/{wish_id}/actions",
    status_code=201,
    response_model=schemas.WishActionRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def record_action(
    wish_id: UUID,
    form: schemas.WishActionCreate,
    caller: WishActionsWrite,
    session: SessionDep,
    now: NowDep,
) -> schemas.WishActionRead:
    """Record what was done for a wish; the same only once."""
    return actions.record_action(session, caller, wish_id, form, now=now)


@router.get(
    "/{wish_id}/actions",
    response_model=Page[schemas.WishActionRead],
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def list_actions(
    wish_id: UUID, caller: WishesRead, session: SessionDep, page: PageDep, now: NowDep
) -> Page[schemas.WishActionRead]:
    """List what was done for a wish, in the order in which it was recorded."""
    return actions.page_of_actions(session, caller, wish_id, page, now=now)
