"""Imports: twice the same, all or nothing, what is booked left alone."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm import sessionmaker

from app.access.models import AuditEntry
from app.catalogue.models import Activity, CatalogueVersion, Offer, Session
from app.db import transaction
from app.feeds.contents import Horizon
from app.feeds.readers import FeedKind
from app.feeds.schemas import Counts
from app.outbox.models import Event
from tests.support.clock import NOON
from tests.support.imports import (
    CLUB,
    FEED,
    GALA,
    JUDO,
    LAST_CENTURY,
    SATURDAYS,
    WEEKLY,
    book,
    ndjson,
    rejected,
    rows_of,
    snapshot,
    stored,
    take,
)
from tests.support.world import World

SAMPLES = Path(__file__).parents[3] / "app" / "samples" / "data"


class TestImport:
    def test_a_feed_becomes_rows(self, world: World) -> None:
        report = take(world, ndjson(*FEED))

        assert report.applied
        assert report.created == Counts(providers=1, activities=1, sessions=SATURDAYS + 1)
        (activity,) = rows_of(world, Activity)
        assert activity.concepts == ["judo"]
        assert activity.latitude == pytest.approx(53.0, abs=0.1)
        offers = rows_of(world, Offer)
        assert sorted((offer.need, offer.session_id is None) for offer in offers) == [
            ("bsl", False),
            ("hoist", True),
            ("step_free", True),
        ]
        first = stored(world)["s1@2027-03-06"]
        assert first.starts_at == datetime(2027, 3, 6, 10, tzinfo=UTC)
        assert (first.capacity, first.taken, first.status) == (6, 0, "scheduled")

    def test_a_second_import_changes_nothing(self, world: World) -> None:
        take(world, ndjson(*FEED))
        before = snapshot(world)

        report = take(world, ndjson(*FEED))

        assert snapshot(world) == before
        assert report.unchanged == Counts(providers=1, activities=1, sessions=SATURDAYS + 1)
        assert report.created == report.updated == Counts()

    def test_cost_of_a_place_stays_where_the_file_does_not_say_it(self, world: World) -> None:
        take(world, ndjson(CLUB, JUDO | {"cost_pence": 2500}))
        report = take(world, ndjson(CLUB, JUDO))

        (activity,) = rows_of(world, Activity)
        assert (activity.cost_pence, report.unchanged.activities) == (2500, 1)

    def test_what_differs_is_updated_and_keeps_its_id(self, world: World) -> None:
        take(world, ndjson(*FEED))
        before = {row.id for row in rows_of(world, Session)}
        changed = JUDO | {"title": "Judo and ju-jitsu", "offers": [{"need": "makaton"}]}

        report = take(world, ndjson(CLUB, changed, GALA | {"capacity": 25}))

        assert report.updated == Counts(activities=1, sessions=1)
        assert report.unchanged == Counts(providers=1, sessions=SATURDAYS)
        assert {row.id for row in rows_of(world, Session)} == before
        (activity,) = rows_of(world, Activity)
        assert (activity.title, activity.version) == ("Judo and ju-jitsu", 2)
        assert sorted(offer.need for offer in rows_of(world, Offer)) == ["bsl", "makaton"]
        assert stored(world)["x1"].capacity == 25

    def test_parents_may_be_in_the_catalogue_already(self, world: World) -> None:
        take(world, ndjson(CLUB, JUDO))

        report = take(world, ndjson(GALA))

        assert report.created == Counts(sessions=1)

    def test_the_next_day_only_adds_a_day(self, world: World) -> None:
        take(world, ndjson(CLUB, JUDO | {"schedules": [WEEKLY | {"freq": "DAILY", "byday": []}]}))

        report = take(
            world,
            ndjson(CLUB, JUDO | {"schedules": [WEEKLY | {"freq": "DAILY", "byday": []}]}),
            now=NOON + timedelta(days=1),
        )

        assert report.created == Counts(sessions=1)
        assert report.cancelled == 0

    def test_it_is_written_down(self, world: World) -> None:
        with transaction(world.sessions, world.authority_id) as session:
            before = session.scalar(select(CatalogueVersion.version)) or 0
        take(world, ndjson(*FEED))
        take(world, ndjson(CLUB, JUDO, GALA | {"capacity": 25}))

        with transaction(world.sessions, world.authority_id) as session:
            version = session.scalar(select(CatalogueVersion.version))
            types = session.scalars(
                select(Event.type).where(Event.type.not_like("authority.%"))
            ).all()
            audited = session.scalars(
                select(AuditEntry.child_id).where(AuditEntry.action == "catalogue.imported")
            ).all()
        assert version == before + 2
        assert types.count("session.created") == SATURDAYS + 1
        assert types.count("session.updated") == 1
        assert list(audited) == [None, None]

    def test_authorities_with_the_same_source_ids_do_not_meet(
        self, world: World, other_world: World
    ) -> None:
        take(world, ndjson(*FEED))

        report = take(other_world, ndjson(*FEED))

        assert report.created.sessions == SATURDAYS + 1
        assert {row.id for row in rows_of(world, Session)}.isdisjoint(
            row.id for row in rows_of(other_world, Session)
        )


class TestConcurrency:
    def test_two_imports_of_one_feed_at_once_make_its_rows_once(self, world: World) -> None:
        with ThreadPoolExecutor(2) as threads:
            reports = list(threads.map(lambda _: take(world, ndjson(*FEED)), range(2)))

        created = sorted(report.created.sessions for report in reports)
        assert created == [0, SATURDAYS + 1]
        assert len(stored(world)) == SATURDAYS + 1


class TestDryRun:
    def test_it_reports_the_same_and_changes_nothing(self, world: World) -> None:
        before = snapshot(world)

        dry = take(world, ndjson(*FEED), dry_run=True)

        assert snapshot(world) == before
        real = take(world, ndjson(*FEED))
        assert dry.model_dump(exclude={"dry_run", "applied"}) == real.model_dump(
            exclude={"dry_run", "applied"}
        )
        assert (dry.applied, real.applied) == (False, True)


class TestErrors:
    @pytest.mark.parametrize(
        ("rows", "error"),
        [
            ([CLUB, JUDO | {"min_age": 9, "max_age": 3}], (2, "age_order")),
            ([CLUB, JUDO | {"offers": [{"need": "wings"}]}], (2, "literal_error")),
            ([JUDO], (1, "unknown_provider")),
            ([GALA], (1, "unknown_activity")),
            ([*FEED, CLUB], (4, "duplicate")),
            ([CLUB, JUDO, GALA | {"ends_at": "2027-03-25T20:00:00Z"}], (3, "too_long")),
            ([CLUB, JUDO, GALA | LAST_CENTURY], (3, "year_out_of_range")),
            ([], (0, "empty")),
        ],
    )
    def test_one_error_rejects_everything(
        self, world: World, rows: list[dict[str, Any]], error: tuple[int, str]
    ) -> None:
        report = rejected(world, ndjson(*rows))

        assert report.error_count == len(report.errors) > 0
        assert error in {(found.row, found.rule) for found in report.errors}

    def test_partial_takes_the_good_rows(self, world: World) -> None:
        broken = JUDO | {"source_id": "a2", "schedules": [], "setting": "secret place"}
        lost = GALA | {"source_id": "x2", "activity_source_id": "a2"}

        report = take(world, ndjson(*FEED, broken, lost), partial=True)

        assert report.applied
        assert report.created == Counts(providers=1, activities=1, sessions=SATURDAYS + 1)
        assert {(found.row, found.rule) for found in report.errors} == {
            (4, "literal_error"),
            (5, "unknown_activity"),
        }
        assert "secret" not in report.model_dump_json()

    def test_capacity_stays_above_what_is_taken(self, world: World) -> None:
        take(world, ndjson(*FEED))
        book(world, "x1", 5)

        report = rejected(world, ndjson(CLUB, JUDO, GALA | {"capacity": 4}))

        assert [(found.row, found.field, found.rule) for found in report.errors] == [
            (3, "capacity", "capacity_under_taken")
        ]
        take(world, ndjson(CLUB, JUDO, GALA | {"capacity": 4}), partial=True)
        assert stored(world)["x1"].capacity == 20
        assert take(world, ndjson(CLUB, JUDO, GALA | {"capacity": 5})).updated.sessions == 1

    def test_taken_places_keep_their_time(self, world: World) -> None:
        take(world, ndjson(*FEED))
        later = JUDO | {"schedules": [WEEKLY | {"opens_at": "10:30"}]}
        assert take(world, ndjson(CLUB, later)).updated.sessions == SATURDAYS
        book(world, "s1@2027-03-13", 1)

        report = rejected(world, ndjson(*FEED))

        assert [found.rule for found in report.errors] == ["time_of_taken_places"]
        take(world, ndjson(*FEED), partial=True)
        assert stored(world)["s1@2027-03-13"].starts_at.minute == 30
        assert stored(world)["s1@2027-03-20"].starts_at.minute == 0

    def test_only_the_first_hundred_errors_are_shown(self, world: World) -> None:
        rows = [GALA | {"source_id": f"x{n}"} for n in range(150)]

        report = rejected(world, ndjson(*rows))

        assert report.error_count == 150
        assert [found.row for found in report.errors] == list(range(1, 101))

    def test_a_few_lines_cannot_ask_for_millions_of_sessions(self, world: World) -> None:
        daily = [WEEKLY | {"source_id": f"d{n}", "freq": "DAILY", "byday": []} for n in range(100)]
        rows = [
            JUDO
            | {
                "source_id": f"a{n}",
                "schedules": [
                    schedule | {"source_id": f"{n}-{schedule['source_id']}"} for schedule in daily
                ],
            }
            for n in range(6)
        ]

        report = rejected(world, ndjson(CLUB, *rows))

        assert "too_many_sessions" in {found.rule for found in report.errors}


POISON: list[tuple[FeedKind, bytes]] = [
    ("ndjson", b""),
    ("ndjson", b"\x00\xff\xfe"),
    ("ndjson", b"[" * 100_000),
    ("ndjson", b'{"type": "provider"}'),
    ("ndjson", ndjson(CLUB) + b'\n{"type": "provider", "source_id": "\\ud800", "name": "x"}'),
    ("ndjson", ndjson(CLUB | {"name": "a\x00b"})),
    ("ndjson", ndjson(CLUB, JUDO | {"price_pence": 10**40})),
    ("ndjson", ndjson(CLUB, JUDO | {"venue": {"latitude": 1e400, "longitude": 0}})),
    ("ndjson", ndjson(CLUB, JUDO | {"schedules": [WEEKLY | {"capacity": 0}]})),
    ("csv", b"a,b,c\n1,2,3\n"),
    ("csv", b'provider_name,source_id,title\n"unclosed,1,2\n'),
    ("csv", b"provider_name,source_id,title,date,starts,ends,capacity\nP,1,T,2027-02-30,1,2,x\n"),
    ("open_referral_uk", b"{}"),
    ("open_referral_uk", b"not json"),
    ("open_referral_uk", b'{"contents": [1, null, {"id": {"a": []}, "name": 5}]}'),
    ("open_referral_uk", b'{"contents": [{"id": "1", "name": "x", "status": "active"}]}'),
]


@pytest.mark.parametrize(("kind", "data"), POISON)
def test_a_poisoned_file_leaves_the_catalogue_intact(
    world: World, kind: FeedKind, data: bytes
) -> None:
    take(world, ndjson(*FEED))

    report = rejected(world, data, kind=kind)

    assert report.error_count > 0


@pytest.fixture
def count_statements(
    sessions: sessionmaker[Transaction],
) -> Any:
    engine = sessions.kw["bind"]
    assert isinstance(engine, Engine)
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield lambda: len(seen)
    event.remove(engine, "before_cursor_execute", note)


class TestScale:
    def test_statements_do_not_grow_with_the_file(
        self, world: World, other_world: World, count_statements: Callable[[], int]
    ) -> None:
        def feed(n: int) -> bytes:
            return ndjson(
                CLUB,
                *(
                    JUDO
                    | {
                        "source_id": f"a{i}",
                        "schedules": [WEEKLY | {"source_id": f"a{i}/s"}],
                    }
                    for i in range(n)
                ),
            )

        start = count_statements()
        take(world, feed(2))
        small = count_statements() - start
        take(other_world, feed(40))
        large = count_statements() - start - small

        # The outbox writes its events in batches of a thousand.
        assert large <= small + 1

    def test_240_activities_with_2000_sessions_take_less_than_three_seconds(
        self, world: World
    ) -> None:
        data = ndjson(
            CLUB,
            *(
                JUDO
                | {
                    "source_id": f"a{i}",
                    "schedules": [WEEKLY | {"source_id": f"a{i}/s", "until": "2027-04-24"}],
                }
                for i in range(250)
            ),
        )
        started = time.perf_counter()
        report = take(world, data)
        first = time.perf_counter() - started
        take(world, data)
        second = time.perf_counter() - started - first

        assert report.created == Counts(providers=1, activities=250, sessions=2000)
        assert first < 3
        assert second < 3


def test_the_sample_authority_is_imported_without_an_error(world: World) -> None:
    files: list[tuple[str, FeedKind]] = [
        ("catalogue.json", "open_referral_uk"),
        ("clubs.ndjson", "ndjson"),
        ("leisure.csv", "csv"),
    ]
    horizon = Horizon.from_today(NOON)
    for name, kind in files:
        data = (SAMPLES / name).read_bytes()
        assert take(world, data, kind, horizon=horizon).error_count == 0
        again = take(world, data, kind, horizon=horizon)
        assert again.created == again.updated == Counts()

    assert len(rows_of(world, Session)) > 1500
