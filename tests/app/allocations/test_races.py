"""Rounds under races, by threads over real HTTP, with several workers."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.main import create_app
from tests.support import round_races
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


class TestPublishing:
    def test_several_publishers(self, world: World) -> None:
        round_races.race_of_publishers(world)

    def test_while_families_book(self, world: World) -> None:
        round_races.race_of_publishing_and_booking(world)

    def test_while_a_session_is_called_off(self, world: World) -> None:
        round_races.race_of_publishing_and_cancelling(world)


class TestDeadline:
    def test_choosing_as_it_passes(self, world: World) -> None:
        round_races.race_of_choosing_and_the_deadline(world)


class TestRefilling:
    def test_several_workers(self, world: World) -> None:
        round_races.race_of_refillers(world)

    def test_who_is_next_in_two_sessions(self, world: World) -> None:
        round_races.race_of_refilling_two_sessions(world)

    def test_accepting_at_the_deadline(self, world: World) -> None:
        round_races.race_of_accepting_and_expiry(world)
