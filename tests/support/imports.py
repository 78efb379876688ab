"""A small feed, ways to import it, and what the catalogue then holds."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.catalogue.models import Activity, CatalogueVersion, Offer, Provider, Session
from app.db import transaction
from app.feeds.errors import ImportRejected
from app.feeds.readers import FeedKind
from app.feeds.schemas import ImportReport
from app.feeds.service import import_file
from app.ids import new_id
from app.outbox.models import Event
from tests.support.clock import NOON
from tests.support.world import World

CLUB = {"type": "provider", "source_id": "p1", "name": "Trent Judo"}
WEEKLY = {
    "source_id": "s1",
    "freq": "WEEKLY",
    "byday": ["SA"],
    "opens_at": "10:00",
    "closes_at": "11:30",
    "capacity": 6,
}
JUDO = {
    "type": "activity",
    "source_id": "a1",
    "provider_source_id": "p1",
    "title": "Judo",
    "description": "For beginners.",
    "venue": {"name": "Hall", "postcode": "ST4 2DE"},
    "offers": [{"need": "step_free"}, {"need": "hoist", "kind": "on_request", "lead_days": 3}],
    "schedules": [WEEKLY],
}
GALA = {
    "type": "session",
    "source_id": "x1",
    "activity_source_id": "a1",
    "starts_at": "2027-03-10T18:00:00+00:00",
    "ends_at": "2027-03-10T20:00:00+00:00",
    "capacity": 20,
    "offers": [{"need": "bsl"}],
}
LAST_CENTURY = {"starts_at": "1999-01-01T10:00:00Z", "ends_at": "1999-01-01T11:00:00Z"}
FEED = [CLUB, JUDO, GALA]
# 6 March is the first Saturday; the horizon of 92 days ends with 1 June.
SATURDAYS = 13


def ndjson(*rows: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def take(world: World, data: bytes, kind: FeedKind = "ndjson", **options: Any) -> ImportReport:
    """Import into the world's authority."""
    caller = Caller(
        new_id(), ClientKind.BROKER, world.authority_id, frozenset(), request_id=new_id()
    )
    options.setdefault("now", NOON)
    with transaction(world.sessions, world.authority_id) as session:
        return import_file(session, caller, data, kind, **options)


def rejected(world: World, data: bytes, **options: Any) -> ImportReport:
    """Import what has to be rejected, and see that it left nothing behind."""
    before = snapshot(world)
    with pytest.raises(ImportRejected) as refusal:
        take(world, data, **options)
    assert snapshot(world) == before
    report = ImportReport.model_validate(refusal.value.facts)
    assert not report.applied
    return report


def rows_of(world: World, kind: Any) -> list[Any]:
    with transaction(world.sessions, world.authority_id) as session:
        return list(session.scalars(select(kind).order_by(kind.id)))


def stored(world: World) -> dict[str, Session]:
    """Give the stored sessions by source id."""
    return {row.source_id: row for row in rows_of(world, Session)}


def snapshot(world: World) -> list[tuple[Any, ...]]:
    """Give every row of the catalogue, its version and the number of events."""
    found: list[tuple[Any, ...]] = []
    with transaction(world.sessions, world.authority_id) as session:
        for kind in (Provider, Activity, Session, Offer):
            found += map(tuple, session.execute(select(*kind.__table__.columns)))
        found.append(("version", session.scalar(select(CatalogueVersion.version)) or 0))
        found.append(("events", session.scalar(select(func.count()).select_from(Event))))
    return sorted(found, key=str)


def book(world: World, source_id: str, taken: int) -> None:
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(update(Session).where(Session.source_id == source_id).values(taken=taken))
