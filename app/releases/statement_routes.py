"""You said, we did, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.access.guards import CatalogueRead, SessionDep, StatementsRead, StatementsWrite
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
from app.releases import statement_schemas as schemas
from app.releases import statements

router = APIRouter(prefix="/you-said-we-did", tags=["releases"])


@router.get(
    "",
    response_model=schemas.YouSaidWeDidRead,
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def list_released(
    query: Annotated[schemas.StatementQuery, Depends()],
    _: CatalogueRead,
    session: SessionDep,
    page: PageDep,
) -> schemas.YouSaidWeDidRead:
    """List what many children asked for and what was done, quarter by quarter, without children."""
    return statements.list_released(session, query.quarter, page)


@router.get(
    "/lines",
    response_model=Page[schemas.LineRead],
    responses=responses(Unauthenticated, Forbidden, Invalid),
)
def list_lines(
    query: Annotated[schemas.StatementQuery, Depends()],
    caller: StatementsRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
) -> Page[schemas.LineRead]:
    """List the lines that may be published, and those that are."""
    return statements.page_of_lines(session, caller, query.quarter, page, now=now)


@router.get(
    "/lines/{line_id}",
    response_model=schemas.LineRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def read_line(
    line_id: UUID, caller: StatementsRead, session: SessionDep, now: NowDep, response: Response
) -> schemas.LineRead:
    """Read a line, with the version that publishing it asks for."""
    line = statements.read_line(session, caller, line_id, now=now)
    return statements.tell(session, [with_etag(response, line)])[0]


@router.patch(
    "/lines/{line_id}",
    response_model=schemas.LineRead,
    responses=responses(
        Unauthenticated, Forbidden, NotFound, PreconditionFailed, Invalid, PreconditionRequired
    ),
)
def answer_line(
    line_id: UUID,
    patch: schemas.StatementUpdate,
    if_match: IfMatchDep,
    caller: StatementsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> schemas.LineRead:
    """Publish a line with the sentence that answers it, or take the sentence back."""
    line = statements.answer_line(session, caller, line_id, patch, if_match=if_match, now=now)
    return statements.tell(session, [with_etag(response, line)])[0]
