"""Choices over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from app.access.guards import ChoicesRead as ChoicesReadDoor
from app.access.guards import ChoicesWrite, SessionDep
from app.bookings.errors import (
    AlreadyBooked,
    NotEligible,
    PolicyAge,
    SessionCancelled,
    SessionOverlap,
    SessionStarted,
    SupportUnavailable,
)
from app.dependencies import NowDep, PageDep
from app.engine.dependencies import WarmCataloguesDep
from app.errors import Invalid, NotFound, PreconditionFailed, PreconditionRequired
from app.etags import etag_of
from app.pagination import Page
from app.problems import responses
from app.rounds import choosing
from app.rounds.choice_schemas import ChoicesForm, ChoicesRead
from app.rounds.errors import ChoicesClosed, ChoicesNotOpen

router = APIRouter(prefix="/rounds/{round_id}/choices", tags=["rounds"])


@router.get("", response_model=Page[ChoicesRead], responses=responses(NotFound, Invalid))
def list_choices(
    round_id: UUID, caller: ChoicesReadDoor, session: SessionDep, page: PageDep, now: NowDep
) -> Page[ChoicesRead]:
    """List what was chosen in a round; a family sees its own children's lists."""
    return choosing.page_of_choices(session, caller, round_id, page, now=now)


@router.get("/{child_id}", response_model=ChoicesRead, responses=responses(NotFound))
def read_choices(
    round_id: UUID,
    child_id: UUID,
    caller: ChoicesReadDoor,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> ChoicesRead:
    """Read what was chosen for a child."""
    found, version = choosing.read_choices(session, caller, round_id, child_id, now=now)
    response.headers["ETag"] = etag_of(version)
    return found


@router.put(
    "/{child_id}",
    response_model=ChoicesRead,
    responses=responses(
        NotFound,
        ChoicesNotOpen,
        ChoicesClosed,
        PolicyAge,
        SessionStarted,
        SessionCancelled,
        NotEligible,
        SupportUnavailable,
        AlreadyBooked,
        SessionOverlap,
        PreconditionFailed,
        Invalid,
        PreconditionRequired,
    ),
)
def put_choices(
    round_id: UUID,
    child_id: UUID,
    form: ChoicesForm,
    caller: ChoicesWrite,
    session: SessionDep,
    warm: WarmCataloguesDep,
    now: NowDep,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=100)] = None,
) -> ChoicesRead:
    """Choose for a child, in the place of what was chosen before; If-Match once there is a list."""
    found, version = choosing.put_choices(
        session, warm, caller, round_id, child_id, form, if_match=if_match, now=now
    )
    response.headers["ETag"] = etag_of(version)
    return found
