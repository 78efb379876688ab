"""Answering `GET /v1/reports/{period}` in the form that is asked for."""

from typing import Final

from fastapi import Response
from sqlalchemy.orm import Session

from app.accept import preferred
from app.access.caller import Caller
from app.errors import NotAcceptable
from app.pages import policy_of
from app.reports import service
from app.reports.rendering import FORMS, MEDIA_TYPES, render
from app.reports.schemas import Form

FORM_OF: Final[dict[str, Form]] = {MEDIA_TYPES[form].partition(";")[0]: form for form in FORMS}


def answer(
    session: Session, caller: Caller, period: str, *, form: Form | None, accept: str
) -> Response:
    """Give a quarter's report."""
    if form is None:
        liked = preferred(accept, list(FORM_OF))
        if liked is None:
            raise NotAcceptable("Ask for one of these in Accept.", available=list(FORM_OF))
        form = FORM_OF[liked]
    content = render(service.read_report(session, caller, period), form)
    headers = {"Vary": "Accept, Authorization"}
    if form == "html":
        headers["Content-Security-Policy"] = policy_of(content)
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
