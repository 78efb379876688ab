"""Bookings made at the same moment, by threads over real HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import httpx
import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.main import create_app
from tests.support import races
from tests.support.clock import SetClock
from tests.support.live_server import serve
from tests.support.world import World, make_world


@pytest.fixture(scope="module")
def live(
    sessions: sessionmaker[Session], tokens: Tokens, shared_clock: SetClock
) -> Iterator[httpx.Client]:
    """Serve for this module, on a port of its own."""
    with serve(create_app(sessions, tokens, clock=shared_clock)) as client:
        yield client


@pytest.fixture
def world(live: httpx.Client, sessions: sessionmaker[Session], clock: SetClock) -> World:
    """Make an authority whose clients come over the network."""
    return make_world(live, sessions, clock)


class TestAtOnce:
    def test_last_places(self, world: World) -> None:
        races.race_for_places(world)

    def test_one_free_activity_a_month(self, world: World) -> None:
        races.race_for_entitlement(world)

    def test_one_key(self, world: World) -> None:
        races.race_with_one_key(world)

    def test_one_place_at_a_time(self, world: World) -> None:
        races.race_for_one_childs_time(world)

    def test_last_limited_support(self, world: World) -> None:
        races.race_for_limited_support(world)

    def test_last_place_of_a_support_service(self, world: World) -> None:
        races.race_for_service_week(world)

    def test_more_clients_than_threads_and_connections(self, world: World) -> None:
        races.race_for_places(world, clients=200, places=20)
