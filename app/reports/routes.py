"""Reports over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Response

from app.access.guards import GapsRead, SessionDep
from app.errors import Invalid, NotAcceptable, NotFound
from app.problems import responses
from app.releases.schemas import Period
from app.reports import answering
from app.reports.schemas import ReportQuery, ReportRead

router = APIRouter(prefix="/reports", tags=["reports"])

FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The report in the form that was asked for",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.get(
    "/{period}",
    response_model=ReportRead,
    responses={**responses(NotFound, NotAcceptable, Invalid), **FORMS},
)
def read_report(
    period: Period,
    query: Annotated[ReportQuery, Query()],
    caller: GapsRead,
    session: SessionDep,
    accept: Annotated[str, Header(max_length=1000)] = "*/*",
) -> Response:
    """Read a quarter's report, made of its release: as data, a page or a PDF."""
    return answering.answer(session, caller, period, form=query.format, accept=accept)
