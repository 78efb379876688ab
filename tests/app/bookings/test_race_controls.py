"""Builds broken on purpose: the races must catch each, or they would prove nothing.

They run in a database of their own, whose last words (CHECKs, unique index) are dropped too.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, NullPool, create_engine, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.bookings import counters, placing
from app.bookings.models import (
    EntitlementCounter,
    SessionSupport,
    SupportServiceWeek,
    YearlyCounter,
)
from app.catalogue.models import Session as CatalogueSession
from app.children.profiles import get_profile
from app.db import API_ROLE, make_engine, make_session_factory, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.migrate import migrate
from tests.support import party_races, races
from tests.support.clock import SetClock
from tests.support.live_server import serve
from tests.support.world import World, make_world

sound_take_places = counters.take_places
# Long enough for another thread to read the same count.
PAUSE_S = 0.05

LAST_WORDS = (
    "ALTER TABLE sessions DROP CONSTRAINT ck_sessions_taken_within_capacity",
    "ALTER TABLE entitlement_counters DROP CONSTRAINT ck_entitlement_counters_used_allowed",
    "ALTER TABLE yearly_counters DROP CONSTRAINT ck_yearly_counters_used_allowed",
    "ALTER TABLE session_support DROP CONSTRAINT ck_session_support_used_allowed",
    "ALTER TABLE support_service_weeks DROP CONSTRAINT ck_support_service_weeks_used_allowed",
    "DROP INDEX uq_bookings_child_session_live",
)


@pytest.fixture(scope="module")
def unguarded(postgres: EmbeddedPostgres) -> Iterator[sessionmaker[Session]]:
    """Make a database that believes whatever the code says."""
    server = create_engine(postgres.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE unguarded"))
    server.dispose()
    migrate(postgres.url("postgres", "unguarded"))
    owner = create_engine(postgres.url("postgres", "unguarded"))
    with owner.begin() as connection:
        for statement in LAST_WORDS:
            connection.execute(text(statement))
    owner.dispose()
    engine = make_engine(postgres.url(API_ROLE, "unguarded"))
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


@contextmanager
def aside(session: Session, authority_id: Any) -> Iterator[Session]:
    """Work on a connection of its own, outside of the pool.

    Those that wait for this request's locks hold all of the pool's, and none would ever move.
    """
    bind = session.get_bind()
    assert isinstance(bind, Engine)
    engine = create_engine(bind.url, poolclass=NullPool)
    with transaction(make_session_factory(engine), authority_id) as other:
        yield other


def _count_then_write(
    session: Session, table: Any, key: dict[str, Any], allowed: int, wanted: int = 1
) -> bool:
    """Read the count, believe it, and write it back: the mistake that every control makes."""
    mine = [getattr(table, name) == value for name, value in key.items()]
    authority_id = session.info["authority_id"]
    opened = {"authority_id": authority_id, **key, "allowed": allowed, "used": 0}
    # Opened in a transaction of its own: otherwise the first to open it would hold up the others.
    with aside(session, authority_id) as other:
        other.execute(insert(table).values(opened).on_conflict_do_nothing())
    used = session.scalar(select(table.used).where(*mine)) or 0
    time.sleep(PAUSE_S)
    if used + wanted > allowed:
        return False
    session.execute(table.__table__.update().where(*mine).values(used=used + wanted))
    return True


def take_places(session: Session, target: CatalogueSession, wanted: int, **_: bool) -> bool:
    """Check, then increment."""
    session.refresh(target)
    time.sleep(PAUSE_S)
    if target.taken + wanted > target.capacity:
        return False
    counters_of = CatalogueSession.__table__
    session.execute(
        counters_of.update()
        .where(counters_of.c.id == target.id)
        .values(taken=CatalogueSession.taken + wanted)
    )
    return True


def take_places_one_by_one(
    session: Session, target: CatalogueSession, wanted: int, **how: bool
) -> bool:
    """Take each place of a party for itself, as if one child were booked after another."""
    for _ in range(wanted):
        with aside(session, target.authority_id) as other:
            if not sound_take_places(other, target, 1, **how):
                return False
    return True


def take_entitlement(
    session: Session, child_id: Any, month: str, funding: str, *, allowed: int | None
) -> bool:
    """Check, then increment."""
    key = {"child_id": child_id, "month": month, "funding": funding}
    return _count_then_write(session, EntitlementCounter, key, allowed or 0)


def take_year(
    session: Session, child_id: Any, year: str, uses: dict[str, int], *, allowed: dict[str, Any]
) -> set[str]:
    """Check, then increment."""
    key = {"child_id": child_id, "year": year}
    return {
        measure
        for measure, wanted in uses.items()
        if _count_then_write(
            session,
            YearlyCounter,
            {**key, "measure": measure},
            10_000_000 if allowed[measure] is None else allowed[measure],
            wanted,
        )
    }


def take_limited_support(session: Session, session_id: Any, need: str, *, allowed: int) -> bool:
    """Increment without a check: the engine said that one was left."""
    key = {"session_id": session_id, "need": need}
    return _count_then_write(session, SessionSupport, key, allowed=1_000)


def take_service_week(session: Session, service_id: Any, week: str, *, allowed: int) -> bool:
    """Check, then increment."""
    key = {"support_service_id": service_id, "week": week}
    return _count_then_write(session, SupportServiceWeek, key, allowed)


def forget_locks(patch: pytest.MonkeyPatch) -> None:
    """Let two requests change one child's bookings at once."""

    def get_unlocked(session: Session, caller: Any, child_id: Any, *, lock: bool = False) -> Any:
        return get_profile(session, caller, child_id)

    patch.setattr(placing, "get_profile", get_unlocked)


