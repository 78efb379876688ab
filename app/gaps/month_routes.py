"""The months of gap facts over HTTP."""

from fastapi import APIRouter

from app.access.guards import GapMonthsRead, GapMonthsWrite, SessionDep
from app.dependencies import NowDep, PageDep
from app.errors import Invalid
from app.gaps import month_schemas, service
from app.gaps.models import GapMonth
from app.pagination import Page
from app.problems import responses

router = APIRouter(prefix="/gap-months", tags=["gaps"])


@router.get("", response_model=Page[month_schemas.GapMonthRead], responses=responses(Invalid))
def list_months(caller: GapMonthsRead, session: SessionDep, page: PageDep) -> Page[GapMonth]:
    """List the months whose gaps have been judged, the earliest first."""
    return service.page_of_months(session, page)


@router.post("/look", status_code=202, response_model=month_schemas.LookAsked)
def ask_for_look(
    caller: GapMonthsWrite, session: SessionDep, now: NowDep
) -> month_schemas.LookAsked:
    """Have every month looked at now, rather than within minutes."""
    return service.ask_for_look(session, caller, now=now)
