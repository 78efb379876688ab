"""Rounds broken on purpose: the races must catch each, or they would prove nothing.

They run in a database of their own, without what has the last word. Whoever is broken waits for
the moment in which it does harm, so that each control fails every time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Barrier, BrokenBarrierError
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.allocations import allocation_queries, publishing, refilling, service, stock_queries
from app.bookings import offers, waitlist_queries
from app.bookings.models import Booking
from app.db import API_ROLE, make_engine, make_session_factory, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.migrate import migrate
from app.rounds import choosing, queries
from tests.support import round_races
from tests.support.clock import SetClock
from tests.support.live_server import serve
from tests.support.world import World, make_world

LAST_WORDS = (
    "DROP INDEX uq_allocations_published",
    "DROP INDEX uq_bookings_child_session_live",
    "DROP INDEX uq_place_offers_booking_open",
    # Its name is longer than names can be, so it is looked up.
    "DO $$ BEGIN EXECUTE (SELECT 'ALTER TABLE allocated_places DROP CONSTRAINT ' || conname"
    " FROM pg_constraint WHERE conrelid = 'allocated_places'::regclass AND contype = 'u'); END $$",
    "ALTER TABLE events DROP CONSTRAINT uq_events_authority_id_object_id_sequence",
    "ALTER TABLE booking_changes DROP CONSTRAINT pk_booking_changes",
    "ALTER TABLE bookings DROP CONSTRAINT ck_bookings_cancelled_when",
    "ALTER TABLE place_offers DROP CONSTRAINT ck_place_offers_answered_when",
    "ALTER TABLE sessions DROP CONSTRAINT ck_sessions_taken_within_capacity",
    "ALTER TABLE entitlement_counters DROP CONSTRAINT ck_entitlement_counters_used_allowed",
)
Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def unguarded(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    """Make a database that believes whatever the code says."""
    server = create_engine(postgres.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE unguarded_rounds"))
    server.dispose()
    migrate(postgres.url("postgres", "unguarded_rounds"))
    owner = create_engine(postgres.url("postgres", "unguarded_rounds"))
    with owner.begin() as connection:
        for statement in LAST_WORDS:
            connection.execute(text(statement))
    owner.dispose()
    engine = make_engine(postgres.url(API_ROLE, "unguarded_rounds"))
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


def meet(barrier: Barrier) -> None:
    """Wait until all are there; who comes when they have gone goes on alone."""
    try:
        barrier.wait(timeout=round_races.PATIENCE_S)
    except BrokenBarrierError:
        return


def publish_unlocked(patch: Patch) -> None:
    """Let all publishers see a round whose offers are not out."""
    barrier = Barrier(6)
    find = allocation_queries.find_allocation
    get = publishing.get_round

    def get_unlocked(*args: Any, lock: bool) -> Any:
        return get(*args)

    def find_unlocked(*args: Any, lock: bool = False, **named: Any) -> Any:
        found = find(*args, **named)
        if lock:
            meet(barrier)
        return found

    patch.setattr(publishing, "get_round", get_unlocked)
    patch.setattr(allocation_queries, "find_allocation", find_unlocked)


def refill_unlocked(patch: Patch, workers: int) -> None:
    """Let all workers choose who is next before any has offered a place."""
    barrier = Barrier(workers)
    find, choose = allocation_queries.find_ruling, refilling._next_places

    def find_unlocked(session: Session, session_id: Any, *, lock: bool = False) -> Any:
        return find(session, session_id)

    def choose_together(*args: Any, **named: Any) -> Any:
        chosen = choose(*args, **named)
        meet(barrier)
        return chosen

    patch.setattr(allocation_queries, "find_ruling", find_unlocked)
    patch.setattr(refilling, "_next_places", choose_together)
    patch.setattr(refilling, "_has_changed", lambda *_: False)


def race_for_declined_places(world: World) -> None:
    """Decline first, so that every worker finds the same places free."""
    allocation, [lake], ids = round_races.published_round(world, places=[4], children=9)
    line = round_races.drawn(ids)
    for offer in round_races.open_offers(world):
        if offer["child_id"] in line[:2]:
            round_races.answer_offer(world, offer["id"], "decline")
    round_races.at_once([lambda: round_races.work_session(world, lake)] * 4)
    passed_on = round_races.refilled(world, allocation)
    assert sorted(one["child_id"] for one in passed_on) == sorted(line[4:6])
    assert {one["state"] for one in passed_on} == {"offered"}
    assert round_races.breaches(world) == []


@contextmanager
def caught() -> Iterator[None]:
    """Expect that a race finds what is broken; what fails before it begins proves nothing."""
    with pytest.raises(AssertionError) as failure:
        yield
    assert failure.traceback[-1].name.startswith("race_")


class TestControls:
    def test_publishers_that_do_not_lock(self, world: World, monkeypatch: Patch) -> None:
        publish_unlocked(monkeypatch)

        with caught():
            round_races.race_of_publishers(world)

    def test_offers_made_from_what_was_before(self, world: World, monkeypatch: Patch) -> None:
        harm = round_races.Harm()
        read = publishing.read_inputs

        def read_too_early(*args: Any, **named: Any) -> Any:
            found = read(*args, **named)
            harm.look()
            return found

        monkeypatch.setattr(publishing, "read_inputs", read_too_early)
        monkeypatch.setattr(publishing.queries, "lock_children", lambda *_: None)

        with caught():
            round_races.race_of_publishing_and_booking(world, harm=harm)

    def test_offers_of_a_session_called_off(self, world: World, monkeypatch: Patch) -> None:
        harm = round_races.Harm()
        lock = stock_queries.lock_stock

        def read_unlocked(session: Session, session_ids: Any) -> Any:
            with transaction(world.sessions, world.authority_id) as other:
                found = lock(other, session_ids)
            harm.look()
            return found

        blind = stock_queries.TAKE_PLACES.text.replace("AND s.status = 'scheduled'", "")
        monkeypatch.setattr(stock_queries, "lock_stock", read_unlocked)
        monkeypatch.setattr(stock_queries, "TAKE_PLACES", text(blind))

        with caught():
            round_races.race_of_publishing_and_cancelling(world, harm=harm)

    def test_lists_that_come_too_late(self, world: World, monkeypatch: Patch) -> None:
        harm = round_races.Harm()
        find, get, check = queries.find_round, service.get_round, choosing._check_version
        all_open = Barrier(6)

        def find_without_holding(*args: Any, hold: bool = False, **named: Any) -> Any:
            return find(*args, **named)

        def get_unlocked(*args: Any, lock: bool = False) -> Any:
            return get(*args)

        def check_too_late(*args: Any) -> None:
            meet(all_open)
            harm.look()
            check(*args)

        monkeypatch.setattr(queries, "find_round", find_without_holding)
        monkeypatch.setattr(service, "get_round", get_unlocked)
        monkeypatch.setattr(service, "close_choices", lambda *_, **__: None)
        monkeypatch.setattr(choosing, "_check_version", check_too_late)

        with caught():
            round_races.race_of_choosing_and_the_deadline(world, harm=harm)

    def test_workers_that_do_not_wait_for_each_other(
        self, world: World, monkeypatch: Patch
    ) -> None:
        refill_unlocked(monkeypatch, workers=4)

        with caught():
            race_for_declined_places(world)

    def test_one_child_next_in_two_sessions(self, world: World, monkeypatch: Patch) -> None:
        refill_unlocked(monkeypatch, workers=4)

        with caught():
            round_races.race_of_refilling_two_sessions(world)

    def test_an_answer_to_an_offer_as_it_was(self, world: World, monkeypatch: Patch) -> None:
        harm = round_races.Harm()

        def get_unlocked(session: Session, caller: Any, offer_id: Any) -> Sequence[Any]:
            offer = waitlist_queries.find_offer(session, caller, offer_id)
            assert offer is not None
            found = select(Booking).where(Booking.id == offer.booking_id)
            booking = session.scalars(found).one()
            harm.look()
            return offer, booking

        monkeypatch.setattr(offers, "_get_to_answer", get_unlocked)

        with caught():
            round_races.race_of_accepting_and_expiry(world, harm=harm)


class TestSoundBuild:
    @pytest.mark.parametrize(
        "race",
        [
            round_races.race_of_publishers,
            round_races.race_of_publishing_and_booking,
            round_races.race_of_publishing_and_cancelling,
            round_races.race_of_choosing_and_the_deadline,
            race_for_declined_places,
            round_races.race_of_refilling_two_sessions,
            round_races.race_of_accepting_and_expiry,
        ],
    )
    def test_needs_no_last_word(self, world: World, race: Callable[[World], None]) -> None:
        race(world)
