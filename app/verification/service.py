"""Examining the whole database, or one authority, and gathering what is wrong."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from app.authorities.models import Authority
from app.db import NO_TENANT, TABLES_WITHOUT_TENANT, transaction
from app.verification.checks import ACTIVE, OF_AN_AUTHORITY, OF_THE_DATABASE, Check

# A national database takes longer than a request may.
LONGEST_STATEMENT: Final = "SET LOCAL statement_timeout = '10min'"

# Always one row, so that the count arrives even where nothing is broken.
STATEMENT: Final = """
WITH examined AS MATERIALIZED ({statement})
SELECT (SELECT count(*) FROM examined), broken.facts
FROM (VALUES (1)) AS once LEFT JOIN (SELECT facts FROM examined WHERE broken) AS broken ON true
"""


@dataclass(frozen=True)
class Finding:
    """One row that breaks a rule, told by ids."""

    check: Check
    authority_id: UUID | None
    facts: Mapping[str, Any]

    def __str__(self) -> str:
        """Tell it in one line."""
        told = {"authority_id": self.authority_id, **self.facts}
        words = [f"{name}={value}" for name, value in told.items() if value is not None]
        return " ".join([self.check.name, *words])


@dataclass(frozen=True)
class Outcome:
    """What one check examined and found, in one authority or in the database."""

    check: Check
    examined: int
    findings: tuple[Finding, ...]


def verify(
    factory: sessionmaker[Session],
    *,
    now: datetime,
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[Outcome]:
    """Examine the database, then one authority after the other, and tell how many are done."""
    with transaction(factory, NO_TENANT) as session:
        yield from check_database(session)
        authority_ids = session.scalars(select(Authority.id).order_by(Authority.id)).all()
    for done, authority_id in enumerate(authority_ids, start=1):
        with transaction(factory, authority_id) as session:
            session.execute(text(LONGEST_STATEMENT))
            yield from check_authority(session, now=now)
        if on_progress is not None:
            on_progress(done, len(authority_ids))


def check_database(session: Session) -> Iterator[Outcome]:
    """Examine what no authority owns."""
    return _run(session, OF_THE_DATABASE, {"without_tenant": sorted(TABLES_WITHOUT_TENANT)})


def check_authority(session: Session, *, now: datetime) -> Iterator[Outcome]:
    """Examine the bound authority."""
    return _run(session, OF_AN_AUTHORITY, {"now": now, "active": list(ACTIVE)})


def _run(session: Session, checks: Iterable[Check], values: dict[str, Any]) -> Iterator[Outcome]:
    bound = session.info["authority_id"]
    authority_id = None if bound is NO_TENANT else bound
    for check in checks:
        used = {name: value for name, value in values.items() if f":{name}" in check.statement}
        statement = text(STATEMENT.format(statement=check.statement))
        rows = session.execute(statement, used).all()
        yield Outcome(
            check,
            examined=rows[0][0],
            findings=tuple(
                Finding(check, authority_id, facts) for _, facts in rows if facts is not None
            ),
        )
