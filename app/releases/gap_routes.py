"""Gaps over HTTP: of a period, as it was released."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Response

from app.access.guards import GapsRead, SessionDep
from app.errors import Invalid, NotFound
from app.problems import responses
from app.releases import answering
from app.releases.dependencies import refuse_repeats
from app.releases.errors import NotAcceptable
from app.releases.schemas import GapsQuery, ReleasedGaps

router = APIRouter(prefix="/gaps", tags=["gaps"])

FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One table of the period's release",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "",
    response_model=ReleasedGaps,
    responses={**responses(NotFound, NotAcceptable, Invalid), **FORMS},
    dependencies=[Depends(refuse_repeats)],
)
def read_gaps(
    query: Annotated[GapsQuery, Query()],
    caller: GapsRead,
    session: SessionDep,
    accept: Annotated[str, Header(max_length=1000)] = "*/*",
) -> Response:
    """Read what children want and cannot get in a period, as it was released."""
    return answering.answer(session, query, accept=accept)
