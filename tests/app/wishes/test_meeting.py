"""A wish is met when a session serves it and the child went; a correction undoes it."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.models import AuditEntry
from app.access.scopes import ClientKind
from app.db import transaction
from app.outbox.models import Event
from tests.support.attended import attend_session
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.races import breaches
from tests.support.wishing import act, change_wish, read_wish, record_wish
from tests.support.world import World

WEEK = timedelta(days=7)


def correct(world: World, booking_id: str, *, attended: bool) -> None:
    """Record the attendance anew."""
    path = f"/v1/bookings/{booking_id}/attendance"
    assert world.call("POST", path, json={"attended": attended}).status_code == 200


def told_of(world: World, wish_id: str) -> list[str]:
    """List the events of a wish."""
    with transaction(world.sessions, world.authority_id) as session:
        found = session.scalars(
            select(Event).where(Event.object_id == UUID(wish_id)).order_by(Event.sequence)
        ).all()
        audited = session.scalars(
            select(AuditEntry.action).where(AuditEntry.object_id == UUID(wish_id))
        ).all()
    assert [event.sequence for event in found] == list(range(1, len(found) + 1))
    assert {event.type for event in found} - {"wish.recorded"} <= set(audited)
    return [event.type for event in found]


class TestWhatMeets:
    @pytest.mark.parametrize(
        ("text", "concepts", "status", "reason"),
        [
            ("go fishing", ["angling"], "met", "the concept itself"),
            ("do some sport", ["swimming"], "met", "a narrower concept"),
            ("go swimming", ["sport"], "open", "a wider concept is something else"),
            ("go fishing", ["swimming"], "open", "something else"),
            ("go fishing", [], "open", "nothing is known of the activity"),
            ("zzkrx", ["angling"], "open", "nothing is known of the wish"),
            ("go fishing and swimming", ["swimming"], "met", "one of its concepts"),
        ],
    )
    def test_by_concept(
        self, world: World, text: str, concepts: list[str], status: str, reason: str
    ) -> None:
        child_id = add_child(world)
        wish_id = record_wish(world, child_id, text)

        booking_id = attend_session(world, child_id, add_activity(world, concepts=concepts))

        wish = read_wish(world, wish_id)
        met = status == "met"
        assert wish["status"] == status, reason
        assert wish["met_booking_id"] == (booking_id if met else None)
        assert wish["ended_at"] == ("2027-03-06T10:00:00Z" if met else None)
        assert told_of(world, wish_id) == ["wish.recorded"] + ["wish.met"] * met
        assert breaches(world) == []

    def test_by_an_action_that_named_the_activity(self, world: World) -> None:
        child_id, activity_id = add_child(world), add_activity(world)
        wish_id = record_wish(world, child_id, "zzkrx")
        assert act(world, wish_id, "activity_added", activity_id=activity_id).status_code == 201

        attend_session(world, child_id, activity_id)

        assert read_wish(world, wish_id)["met_by"] == "attendance"
        assert told_of(world, wish_id) == ["wish.recorded", "wish.activity_added", "wish.met"]

    def test_by_an_action_that_is_recorded_late(self, world: World) -> None:
        child_id, activity_id = add_child(world), add_activity(world)
        wish_id = record_wish(world, child_id, "zzkrx")
        booking_id = attend_session(world, child_id, activity_id)
        assert read_wish(world, wish_id)["status"] == "open"

        act(world, wish_id, "group_founded", activity_id=activity_id)

        assert read_wish(world, wish_id)["met_booking_id"] == booking_id

    def test_by_words_that_are_corrected(self, world: World) -> None:
        child_id = add_child(world)
        wish_id = record_wish(world, child_id, "go fxshing")
        booking_id = attend_session(world, child_id, add_activity(world, concepts=["angling"]))

        answer = change_wish(world, wish_id, text="go fishing")

        assert answer.json()["met_booking_id"] == booking_id
        assert told_of(world, wish_id) == ["wish.recorded", "wish.updated", "wish.met"]

    def test_not_by_what_was_before_it(self, world: World) -> None:
        child_id, activity_id = add_child(world), add_activity(world, concepts=["angling"])
        booking_id = attend_session(world, child_id, activity_id)
        world.clock.now += timedelta(hours=3)
        wish_id = record_wish(world, child_id)

        correct(world, booking_id, attended=False)
        correct(world, booking_id, attended=True)

        assert read_wish(world, wish_id)["status"] == "open"

    def test_not_by_another_child_nor_by_a_place_alone(self, world: World) -> None:
        activity_id = add_activity(world, concepts=["angling"])
        children = [add_child(world) for _ in range(2)]
        wishes = [record_wish(world, child_id) for child_id in children]
        session_id = add_session(world, activity_id, SATURDAY)
        bookings = [book(world, child_id, session_id).json()["id"] for child_id in children]
        world.clock.now = SATURDAY

        for booking_id, attended in zip(bookings, (True, False), strict=True):
            correct(world, booking_id, attended=attended)

        assert [read_wish(world, id_)["status"] for id_ in wishes] == ["met", "open"]

    def test_the_providers_register_meets_it_too(self, world: World) -> None:
        child_id = add_child(world)
        wish_id = record_wish(world, child_id)
        session_id = add_session(world, add_activity(world, concepts=["angling"]))
        booking_id = book(world, child_id, session_id).json()["id"]
        world.clock.now = SATURDAY

        answer = world.call(
            "POST",
            f"/v1/bookings/{booking_id}/attendance",
            kind=ClientKind.PROVIDER,
            json={"attended": True},
        )

        assert answer.status_code == 200
        assert wish_id not in answer.text
        assert read_wish(world, wish_id)["status"] == "met"


class TestCorrections:
    def test_a_corrected_attendance_undoes_it(self, world: World) -> None:
        child_id = add_child(world)
        wish_id = record_wish(world, child_id)
        before = read_wish(world, wish_id)
        booking_id = attend_session(world, child_id, add_activity(world, concepts=["angling"]))

        correct(world, booking_id, attended=False)

        assert read_wish(world, wish_id) == before
        correct(world, booking_id, attended=True)
        assert read_wish(world, wish_id)["met_booking_id"] == booking_id
        assert told_of(world, wish_id) == [
            *("wish.recorded", "wish.met", "wish.reopened", "wish.met")
        ]
        assert breaches(world) == []

    def test_another_session_that_serves_it_takes_its_place(self, world: World) -> None:
        child_id, activity_id = add_child(world), add_activity(world, concepts=["angling"])
        wish_id = record_wish(world, child_id)
        first = attend_session(world, child_id, activity_id)
        april = datetime(2027, 4, 3, 10, 0, tzinfo=UTC)
        second = attend_session(world, child_id, activity_id, april)
        assert read_wish(world, wish_id)["met_booking_id"] == first

        correct(world, first, attended=False)

        assert read_wish(world, wish_id)["met_booking_id"] == second
        assert breaches(world) == []

    def test_a_wish_taken_up_again_waits_for_the_next_time(self, world: World) -> None:
        child_id, activity_id = add_child(world), add_activity(world, concepts=["angling"])
        wish_id = record_wish(world, child_id)
        first = attend_session(world, child_id, activity_id)
        world.clock.now += timedelta(hours=3)
        assert change_wish(world, wish_id, status="open").json()["status"] == "open"

        correct(world, first, attended=False)
        correct(world, first, attended=True)
        assert read_wish(world, wish_id)["status"] == "open"
        april = datetime(2027, 4, 3, 10, 0, tzinfo=UTC)
        second = attend_session(world, child_id, activity_id, april)

        assert read_wish(world, wish_id)["met_booking_id"] == second

    @pytest.mark.parametrize("status", ["met", "closed"])
    def test_what_a_person_ended_stays_ended(self, world: World, status: str) -> None:
        child_id = add_child(world)
        wish_id = record_wish(world, child_id)
        ended = change_wish(world, wish_id, status=status, reason="has joined the club").json()

        booking_id = attend_session(world, child_id, add_activity(world, concepts=["angling"]))
        assert read_wish(world, wish_id) == ended
        correct(world, booking_id, attended=False)

        assert read_wish(world, wish_id) == ended
        assert breaches(world) == []


def test_attendance_and_an_action_at_once_meet_it(world: World) -> None:
    """Neither may miss what the other is just writing down."""
    for _ in range(5):
        child_id, activity_id = add_child(world), add_activity(world)
        wish_id = record_wish(world, child_id, "zzkrx")
        booking = book(world, child_id, add_session(world, activity_id, world.clock.now + WEEK))
        world.clock.now += WEEK
        world.token(ClientKind.BROKER)
        together, answers = Barrier(2), []

        def run(call: Any, together: Barrier = together, answers: list[Any] = answers) -> None:
            together.wait()
            answers.append(call().status_code)

        came = f"/v1/bookings/{booking.json()['id']}/attendance"
        calls = (
            lambda came=came: world.call("POST", came, json={"attended": True}),
            lambda wish_id=wish_id, activity_id=activity_id: act(
                world, wish_id, "activity_added", activity_id=activity_id
            ),
        )
        threads = [Thread(target=run, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(answers) == [200, 201]
        assert read_wish(world, wish_id)["status"] == "met"
    assert breaches(world) == []
