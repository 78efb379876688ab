"""You said, we did: what many children wanted in vain, as released, and a broker's answer to it.

Every line is a figure that its quarter's release shows, so publishing it costs no budget.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.clock import local_date
from app.errors import NotFound
from app.etags import check_if_match
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.releases import statement_queries as queries
from app.releases.building import INTEREST
from app.releases.models import Statement
from app.releases.presenting import table_of
from app.releases.queries import cell_of
from app.releases.schemas import ELSEWHERE
from app.releases.statement_schemas import (
    LineRead,
    StatementUpdate,
    YouSaidWeDid,
    YouSaidWeDidRead,
)
from app.releases.topics import label_of

LOCALITY = "locality"


def page_of_lines(
    session: Session, caller: Caller, quarter: str | None, page: PageRequest, *, now: datetime
) -> Page[LineRead]:
    """Show brokers what may be published."""
    audit.record(session, caller, "statement.read", now=now)
    found = queries.page_of_lines(session, quarter, page, released=False)
    return Page[LineRead].model_construct(
        items=tell(session, found.items), next_cursor=found.next_cursor
    )


def read_line(session: Session, caller: Caller, line_id: UUID, *, now: datetime) -> Statement:
    """Show brokers one line, published or not."""
    line = queries.find_line(session, line_id)
    if line is None:
        raise NotFound
    audit.record(session, caller, "statement.read", now=now, object_id=line.id)
    return line


def tell(session: Session, lines: Sequence[Statement]) -> list[LineRead]:
    """Tell lines with the figures of their releases."""
    release_ids = {line.release_id for line in lines}
    releases = queries.releases_of(session, release_ids)
    children: dict[tuple[UUID, str], int | None] = {}
    areas: defaultdict[tuple[UUID, str], list[str]] = defaultdict(list)
    for row in queries.shown_cells(session, release_ids, INTEREST, LOCALITY):
        if row.value is None:
            children[row.release_id, row.interest] = cell_of(row).children
        elif row.value != ELSEWHERE:
            areas[row.release_id, row.interest].append(row.value)
    return [
        LineRead.model_validate(
            {
                "id": line.id,
                "quarter": line.period,
                "release_id": line.release_id,
                "interest": line.interest,
                "label": label_of(line.interest),
                "children": children[line.release_id, line.interest],
                "error_95": table_of(releases[line.release_id], INTEREST).error_95,
                "areas": areas[line.release_id, line.interest],
                "we_did": line.we_did,
                "released_on": line.released_at and local_date(line.released_at),
            }
        )
        for line in lines
    ]


def answer_line(
    session: Session,
    caller: Caller,
    line_id: UUID,
    patch: StatementUpdate,
    *,
    if_match: str,
    now: datetime,
) -> Statement:
    """Publish a line with a broker's sentence, put it in other words, or take it back."""
    line = queries.lock_line(session, line_id)
    if line is None:
        raise NotFound
    check_if_match(if_match, line.version)
    if "we_did" not in patch.model_fields_set or patch.we_did == line.we_did:
        return line
    line.we_did = patch.we_did
    line.released_at = now if patch.we_did is not None else None
    line.released_by = caller.client_id if patch.we_did is not None else None
    line.version += 1
    what = "released" if patch.we_did is not None else "taken_back"
    # The release itself is the line's first version.
    emit(session, f"statement.line_{what}", line.id, sequence=line.version, now=now)
    audit.record(session, caller, f"statement.line_{what}", now=now, object_id=line.id)
    return line


def list_released(session: Session, quarter: str | None, page: PageRequest) -> YouSaidWeDidRead:
    """Show everybody what was published."""
    found = queries.page_of_lines(session, quarter, page, released=True)
    return YouSaidWeDidRead(
        items=[
            YouSaidWeDid(**line.model_dump(exclude={"id"})) for line in tell(session, found.items)
        ],
        next_cursor=found.next_cursor,
    )