def break_places(patch: pytest.MonkeyPatch) -> None:
    """Take places by check-then-increment."""
    patch.setattr(counters, "take_places", take_places)


def break_entitlement(patch: pytest.MonkeyPatch) -> None:
    """Take entitlement by check-then-increment, which the child's lock would still save."""
    patch.setattr(counters, "take_entitlement", take_entitlement)
    forget_locks(patch)


def break_year(patch: pytest.MonkeyPatch) -> None:
    """Take hours, nights and money by check-then-increment, without the child's lock."""
    patch.setattr(counters, "take_year", take_year)
    forget_locks(patch)


def break_limited_support(patch: pytest.MonkeyPatch) -> None:
    """Believe what was left before the session was locked."""
    patch.setattr(counters, "take_limited_support", take_limited_support)


def break_service_weeks(patch: pytest.MonkeyPatch) -> None:
    """Take the authority's support by check-then-increment."""
    patch.setattr(counters, "take_service_week", take_service_week)


def skip_idempotency(patch: pytest.MonkeyPatch) -> None:
    """Pay no heed to keys."""
    patch.setattr(placing, "claim_key", lambda *_, **__: None)


def skip_events(patch: pytest.MonkeyPatch) -> None:
    """Tell nobody what happened."""
    patch.setattr(placing, "tell", lambda *_, **__: None)


def break_parties(patch: pytest.MonkeyPatch) -> None:
    """Take the places of a party one by one."""
    patch.setattr(counters, "take_places", take_places_one_by_one)


def name_in_any_order(patch: pytest.MonkeyPatch) -> None:
    """Lock the children of a party as they are named."""

    def get_slowly(*args: Any, **kwargs: Any) -> Any:
        profile = get_profile(*args, **kwargs)
        time.sleep(PAUSE_S)
        return profile

    patch.setattr(placing, "sorted", list, raising=False)
    patch.setattr(placing, "get_profile", get_slowly)


Race = Callable[[World], None]


class TestControls:
    @pytest.mark.parametrize(
        ("break_it", "race"),
        [
            (break_places, races.race_for_places),
            (break_entitlement, races.race_for_entitlement),
            (break_year, races.race_for_hours),
            (break_year, races.race_for_nights),
            (skip_idempotency, races.race_with_one_key),
            (forget_locks, races.race_for_one_childs_time),
            (break_limited_support, races.race_for_limited_support),
            (break_service_weeks, races.race_for_service_week),
            (skip_events, races.race_with_one_key),
            (break_places, party_races.race_of_two_parties),
            (break_parties, party_races.race_of_two_parties),
        ],
    )
    def test_broken_build_is_caught(
        self,
        world: World,
        monkeypatch: pytest.MonkeyPatch,
        break_it: Callable[[pytest.MonkeyPatch], None],
        race: Race,
    ) -> None:
        break_it(monkeypatch)

        with pytest.raises(AssertionError):
            race(world)

    def test_children_locked_as_they_are_named_stop_each_other(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name_in_any_order(monkeypatch)

        # The database ends one of those that wait for each other.
        with pytest.raises(RuntimeError, match="a fault: 503"):
            party_races.race_in_opposite_orders(world)

    @pytest.mark.parametrize(
        "race",
        [
            races.race_for_places,
            races.race_for_entitlement,
            races.race_for_hours,
            races.race_for_nights,
            races.race_with_one_key,
            races.race_for_one_childs_time,
            party_races.race_of_two_parties,
            party_races.race_in_opposite_orders,
            party_races.race_with_single_bookings,
        ],
    )
    def test_sound_build_needs_no_last_word(self, world: World, race: Race) -> None:
        race(world)
