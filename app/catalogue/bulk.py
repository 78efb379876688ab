"""Storing many rows of the catalogue at once: a few statements, however many rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Table, Uuid, any_, bindparam, delete, insert, literal, update
from sqlalchemy.orm import Session as Transaction

from app.catalogue import queries
from app.catalogue.models import Activity, Offer, Provider, Session
from app.ids import new_id
from app.outbox.service import emit, emit_all

Columns = Mapping[str, Any]


@dataclass
class Changes:
    """New and changed rows of one kind, each with its `id`, and the offers to be put in place."""

    created: list[Columns] = field(default_factory=list)
    # Each with the `version` that it will have.
    updated: list[Columns] = field(default_factory=list)
    # By the id of the activity or session; whatever was offered before goes.
    offers: dict[UUID, list[Columns]] = field(default_factory=dict)
    cancelled: set[UUID] = field(default_factory=set)


# Parents before what refers to them.
KINDS: Final[tuple[tuple[str, type[Provider] | type[Activity] | type[Session]], ...]] = (
    ("provider", Provider),
    ("activity", Activity),
    ("session", Session),
)


def store(session: Transaction, changes: Mapping[str, Changes], *, now: datetime) -> None:
    """Store the changes of each kind and tell the outbox; the caller writes the audit entry."""
    if not any(part.created or part.updated for part in changes.values()):
        return
    queries.raise_version(session)
    authority_id: UUID = session.info["authority_id"]
    for name, kind in KINDS:
        part = changes[name]
        table = kind.__table__
        assert isinstance(table, Table)  # noqa: S101 - what mypy cannot see
        _insert(session, table, [{**row, **_first(authority_id, now)} for row in part.created])
        _update(session, table, part.updated, authority_id, now=now)
        if part.offers:
            _replace_offers(session, name, part, authority_id)
        told = [(f"{name}.created", row["id"], 1) for row in part.created]
        for row in part.updated:
            verb = "cancelled" if row["id"] in part.cancelled else "updated"
            told.append((f"{name}.{verb}", row["id"], row["version"]))
        emit_all(session, told, now=now)
    session.flush()
    # Rows that were read before are no longer as they were read.
    session.expire_all()


def cancel_sessions(
    session: Transaction,
    target: Provider | Activity | Session,
    *,
    starts_from: datetime,
    now: datetime,
) -> int:
    """Cancel what is scheduled of a provider, an activity or a session from a moment on; count it.

    The provider or activity is marked as closed, so that no feed schedules anything there.
    """
    found = queries.lock_scheduled(session, target, starts_from=starts_from)
    if not isinstance(target, Session) and (
        target.closed_from is None or starts_from < target.closed_from
    ):
        target.closed_from, target.updated_at = starts_from, now
        target.version += 1
        name = "provider" if isinstance(target, Provider) else "activity"
        emit(session, f"{name}.closed", target.id, sequence=target.version, now=now)
    if not found:
        session.flush()
        return 0
    queries.raise_version(session)
    cancelled = session.execute(
        update(Session)
        .where(
            Session.authority_id == session.info["authority_id"],
            Session.id == any_(literal(found, ARRAY(Uuid()))),
        )
        .values(status="cancelled", schedule_id=None, version=Session.version + 1, updated_at=now)
        .returning(Session.id, Session.version)
        .execution_options(synchronize_session=False)
    ).all()
    emit_all(session, (("session.cancelled", id_, version) for id_, version in cancelled), now=now)
    session.flush()
    return len(cancelled)


def _first(authority_id: UUID, now: datetime) -> Columns:
    return {"authority_id": authority_id, "version": 1, "created_at": now, "updated_at": now}


def _insert(session: Transaction, table: Table, rows: Sequence[Columns]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _update(
    session: Transaction,
    table: Table,
    rows: Sequence[Columns],
    authority_id: UUID,
    *,
    now: datetime,
) -> None:
    if not rows:
        return
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
    statement = (
        update(table)
        .where(table.c.authority_id == authority_id, table.c.id == bindparam("row_id"))
        .values(values | {"updated_at": now})
    )
    parameters = [
        {"row_id": row["id"], **{f"new_{name}": row[name] for name in values}} for row in rows
    ]
    session.execute(statement, parameters)


def _replace_offers(session: Transaction, name: str, part: Changes, authority_id: UUID) -> None:
    parents = any_(literal(list(part.offers), ARRAY(Uuid())))
    of_parents = (
        Offer.session_id == parents
        if name == "session"
        else (Offer.activity_id == parents) & Offer.session_id.is_(None)
    )
    session.execute(delete(Offer).where(Offer.authority_id == authority_id, of_parents))
    table = Offer.__table__
    assert isinstance(table, Table)  # noqa: S101 - what mypy cannot see
    rows = [
        {**offer, "authority_id": authority_id, "id": new_id()}
        for offers in part.offers.values()
        for offer in offers
    ]
    _insert(session, table, rows)
