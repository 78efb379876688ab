"""Reads of what is published of wishes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.children.models import Child
from app.ids import new_id
from app.pagination import Page, PageRequest, fetch_page
from app.wishes.models import Statement, StatementLine

# Wishes that were open at some time in a span.
ASKED: Final = text(
    """
    SELECT DISTINCT w.child_id, c.household_id, concept.name AS concept,
        split_part(c.home_postcode, ' ', 1) AS outcode
    FROM wishes w
    JOIN children c ON c.authority_id = w.authority_id AND c.id = w.child_id
    CROSS JOIN LATERAL jsonb_array_elements_text(w.concepts) AS concept (name)
    WHERE w.authority_id = :authority_id AND w.created_at < :ends_before
        AND (w.ended_at IS NULL OR w.ended_at >= :starts_from)
    """
)


def add_statement(session: Session, quarter: str, *, now: datetime) -> UUID | None:
    """Add the statement of a quarter, unless there is one."""
    return session.scalar(
        insert(Statement)
        .values(
            authority_id=session.info["authority_id"], id=new_id(), quarter=quarter, made_at=now
        )
        .on_conflict_do_nothing(index_elements=["authority_id", "quarter"])
        .returning(Statement.id)
    )


def has_statement(session: Session, quarter: str) -> bool:
    """Tell whether a quarter has its statement."""
    return session.scalar(select(Statement.id).where(Statement.quarter == quarter)) is not None


def list_asked(
    session: Session, starts_from: datetime, ends_before: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """List who wished for which concept in a span, and where they live."""
    span = {"starts_from": starts_from, "ends_before": ends_before}
    return session.execute(ASKED, {"authority_id": session.info["authority_id"], **span}).all()


def count_registered(session: Session, before: datetime) -> dict[str | None, int]:
    """Count the children on the books before an instant, by postcode district."""
    outcode = func.split_part(Child.home_postcode, " ", 1)
    rows = session.execute(
        select(outcode, func.count()).where(Child.created_at < before).group_by(outcode)
    )
    return {row[0]: row[1] for row in rows}


def page_of_lines(
    session: Session, quarter: str | None, page: PageRequest, *, released: bool
) -> Page[StatementLine]:
    """List the lines of statements, the first quarter first."""
    statement = select(StatementLine)
    if released:
        statement = statement.where(StatementLine.released_at.is_not(None))
    if quarter is not None:
        statement = statement.where(StatementLine.quarter == quarter)
    return fetch_page(
        session,
        statement,
        page,
        keys=(StatementLine.quarter, StatementLine.concept),
        parsers=(_word, _word),
        key_of=lambda line: (line.quarter, line.concept),
    )


def _word(value: str) -> str:
    if "\x00" in value or not value.isascii():
        raise ValueError("not a name that was given out")
    return value


def lock_line(session: Session, line_id: UUID) -> StatementLine | None:
    """Find a line and keep others from changing it meanwhile."""
    return session.scalar(
        select(StatementLine).where(StatementLine.id == line_id).with_for_update()
    )
