"""A feed goes on sending what has closed: it stays closed."""

from typing import Any

import pytest
from sqlalchemy import select

from app.catalogue.models import Activity, Provider
from app.db import transaction
from tests.support.catalogue import add_child
from tests.support.closing import booked_id, close, close_and_work, work_on
from tests.support.imports import CLUB, FEED, GALA, JUDO, SATURDAYS, WEEKLY, ndjson, stored, take
from tests.support.races import breaches
from tests.support.waiting import booked
from tests.support.world import World

NEW_DATE: dict[str, Any] = {
    **GALA,
    "source_id": "x2",
    "starts_at": "2027-03-17T18:00:00+00:00",
    "ends_at": "2027-03-17T20:00:00+00:00",
}


def target_of(world: World, field: str) -> dict[str, str]:
    kind: Any = {"provider_id": Provider, "activity_id": Activity}[field]
    with transaction(world.sessions, world.authority_id) as session:
        return {
            field: str(session.scalars(select(kind.id).where(kind.source_id.is_not(None))).one())
        }


@pytest.mark.parametrize("field", ["provider_id", "activity_id"])
def test_nothing_comes_back(world: World, field: str) -> None:
    take(world, ndjson(*FEED))
    closure = close(world, **target_of(world, field))
    assert closure["sessions"] == SATURDAYS + 1

    report = take(world, ndjson(*FEED, NEW_DATE))

    # The new date is kept as cancelled, so that importing it again changes nothing.
    assert (report.created.sessions, report.updated.sessions) == (1, 0)
    assert {row.status for row in stored(world).values()} == {"cancelled"}
    again = take(world, ndjson(*FEED, NEW_DATE))
    assert (again.created.sessions, again.updated.sessions) == (0, 0)


def test_a_new_activity_of_a_closed_provider_is_closed(world: World) -> None:
    take(world, ndjson(*FEED))
    close(world, **target_of(world, "provider_id"))

    karate = {**JUDO, "source_id": "a2", "title": "Karate", "schedules": []}
    date = {**NEW_DATE, "activity_source_id": "a2"}
    take(world, ndjson(CLUB, karate, date))

    assert stored(world)["x2"].status == "cancelled"


def test_dates_before_the_closure_are_scheduled(world: World) -> None:
    take(world, ndjson(*FEED))
    close(world, **target_of(world, "provider_id"), **{"from": "2027-03-15"})

    take(world, ndjson(*FEED, NEW_DATE, {**NEW_DATE, "source_id": "x3", **EARLIER}))

    rows = stored(world)
    assert (rows["x2"].status, rows["x3"].status) == ("cancelled", "scheduled")


EARLIER = {"starts_at": "2027-03-14T18:00:00+00:00", "ends_at": "2027-03-14T20:00:00+00:00"}


def test_a_session_that_the_feed_cancels_is_a_closure(world: World) -> None:
    take(world, ndjson(*FEED))
    session_id = str(stored(world)["x1"].id)
    booking_id = booked_id(world, add_child(world), session_id)

    take(world, ndjson(CLUB, {**JUDO, "schedules": [WEEKLY]}, {**GALA, "status": "cancelled"}))

    [closure] = world.call("GET", "/v1/closures").json()["items"]
    assert (closure["session_id"], closure["kind"]) == (session_id, "session_cancelled")
    work_on(world, closure["id"])
    assert booked(world, booking_id)["cancel_cause"] == "provider"
    assert breaches(world) == []


def test_a_session_closed_alone_does_not_come_back(world: World) -> None:
    take(world, ndjson(*FEED))
    rows = stored(world)
    saturday = next(row for source_id, row in rows.items() if source_id != "x1")
    close_and_work(world, session_id=str(saturday.id))

    take(world, ndjson(*FEED))

    assert stored(world)[str(saturday.source_id)].status == "cancelled"
    assert {row.status for row in stored(world).values()} == {"scheduled", "cancelled"}
