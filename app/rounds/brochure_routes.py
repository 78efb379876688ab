"""Brochures over HTTP."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from app.access.guards import RoundsRead, RoundsWrite, SessionDep
from app.dependencies import IfMatchDep, NowDep
from app.engine.dependencies import WarmCataloguesDep
from app.errors import Invalid, NotAcceptable, NotFound, PreconditionFailed, PreconditionRequired
from app.etags import etag_of
from app.pages import policy_of
from app.problems import responses
from app.rounds import brochures, service
from app.rounds.brochure_schemas import BrochureQuery, BrochureRead, ChangesRead
from app.rounds.errors import NotPublished, OutOfOrder
from app.rounds.rendering import MEDIA_TYPES
from app.rounds.schemas import RoundRead

router = APIRouter(prefix="/rounds", tags=["rounds"])

FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The brochure in the form that was asked for",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
        "headers": {
            "Brochure-Version": {
                "description": "Which version this is",
                "schema": {"type": "integer", "minimum": 1},
            },
            "Brochure-Changes": {
                "description": "How many of its sessions have been cancelled or moved since;"
                " `/v1/rounds/{round_id}/changes` lists them",
                "schema": {"type": "integer", "minimum": 0},
            },
        },
    }
}


@router.get(
    "/{round_id}/brochure",
    response_model=BrochureRead,
    responses={**responses(NotFound, NotPublished, NotAcceptable, Invalid), **FORMS},
)
def read_brochure(
    round_id: UUID,
    query: Annotated[BrochureQuery, Query()],
    caller: RoundsRead,
    session: SessionDep,
    warm: WarmCataloguesDep,
    now: NowDep,
    accept: Annotated[str, Header(max_length=1000)] = "*/*",
) -> Response:
    """Read a brochure as it was frozen: as data, a page or a PDF, also in easy words."""
    found = brochures.read_brochure(session, warm, caller, round_id, query, accept=accept, now=now)
    headers = {
        "Brochure-Version": str(found.version),
        "Brochure-Changes": str(found.changes),
        "Vary": "Accept, Authorization",
    }
    if found.form.endswith("html"):
        headers["Content-Security-Policy"] = policy_of(found.content)
    return Response(found.content, media_type=MEDIA_TYPES[found.form], headers=headers)


@router.post(
    "/{round_id}/brochure",
    status_code=201,
    response_model=RoundRead,
    responses=responses(
        NotFound, NotPublished, OutOfOrder, PreconditionFailed, PreconditionRequired
    ),
)
def republish_brochure(
    round_id: UUID,
    if_match: IfMatchDep,
    caller: RoundsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> RoundRead:
    """Freeze the brochure's next version from the catalogue as it is now; older ones stay."""
    row = brochures.republish(session, caller, round_id, if_match=if_match, now=now)
    response.headers["ETag"] = etag_of(row.version)
    return service.shown(session, [row], now=now)[0]


@router.get(
    "/{round_id}/changes",
    response_model=ChangesRead,
    responses=responses(NotFound, NotPublished),
)
def list_changes(
    round_id: UUID,
    caller: RoundsRead,
    session: SessionDep,
    version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> ChangesRead:
    """List which of a brochure's sessions have been cancelled or moved since it was frozen."""
    return brochures.read_changes(session, caller, round_id, version)
