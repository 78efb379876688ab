"""Waiting lists under races, by threads over real HTTP, with several workers."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.main import create_app
from tests.support import waiting_races
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
    def test_freed_place_goes_to_who_is_next(self, world: World) -> None:
        waiting_races.race_for_a_freed_place(world)

    def test_several_workers(self, world: World) -> None:
        waiting_races.race_of_workers(world)

    def test_joining_while_a_place_comes_free(self, world: World) -> None:
        for _ in range(3):
            waiting_races.race_to_join(world)

    @pytest.mark.parametrize(
        "verbs",
        [("accept", "decline"), ("cancel", "promote"), ("accept", "cancel"), ("decline", "cancel")],
    )
    def test_answers(self, world: World, verbs: tuple[str, ...]) -> None:
        for _ in range(3):
            waiting_races.race_of_answers(world, verbs)

    def test_accepting_at_the_deadline(self, world: World) -> None:
        for _ in range(5):
            waiting_races.race_of_accepting_and_expiry(world)

    def test_booking_while_an_offer_runs_out(self, world: World) -> None:
        for _ in range(3):
            waiting_races.race_for_an_expired_offer(world)

    def test_one_open_offer_of_a_booking(self, world: World) -> None:
        with pytest.raises(IntegrityError, match="uq_place_offers_booking_open"):
            waiting_races.forget_the_index(world)
