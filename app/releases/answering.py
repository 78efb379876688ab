"""Answering `GET /v1/gaps`: stored cells of a release, in the form that is asked for."""

from fastapi import Response
from sqlalchemy.orm import Session

from app.accept import preferred
from app.releases import presenting, queries, service
from app.releases.errors import NotAcceptable
from app.releases.schemas import GapsQuery

FORMS = ("application/json", "text/csv")


def answer(session: Session, query: GapsQuery, *, accept: str) -> Response:
    """Give one table of a period, or the row or column of it that is named."""
    form = preferred(accept, FORMS)
    if form is None:
        raise NotAcceptable("Ask for one of these in Accept.", available=list(FORMS))
    release = service.get_release_of(session, query.period)
    cells = queries.list_cells(session, release.id, *service.selection(release, query))
    told = presenting.tell_table(release, query.by, cells)
    content = presenting.as_csv(told) if form == "text/csv" else told.model_dump_json()
    return Response(content, media_type=form, headers={"Vary": "Accept, Authorization"})
