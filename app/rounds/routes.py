"""Rounds over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.access.guards import CoverageRead as CoverageDoor
from app.access.guards import RoundsRead, RoundsWrite, SessionDep
from app.dependencies import IfMatchDep, NowDep, PageDep
from app.errors import Invalid, NotFound, PreconditionFailed, PreconditionRequired
from app.etags import etag_of
from app.pagination import Page
from app.problems import responses
from app.rounds import brochures, coverage, schemas, service
from app.rounds.errors import DateFixed, OutOfOrder, RoundExists, TooEarly, TooLate
from app.rounds.models import Round

router = APIRouter(prefix="/rounds", tags=["rounds"])


@router.post(
    "",
    status_code=201,
    response_model=schemas.RoundRead,
    responses=responses(RoundExists, Invalid),
)
def create_round(
    form: schemas.RoundCreate,
    caller: RoundsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> schemas.RoundRead:
    """Plan a quarter's round."""
    row = service.create_round(session, caller, form, now=now)
    return _show(session, row, response, now=now)


@router.get("", response_model=Page[schemas.RoundRead], responses=responses(Invalid))
def list_rounds(
    caller: RoundsRead, session: SessionDep, page: PageDep, now: NowDep
) -> Page[schemas.RoundRead]:
    """List rounds, the oldest record first; families see those that are published."""
    found = service.page_of_rounds(session, caller, page)
    return Page(items=service.shown(session, found.items, now=now), next_cursor=found.next_cursor)


@router.get("/{round_id}", response_model=schemas.RoundRead, responses=responses(NotFound))
def read_round(
    round_id: UUID, caller: RoundsRead, session: SessionDep, now: NowDep, response: Response
) -> schemas.RoundRead:
    """Read a round, and where it stands."""
    return _show(session, service.get_round(session, caller, round_id), response, now=now)


@router.patch(
    "/{round_id}",
    response_model=schemas.RoundRead,
    responses=responses(
        NotFound, RoundExists, DateFixed, PreconditionFailed, Invalid, PreconditionRequired
    ),
)
def update_round(
    round_id: UUID,
    patch: schemas.RoundUpdate,
    if_match: IfMatchDep,
    caller: RoundsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> schemas.RoundRead:
    """Change a round by a merge patch; what has had its effect stays."""
    row = service.update_round(session, caller, round_id, patch, if_match=if_match, now=now)
    return _show(session, row, response, now=now)


@router.post(
    "/{round_id}/publish",
    response_model=schemas.RoundRead,
    responses=responses(
        NotFound, OutOfOrder, TooEarly, TooLate, PreconditionFailed, PreconditionRequired
    ),
)
def publish_round(
    round_id: UUID,
    if_match: IfMatchDep,
    caller: RoundsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> schemas.RoundRead:
    """Publish a round with the first version of its brochure; a second time changes nothing."""
    row = brochures.publish_round(session, caller, round_id, if_match=if_match, now=now)
    return _show(session, row, response, now=now)


@router.post(
    "/{round_id}/close",
    response_model=schemas.RoundRead,
    responses=responses(NotFound, OutOfOrder, TooEarly, PreconditionFailed, PreconditionRequired),
)
def close_round(
    round_id: UUID,
    if_match: IfMatchDep,
    caller: RoundsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> schemas.RoundRead:
    """End a round whose offers are out; a second time changes nothing."""
    row = service.close_round(session, caller, round_id, if_match=if_match, now=now)
    return _show(session, row, response, now=now)


@router.get(
    "/{round_id}/coverage", response_model=schemas.CoverageRead, responses=responses(NotFound)
)
def read_coverage(
    round_id: UUID, caller: CoverageDoor, session: SessionDep
) -> schemas.CoverageRead:
    """Tell what the quarter's catalogue covers: days, weeks, areas, ages and needs."""
    return coverage.read_coverage(session, caller, round_id)


def _show(session: Session, row: Round, response: Response, *, now: datetime) -> schemas.RoundRead:
    response.headers["ETag"] = etag_of(row.version)
    return service.shown(session, [row], now=now)[0]
