"""Statements of what many children asked for, put straight into the database."""

from uuid import UUID

from app.db import transaction
from app.ids import new_id
from app.wishes.models import Statement, StatementLine
from tests.support.world import World


def add_line(
    world: World, *, quarter: str = "2026-Q4", concept: str = "angling", at_least: int = 15
) -> str:
    """Add a line, with the statement of its quarter where there is none."""
    tenant = {"authority_id": world.authority_id}
    with transaction(world.sessions, world.authority_id) as session:
        statement = session.query(Statement).filter_by(quarter=quarter).one_or_none()
        if statement is None:
            statement = Statement(**tenant, id=new_id(), quarter=quarter, made_at=world.clock.now)
            session.add(statement)
            session.flush()
        line = StatementLine(
            **tenant,
            id=new_id(),
            statement_id=UUID(str(statement.id)),
            quarter=quarter,
            concept=concept,
            asked_at_least=at_least,
            areas=[],
            version=1,
        )
        session.add(line)
    return str(line.id)
