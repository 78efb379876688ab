"""Bookings made at the same moment, by threads over real HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.bookings import judging
from app.bookings.cancelling import expire_holds
from app.db import transaction
from app.main import create_app
from tests.support import races
from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.clock import SetClock
from tests.support.live_server import at_once, serve
from tests.support.races import Call, booking, breaches, change, essential, outcome, outcomes
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

    def test_last_hours_of_a_year(self, world: World) -> None:
        races.race_for_hours(world)

    def test_last_nights_of_a_year(self, world: World) -> None:
        races.race_for_nights(world)

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


def ids_of(answers: list[Any]) -> list[str]:
    """Give the ids of bookings that were all made."""
    assert {answer.status_code for answer in answers} == {201}, [a.text for a in answers]
    return [answer.json()["id"] for answer in answers]


def places_left(world: World, session_id: str) -> int:
    """Read how many places a session has left."""
    left: int = world.call("GET", f"/v1/sessions/{session_id}").json()["places_left"]
    return left


class TestChanges:
    def test_cancelling_while_others_book(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=4)
        first, late = races.add_children(world, 4), races.add_children(world, 12)
        made = ids_of(at_once([booking(world, child, session_id) for child in first]))

        # Each cancellation is sent twice, as by a client that saw no answer.
        cancels = [change(world, booking_id, "cancel") for booking_id in made * 2]
        books = [booking(world, child, session_id) for child in late]
        found = outcomes([*cancels, *books])

        assert found["200"] == 8
        assert found["201"] + found["session-full"] == 12
        assert places_left(world, session_id) == 4 - found["201"]
        assert breaches(world) == []

    def test_rebooking_while_cancelling(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        [child_id] = races.add_children(world, 1)
        for _ in range(3):
            [made] = ids_of([booking(world, child_id, session_id)()])

            calls: list[Call] = [booking(world, child_id, session_id)] * 4
            found = outcomes([*calls, change(world, made, "cancel"), *calls])

            assert set(found) <= {"200", "201", "already-booked"}
            assert (found["200"], found["201"] <= 1) == (1, True)
            assert places_left(world, session_id) == 1 - found["201"]
            live = world.call("GET", f"/v1/bookings?child_id={child_id}&status=confirmed").json()
            for booked in live["items"]:
                change(world, booked["id"], "cancel")()
        assert breaches(world) == []

    def test_siblings_booked_and_cancelled_in_turn(self, world: World) -> None:
        activity_id = add_activity(world)
        sessions = [
            add_session(world, activity_id, SATURDAY + timedelta(days=day), capacity=2)
            for day in range(3)
        ]
        siblings = races.add_children(world, 3)
        for child_id in siblings:
            world.call(
                "PATCH",
                f"/v1/children/{child_id}",
                json={"friends": [other for other in siblings if other != child_id]},
                headers={"If-Match": world.call("GET", f"/v1/children/{child_id}").headers["ETag"]},
            )

        def come_and_go(number: int) -> set[str]:
            seen = set()
            for step in range(5):
                target = sessions[(number + step) % len(sessions)]
                answer = booking(world, siblings[(number * 2 + step) % 3], target)()
                seen.add(outcome(answer))
                if answer.is_success:
                    seen.add(outcome(change(world, answer.json()["id"], "cancel")()))
            return seen

        seen = set().union(*at_once([partial(come_and_go, number) for number in range(8)]))

        refusals = {"already-booked", "entitlement-exhausted", "session-full"}
        assert {"200", "201"} <= seen <= {"200", "201", *refusals}
        assert [places_left(world, session_id) for session_id in sessions] == [2, 2, 2]
        assert breaches(world) == []

    def test_services_wanted_and_given_back_in_opposite_orders(self, world: World) -> None:
        # Whoever books in `held` frees a nurse and then takes an interpreter; whoever books in
        # `other` takes an interpreter first and then a nurse.
        pairs = 6
        for need in ("interpreter", "nurse"):
            races.add_service(world, need, per_week=3 * pairs)
        activity_id = add_activity(world)
        held = [add_session(world, activity_id) for _ in range(pairs)]
        other = [add_session(world, activity_id) for _ in range(pairs)]
        nurse, interpreter = essential("nurse"), essential("interpreter")
        holders = races.add_children(world, pairs, needs=[nurse])
        ids_of(
            at_once(
                [
                    booking(world, child, session, hold_minutes=1)
                    for child, session in zip(holders, held, strict=True)
                ]
            )
        )
        takers = races.add_children(world, pairs, needs=[interpreter])
        both = races.add_children(world, pairs, needs=[interpreter, nurse])
        world.clock.now += timedelta(minutes=2)

        found = outcomes(
            [
                booking(world, child, session)
                for child, session in zip([*takers, *both], [*held, *other], strict=True)
            ]
        )

        assert found == {"201": 2 * pairs}
        assert breaches(world) == []


class TestSessionChangedWhileJudged:
    @pytest.mark.parametrize(
        ("change_to", "first", "then"),
        [
            (
                "starts_at = '2027-04-03T10:00Z', ends_at = '2027-04-03T12:00Z'",
                "unavailable",
                "201",
            ),
            ("status = 'cancelled'", "session-cancelled", "session-cancelled"),
            ("capacity = 0", "session-full", "session-full"),
            ("capacity = 20", "201", "201"),
        ],
    )
    def test_takes_no_place_at_another_time(
        self, world: World, monkeypatch: pytest.MonkeyPatch, change_to: str, first: str, then: str
    ) -> None:
        session_id = add_session(world, add_activity(world))
        [child_id] = races.add_children(world, 1)
        explain_fit = judging.engine.explain_fit

        def explain_then_change(*args: Any, **kwargs: Any) -> Any:
            fit = explain_fit(*args, **kwargs)
            monkeypatch.undo()
            with transaction(world.sessions, world.authority_id) as session:
                change_it = text(f"UPDATE sessions SET {change_to} WHERE id = :id")
                session.execute(change_it, {"id": session_id})
                session.execute(text("UPDATE catalogue_versions SET version = version + 1"))
            return fit

        monkeypatch.setattr(judging.engine, "explain_fit", explain_then_change)
        book = booking(world, child_id, session_id, key="the same")

        assert [slug_of(book()), slug_of(book())] == [first, then]
        assert breaches(world) == []


def slug_of(answer: Any) -> str:
    """Name an answer, a fault included."""
    if answer.is_success:
        return str(answer.status_code)
    return str(answer.json()["type"].rsplit("/", 1)[-1])


class TestHolds:
    def test_expiring_while_others_book_and_the_family_confirms(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        [family] = races.add_children(world, 1)
        others = races.add_children(world, 12)
        [held] = ids_of([booking(world, family, session_id, hold_minutes=5)()])
        world.clock.now += timedelta(minutes=5)

        def sweep() -> int:
            with transaction(world.sessions, world.authority_id) as session:
                return expire_holds(session, now=world.clock.now)

        books = [booking(world, child, session_id) for child in others]
        answers = at_once([sweep, *books, change(world, held, "confirm"), sweep])

        found = [outcome(answer) for answer in answers[1:-1]]
        assert (found.count("201"), found.count("session-full")) == (1, 11)
        assert found[-1] == "booking-not-held"
        ended = world.call("GET", f"/v1/bookings/{held}").json()
        assert (ended["status"], ended["cancel_cause"]) == ("cancelled", "hold_expired")
        assert breaches(world) == []

    def test_running_out_in_the_middle(self, world: World) -> None:
        activity_id = add_activity(world)
        for _ in range(4):
            session_id = add_session(world, activity_id, capacity=1)
            [family] = races.add_children(world, 1)
            others = races.add_children(world, 6)
            [held] = ids_of([booking(world, family, session_id, hold_minutes=1)()])

            def let_it_run_out() -> None:
                world.clock.now += timedelta(minutes=1)

            books = [booking(world, child, session_id) for child in others]
            confirm = change(world, held, "confirm")
            calls: list[Call] = [*books[:3], confirm, let_it_run_out, *books[3:]]
            found = [outcome(answer) for answer in at_once(calls) if answer is not None]

            # The place is the family's or one other child's, or was free too late for all.
            assert found[3] in {"200", "booking-not-held"}
            assert found.count("201") + found.count("200") <= 1
            assert set(found) <= {"200", "201", "session-full", "booking-not-held"}
            assert breaches(world) == []
