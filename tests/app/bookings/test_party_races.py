"""Parties booked, cancelled and settled at the same moment, by threads over real HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import httpx
import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.main import create_app
from tests.support import party_races
from tests.support.arranging import AGAIN, NOT_NEEDED, book_with_needs, change
from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.clock import SetClock
from tests.support.live_server import at_once, serve
from tests.support.parties import booked, live_bookings
from tests.support.races import (
    Call,
    add_children,
    add_service,
    booking,
    breaches,
    outcome,
    outcomes,
)
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


class TestParties:
    def test_two_of_three_for_five_places(self, world: World) -> None:
        for _ in range(3):
            party_races.race_of_two_parties(world)

    def test_named_in_opposite_orders(self, world: World) -> None:
        party_races.race_in_opposite_orders(world)

    def test_against_single_bookings(self, world: World) -> None:
        party_races.race_with_single_bookings(world)

    def test_for_support(self, world: World) -> None:
        party_races.race_for_support(world)

    def test_with_one_key(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        call = party_races.party(world, add_children(world, 3), session_id, key="the same")

        answers = at_once([call] * 8)

        assert {outcome(answer) for answer in answers} == {"201"}
        assert len({answer.json()["party_id"] for answer in answers}) == 1
        assert len(live_bookings(world, session_id=session_id)) == 3
        assert breaches(world) == []

    def test_whose_old_holds_end_crosswise(self, world: World) -> None:
        activity_id = add_activity(world)
        children = add_children(world, 4)
        targets = [
            add_session(world, activity_id, SATURDAY + timedelta(hours=3 * number))
            for number in range(4)
        ]
        # The first two parties' children held places in each other's sessions.
        for child_id, target in zip(children, reversed(targets), strict=True):
            assert booking(world, child_id, target, hold_minutes=1)().status_code == 201
        world.clock.now += timedelta(minutes=1)

        found = outcomes(
            [
                party_races.party(world, children[:2], targets[0]),
                party_races.party(world, children[3:1:-1], targets[3]),
            ]
        )

        assert found == {"201": 2}
        assert breaches(world) == []

    def test_cancelled_from_both_ends(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=4)
        items = booked(party_races.party(world, add_children(world, 4), session_id)())
        cancels = [
            partial(world.call, "POST", f"/v1/bookings/{item['id']}/cancel", json={"party": True})
            for item in items
        ]
        others = [booking(world, child, session_id) for child in add_children(world, 4)]

        found = [outcome(answer) for answer in at_once([*cancels, *others])]

        assert found[:4] == ["200"] * 4
        assert set(found[4:]) <= {"201", "session-full"}
        assert len(live_bookings(world, session_id=session_id)) == found.count("201")
        assert breaches(world) == []


class TestSupportTasks:
    def test_one_of_two_who_read_the_same_version(self, world: World) -> None:
        task_id = book_with_needs(world, "hoist")["arrangements"][0]["id"]
        etag = world.call("GET", f"/v1/arrangements/{task_id}").headers["ETag"]
        calls: list[Call] = [
            partial(change, world, task_id, {"cost_pence": pence}, headers={"If-Match": etag})
            for pence in range(6)
        ]

        assert outcomes(calls) == {"200": 1, "precondition-failed": 5}
        assert breaches(world) == []

    def test_the_last_one_confirms_once(self, world: World) -> None:
        booking_made = book_with_needs(world, "hoist", "bsl")
        calls: list[Call] = [
            partial(change, world, task["id"], {"status": "done"})
            for task in booking_made["arrangements"] * 3
        ]

        assert outcomes(calls) == {"200": 6}
        path = f"/v1/bookings/{booking_made['id']}"
        assert world.call("GET", path).json()["status"] == "confirmed"
        history = world.call("GET", f"{path}/history").json()["items"]
        assert [item["what"] for item in history].count("booking.confirmed") == 1
        assert breaches(world) == []

    def test_the_last_place_of_a_week_taken_up_again(self, world: World) -> None:
        add_service(world, "interpreter", per_week=3)
        tasks = []
        # Each is waived before the next is booked, so that all of them have had one.
        for _ in range(6):
            task_id = book_with_needs(world, "interpreter")["arrangements"][0]["id"]
            assert change(world, task_id, NOT_NEEDED).status_code == 200
            tasks.append(task_id)

        found = outcomes([partial(change, world, task_id, AGAIN) for task_id in tasks])

        assert found == {"200": 3, "support-unavailable": 3}
        assert breaches(world) == []

    def test_settled_while_the_booking_is_cancelled(self, world: World) -> None:
        add_service(world, "interpreter", per_week=9)
        for _ in range(3):
            made = book_with_needs(world, "interpreter")
            task_id = made["arrangements"][0]["id"]
            cancel = partial(world.call, "POST", f"/v1/bookings/{made['id']}/cancel")
            calls: list[Call] = [
                partial(change, world, task_id, {"status": "done"}),
                cancel,
                partial(change, world, task_id, NOT_NEEDED),
            ]

            found = outcomes(calls)

            assert set(found) <= {"200", "arrangement-settled"}
            path = f"/v1/bookings/{made['id']}"
            assert world.call("GET", path).json()["status"] == "cancelled"
            assert breaches(world) == []
