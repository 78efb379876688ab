"""You said, we did: what many children asked for in a quarter, and a broker's answer to it."""

from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from app import concepts
from app.access import audit
from app.access.caller import Caller
from app.clock import last_ended_quarter, local_date, quarter_bounds
from app.errors import NotFound
from app.etags import check_if_match
from app.ids import new_id
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.wishes import statement_queries as queries
from app.wishes.disclosure import Asked, Noise, choose_lines, draw_noise
from app.wishes.errors import QuarterNotDue
from app.wishes.models import StatementLine
from app.wishes.statement_schemas import LineRead, LineUpdate, YouSaidWeDid, YouSaidWeDidRead


def state_last_quarter(
    session: Session, *, rng: Random, now: datetime, noise: Noise | None = None
) -> bool:
    """Fix what the quarter that ended last may say, unless that is done; tell whether it was.

    Once for ever: the noise of a second statement would wear that of the first away. Nothing is
    kept of groups that are not shown, and of the others no number.
    """
    quarter = last_ended_quarter(now)
    if queries.has_statement(session, quarter):
        return False
    # Whoever else is at it has the row first, and this waits and then finds it.
    statement_id = queries.add_statement(session, quarter, now=now)
    if statement_id is None:
        return False
    starts_from, ends_before = quarter_bounds(quarter)
    asked = [
        Asked(row.child_id, row.household_id, row.outcode, row.concept)
        for row in queries.list_asked(session, starts_from, ends_before)
    ]
    registered = queries.count_registered(session, ends_before)
    for line in choose_lines(asked, registered, noise=noise or draw_noise(), rng=rng):
        session.add(
            StatementLine(
                authority_id=session.info["authority_id"],
                id=new_id(),
                statement_id=statement_id,
                quarter=quarter,
                concept=line.concept,
                asked_at_least=line.asked_at_least,
                areas=list(line.areas),
                version=1,
            )
        )
    emit(session, "statement.made", statement_id, sequence=1, now=now)
    return True


def make_statement(
    session: Session, caller: Caller, quarter: str, page: PageRequest, *, rng: Random, now: datetime
) -> Page[LineRead]:
    """Fix the statement of the quarter that ended last, or show the one that is fixed."""
    due = last_ended_quarter(now)
    if quarter != due:
        raise QuarterNotDue("Statements are made once, in the quarter that follows.", due=due)
    if state_last_quarter(session, rng=rng, now=now):
        audit.record(session, caller, "statement.make", now=now)
    session.flush()
    return page_of_lines(session, caller, quarter, page, now=now)


def page_of_lines(
    session: Session, caller: Caller, quarter: str | None, page: PageRequest, *, now: datetime
) -> Page[LineRead]:
    """Show brokers what may be released."""
    audit.record(session, caller, "statement.read", now=now)
    found = queries.page_of_lines(session, quarter, page, released=False)
    return Page[LineRead].model_construct(
        items=[shown(line) for line in found.items], next_cursor=found.next_cursor
    )


def shown(line: StatementLine) -> LineRead:
    """Lay a line out for brokers."""
    return LineRead(
        id=line.id,
        quarter=line.quarter,
        concept=line.concept,
        label=concepts.vocabulary().label(line.concept),
        asked_at_least=line.asked_at_least,
        areas=line.areas,
        we_did=line.we_did,
        released_on=line.released_at and local_date(line.released_at),
    )


def answer_line(
    session: Session,
    caller: Caller,
    line_id: UUID,
    patch: LineUpdate,
    *,
    if_match: str,
    now: datetime,
) -> StatementLine:
    """Release a line with a broker's sentence, put it in other words, or take it back."""
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
    # The statement itself is the line's first version.
    emit(session, f"statement.line_{what}", line.id, sequence=line.version, now=now)
    audit.record(session, caller, f"statement.line_{what}", now=now, object_id=line.id)
    return line


def list_released(session: Session, quarter: str | None, page: PageRequest) -> YouSaidWeDidRead:
    """Show everybody what was released."""
    found = queries.page_of_lines(session, quarter, page, released=True)
    return YouSaidWeDidRead(
        items=[YouSaidWeDid(**shown(line).model_dump(exclude={"id"})) for line in found.items],
        next_cursor=found.next_cursor,
    )
