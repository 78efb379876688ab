"""What an import plans for sessions of schedules: those that vanished, and both clock changes."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.catalogue.models import Session
from app.db import transaction
from app.outbox.models import Event
from tests.support.imports import (
    CLUB,
    FEED,
    GALA,
    JUDO,
    SATURDAYS,
    WEEKLY,
    book,
    ndjson,
    rows_of,
    stored,
    take,
)
from tests.support.world import World

LONDON = ZoneInfo("Europe/London")


class TestVanished:
    def test_future_sessions_that_the_schedule_no_longer_has_are_cancelled(
        self, world: World
    ) -> None:
        take(world, ndjson(*FEED))
        book(world, "s1@2027-04-10", 2)
        until_march = JUDO | {"schedules": [WEEKLY | {"until": "2027-03-27"}]}

        report = take(world, ndjson(CLUB, until_march, GALA))

        rows = stored(world)
        assert report.cancelled == SATURDAYS - 5
        assert rows["s1@2027-03-27"].status == "scheduled"
        assert rows["s1@2027-04-03"].status == "cancelled"
        assert rows["s1@2027-04-10"].status == "scheduled"
        assert [(found.row, found.rule) for found in report.warnings] == [(2, "places_taken")]
        with transaction(world.sessions, world.authority_id) as session:
            cancelled = session.scalars(
                select(Event.object_id).where(Event.type == "session.cancelled")
            ).all()
        assert len(cancelled) == report.cancelled
        assert take(world, ndjson(CLUB, until_march, GALA)).cancelled == 0

    def test_they_come_back_with_the_schedule_but_not_what_a_broker_cancelled(
        self, world: World
    ) -> None:
        take(world, ndjson(*FEED))
        found = stored(world)["s1@2027-03-13"]
        answer = world.call(
            "PATCH",
            f"/v1/sessions/{found.id}",
            json={"status": "cancelled"},
            headers={"If-Match": "*"},
        )
        assert answer.status_code == 200
        take(world, ndjson(CLUB, JUDO | {"schedules": []}, GALA))

        take(world, ndjson(*FEED))

        statuses = {key: row.status for key, row in stored(world).items()}
        assert statuses.pop("s1@2027-03-13") == "cancelled"
        assert set(statuses.values()) == {"scheduled"}

    def test_the_past_and_other_activities_are_left_alone(self, world: World) -> None:
        other = JUDO | {"source_id": "a2", "schedules": [WEEKLY | {"source_id": "s2"}]}
        take(world, ndjson(*FEED, other))

        report = take(
            world,
            ndjson(CLUB, JUDO | {"schedules": []}),
            now=datetime(2027, 3, 14, 12, tzinfo=UTC),
        )

        rows = stored(world)
        assert report.cancelled == SATURDAYS - 2
        assert rows["s1@2027-03-13"].status == "scheduled"
        assert rows["x1"].status == "scheduled"
        assert {row.status for key, row in rows.items() if key.startswith("s2")} == {"scheduled"}


class TestClockChanges:
    @pytest.mark.parametrize(
        ("day", "opens_at", "local", "utc"),
        [
            (date(2027, 3, 27), "10:00", "10:00", "10:00"),
            (date(2027, 3, 28), "10:00", "10:00", "09:00"),
            # Half past one is skipped that night.
            (date(2027, 3, 28), "01:30", "02:30", "01:30"),
            (date(2027, 10, 30), "10:00", "10:00", "09:00"),
            (date(2027, 10, 31), "10:00", "10:00", "10:00"),
            # Half past one comes twice that night.
            (date(2027, 10, 31), "01:30", "01:30", "00:30"),
        ],
    )
    def test_a_club_keeps_its_hour(
        self, world: World, day: date, opens_at: str, local: str, utc: str
    ) -> None:
        schedule = {"source_id": "s", "freq": "DAILY", "dtstart": str(day), "count": 1}
        times = {"opens_at": opens_at, "closes_at": "12:00", "capacity": 5}
        data = ndjson(CLUB, JUDO | {"schedules": [schedule | times]})
        now = datetime(day.year, day.month, 1, tzinfo=UTC)

        take(world, data, now=now)

        (found,) = rows_of(world, Session)
        assert f"{found.starts_at.astimezone(LONDON):%H:%M}" == local
        assert f"{found.starts_at:%H:%M}" == utc
        assert take(world, data, now=now).unchanged.sessions == 1
