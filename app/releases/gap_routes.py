"""Gaps over HTTP: of a period as it was released, of a month exactly."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Response

from app.access.guards import GapsRead, SessionDep
from app.errors import Invalid, NotAcceptable, NotFound
from app.gaps.dependencies import WarmMonthsDep
from app.gaps.slice_schemas import SliceRead
from app.problems import responses
from app.releases import answering
from app.releases.dependencies import refuse_repeats
from app.releases.errors import ReleasesOnly
from app.releases.gap_schemas import AnyGapsQuery
from app.releases.schemas import ReleasedGaps

router = APIRouter(prefix="/gaps", tags=["gaps"])

FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": (
            "One table of the period's release, or one slice of a month; of a month also as a"
            " chart, and by area as points"
        ),
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "image/svg+xml": {"schema": {"type": "string"}},
            "application/geo+json": {"schema": {"type": "object"}},
        },
    }
}


@router.get(
    "",
    response_model=ReleasedGaps | SliceRead,
    responses={**responses(ReleasesOnly, NotFound, NotAcceptable, Invalid), **FORMS},
    dependencies=[Depends(refuse_repeats)],
)
def read_gaps(
    query: Annotated[AnyGapsQuery, Query()],
    caller: GapsRead,
    session: SessionDep,
    warm: WarmMonthsDep,
    accept: Annotated[str, Header(max_length=1000)] = "*/*",
) -> Response:
    """Read what children want and cannot get: brokers of a month, others as it was released."""
    return answering.answer(session, warm, caller, query, accept=accept)
