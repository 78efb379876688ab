"""Answering `GET /v1/gaps` in the form that is asked for: a release's cells, or exact figures."""

from collections.abc import Callable, Sequence
from typing import Final

from fastapi import Response
from sqlalchemy.orm import Session

from app.accept import preferred
from app.access.caller import Caller
from app.errors import NotAcceptable
from app.gaps import slice_presenting
from app.gaps.slice_schemas import SliceQuery, SliceRead
from app.gaps.slicing import read_slice
from app.gaps.warm import WarmMonths
from app.releases import presenting, queries, service
from app.releases.errors import ReleasesOnly
from app.releases.gap_schemas import AnyGapsQuery
from app.releases.schemas import GapsQuery

JSON: Final = "application/json"
CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
SVG: Final = "image/svg+xml"
OF_A_PERIOD: Final = (JSON, CSV)
OF_A_MONTH: Final = (JSON, CSV, SVG)
WRITERS: Final[dict[str, Callable[[SliceRead], str]]] = {
    JSON: lambda told: told.model_dump_json(),
    CSV: slice_presenting.as_csv,
    GEOJSON: slice_presenting.as_geojson,
    SVG: slice_presenting.as_svg,
}


def answer(
    session: Session, warm: WarmMonths, caller: Caller, asked: AnyGapsQuery, *, accept: str
) -> Response:
    """Give one table of a period, or one slice of a month."""
    query = asked.meant()
    if isinstance(query, SliceQuery):
        if not caller.sees_every_household:
            raise ReleasesOnly("Exact figures are for brokers; ask for a period.")
        return _answer_month(session, warm, query, accept=accept)
    return _answer_period(session, query, accept=accept)


def _answer_month(
    session: Session, warm: WarmMonths, query: SliceQuery, *, accept: str
) -> Response:
    """Give one slice of a month."""
    form = _form(accept, (*OF_A_MONTH, GEOJSON) if query.by == "area" else OF_A_MONTH)
    told = read_slice(session, warm, query)
    answer = _told(WRITERS[form](told), form)
    if told.next_cursor is not None:
        # The other forms have no place for it.
        answer.headers["Next-Cursor"] = told.next_cursor
    return answer


def _answer_period(session: Session, query: GapsQuery, *, accept: str) -> Response:
    """Give one table of a period, or the row or column of it that is named."""
    form = _form(accept, OF_A_PERIOD)
    release = service.get_release_of(session, query.period)
    cells = queries.list_cells(session, release.id, *service.selection(release, query))
    told = presenting.tell_table(release, query.by, cells)
    return _told(presenting.as_csv(told) if form == CSV else told.model_dump_json(), form)


def _form(accept: str, available: Sequence[str]) -> str:
    form = preferred(accept, available)
    if form is None:
        raise NotAcceptable("Ask for one of these in Accept.", available=list(available))
    return form


def _told(content: str, form: str) -> Response:
    return Response(content, media_type=form, headers={"Vary": "Accept, Authorization"})
