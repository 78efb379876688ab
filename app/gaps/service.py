"""Which months have been judged, and having them looked at now."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.gaps import queries, writing
from app.gaps.models import GapMonth
from app.gaps.month_schemas import LookAsked
from app.pagination import Page, PageRequest


def page_of_months(session: Session, page: PageRequest) -> Page[GapMonth]:
    """List the months that have been judged, the earliest first."""
    return queries.page_of_months(session, page)


def ask_for_look(session: Session, caller: Caller, *, now: datetime) -> LookAsked:
    """Have the worker look at every month at once, changed or not, rather than within minutes."""
    writing.defer_look(session)
    audit.record(session, caller, "gaps.look", now=now)
    return LookAsked(asked_at=now)
