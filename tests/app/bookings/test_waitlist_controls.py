"""Waiting lists broken on purpose: the races must catch each, or they would prove nothing.

They run in a database of their own, without what has the last word on offers.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.bookings import counters, promoting, queries, waitlist_queries
from app.bookings.models import Booking
from app.catalogue.models import Session as CatalogueSession
from app.children.profiles import get_profile
from app.db import API_ROLE, make_engine, make_session_factory
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.migrate import migrate
from tests.support import waiting_races
from tests.support.clock import SetClock
from tests.support.live_server import serve
from tests.support.world import World, make_world

# Long enough for another worker to choose the same candidate.
PAUSE_S = 0.02

# The index that is meant, and two that would catch a double offer by its version.
LAST_WORDS = (
    "DROP INDEX uq_place_offers_booking_open",
    "ALTER TABLE events DROP CONSTRAINT uq_events_authority_id_object_id_sequence",
    "ALTER TABLE booking_changes DROP CONSTRAINT pk_booking_changes",
)


@pytest.fixture(scope="module")
def url_of_unguarded(postgres: EmbeddedPostgres) -> str:
    """Make a database that lets a booking hold two offers."""
    server = create_engine(postgres.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE unguarded_waiting"))
    server.dispose()
    url = postgres.url("postgres", "unguarded_waiting")
    migrate(url)
    owner = create_engine(url)
    with owner.begin() as connection:
        for statement in LAST_WORDS:
            connection.execute(text(statement))
    owner.dispose()
    return url


@pytest.fixture(scope="module")
def unguarded(postgres: EmbeddedPostgres, url_of_unguarded: str) -> Iterator[sessionmaker[Session]]:
    """Open sessions of that database."""
    engine = make_engine(postgres.url(API_ROLE, "unguarded_waiting"))
    yield make_session_factory(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def live(
    unguarded: sessionmaker[Session], tokens: Tokens, shared_clock: SetClock
) -> Iterator[httpx.Client]:
    """Serve from the unguarded database."""
    with serve(create_app(unguarded, tokens, clock=shared_clock)) as client:
        yield client


@pytest.fixture
def world(live: httpx.Client, unguarded: sessionmaker[Session], clock: SetClock) -> World:
    """Make an authority in the unguarded database."""
    return make_world(live, unguarded, clock)


@pytest.fixture
def no_trigger(url_of_unguarded: str) -> Iterator[None]:
    """Free places without marking the session."""
    owner = create_engine(url_of_unguarded)
    change = "ALTER TABLE sessions {} TRIGGER keep_for_waitlist"
    with owner.begin() as connection:
        connection.execute(text(change.format("DISABLE")))
    yield
    with owner.begin() as connection:
        connection.execute(text(change.format("ENABLE")))
    owner.dispose()


def pay_no_heed_to_those_who_wait(patch: pytest.MonkeyPatch) -> None:
    """Take a place whoever it is kept for."""

    def take_places(session: Session, target: CatalogueSession, wanted: int, **_: Any) -> bool:
        taken: Any = session.execute(
            update(CatalogueSession)
            .where(
                CatalogueSession.authority_id == target.authority_id,
                CatalogueSession.id == target.id,
                CatalogueSession.taken + wanted <= CatalogueSession.capacity,
            )
            .values(taken=CatalogueSession.taken + wanted)
        )
        return bool(taken.rowcount)

    patch.setattr(counters, "take_places", take_places)


def lock_nobody(patch: pytest.MonkeyPatch) -> None:
    """Let two workers decide about one candidate at once."""

    def get_unlocked(session: Session, caller: Any, child_id: Any, *, lock: bool = False) -> Any:
        return get_profile(session, caller, child_id)

    def get_booking_unlocked(session: Session, booking_id: Any) -> Booking:
        return session.scalars(select(Booking).where(Booking.id == booking_id)).one()

    find_open_offer = waitlist_queries.find_open_offer

    def find_then_pause(session: Session, booking_id: Any) -> Any:
        found = find_open_offer(session, booking_id)
        time.sleep(PAUSE_S)
        return found

    patch.setattr(promoting, "get_profile", get_unlocked)
    patch.setattr(queries, "get_locked", get_booking_unlocked)
    patch.setattr(waitlist_queries, "find_open_offer", find_then_pause)


def ask_the_last_first(patch: pytest.MonkeyPatch) -> None:
    """Promote whoever joined last."""

    def last_turn(session: Session, session_id: Any, *, passed_over: set[Any], now: Any) -> Any:
        turns = waitlist_queries.list_turns(session, [session_id], now=now)
        free = [t for t in turns if t.offer_id is None and t.booking_id not in passed_over]
        return free[-1] if free else None

    patch.setattr(promoting, "next_turn", last_turn)


def race_before_any_worker(world: World) -> None:
    """Send many after a freed place while nobody is about to offer it, so that chance is out."""
    waiting_races.race_for_a_freed_place(world, workers=0)


class TestControls:
    @pytest.mark.parametrize(
        ("break_it", "race"),
        [
            (pay_no_heed_to_those_who_wait, race_before_any_worker),
            (lock_nobody, waiting_races.race_of_workers),
            (ask_the_last_first, race_before_any_worker),
        ],
    )
    def test_broken_build_is_caught(
        self,
        world: World,
        monkeypatch: pytest.MonkeyPatch,
        break_it: Callable[[pytest.MonkeyPatch], None],
        race: Callable[[World], None],
    ) -> None:
        break_it(monkeypatch)

        with pytest.raises(AssertionError):
            race(world)

    def test_place_that_is_not_marked_is_stolen(self, world: World, no_trigger: None) -> None:
        with pytest.raises(AssertionError):
            race_before_any_worker(world)

    @pytest.mark.parametrize(
        "race", [waiting_races.race_for_a_freed_place, waiting_races.race_of_workers]
    )
    def test_sound_build_needs_no_last_word(
        self, world: World, race: Callable[[World], None]
    ) -> None:
        race(world)
