"""Waiting lists over HTTP: joining them, and the fair order."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.races import add_children, breaches, essential
from tests.support.waiting import (
    booked,
    cancel,
    offers,
    places_left,
    wait_for,
    work_round,
)
from tests.support.world import World

HOUR = timedelta(hours=1)


class TestJoin:
    def test_waits_and_uses_nothing(self, world: World, full: tuple[str, str]) -> None:
        session_id, _ = full
        [child_id] = add_children(world, 1)

        answer = book(world, child_id, session_id, waitlist=True)

        assert answer.status_code == 201, answer.text
        booking = answer.json()
        assert (booking["status"], booking["uses_entitlement"]) == ("waitlisted", False)
        assert booking["arrangements"] == []
        turn = booking["waitlist"]
        assert (turn["place"], turn["of"], turn["offer_id"]) == (1, 1, None)
        assert turn["chance"] == 0.1, "one place, and nothing known but one in ten"
        used = world.call("GET", f"/v1/children/{child_id}/entitlements?month=2027-03").json()
        assert used["free"]["used"] == 0
        assert places_left(world, session_id) == 0
        assert breaches(world) == []

    def test_books_at_once_where_a_place_is_free(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        [child_id] = add_children(world, 1)

        booking = book(world, child_id, session_id, waitlist=True).json()

        assert (booking["status"], booking["waitlist"]) == ("confirmed", None)
        assert places_left(world, session_id) == 0

    def test_same_key_gives_the_same_booking(self, world: World, full: tuple[str, str]) -> None:
        [child_id] = add_children(world, 1)
        first = book(world, child_id, full[0], waitlist=True, key="a key")

        again = book(world, child_id, full[0], waitlist=True, key="a key")

        assert (again.status_code, again.json()) == (201, first.json())

    def test_joins_once(self, world: World, full: tuple[str, str]) -> None:
        [child_id] = add_children(world, 1)
        booking_id = wait_for(world, child_id, full[0])

        for fields in ({"waitlist": True}, {}):
            refused = book(world, child_id, full[0], **fields)

            assert slug(refused) == "already-booked"
            assert refused.json()["facts"] == {"booking_id": booking_id, "status": "waitlisted"}

    def test_party_cannot_wait(self, world: World, full: tuple[str, str]) -> None:
        body = {"session_id": full[0], "funding": "free", "waitlist": True}
        answer = world.call(
            "POST",
            "/v1/bookings",
            json={**body, "child_ids": add_children(world, 2)},
            headers={"Idempotency-Key": "party"},
        )

        assert answer.status_code == 422

    @pytest.mark.parametrize(
        ("child", "expected", "why"),
        [
            ({"date_of_birth": "2005-05-02"}, "policy-age", "older than the authority serves"),
            ({"gender": "male"}, "not-eligible", "girls only"),
            (
                {"gender": "female", "needs": [essential("hoist")]},
                "support-unavailable",
                "no hoist, and none will come free",
            ),
        ],
    )
    def test_rules_of_a_booking_hold(
        self, world: World, child: dict[str, Any], expected: str, why: str
    ) -> None:
        session_id = add_session(world, add_activity(world, gender="female"), capacity=0)
        [child_id] = add_children(world, 1, **child)

        refused = book(world, child_id, session_id, waitlist=True)

        assert slug(refused) == expected, why

    @pytest.mark.parametrize(
        ("days", "expected", "why"),
        [
            (0, "session-overlap", "the child is elsewhere at that time"),
            (7, "entitlement-exhausted", "its free place of the month is elsewhere"),
        ],
    )
    def test_own_bookings_stand_in_the_way(
        self, world: World, days: int, expected: str, why: str
    ) -> None:
        activity_id = add_activity(world)
        [child_id] = add_children(world, 1)
        other = add_session(world, activity_id, SATURDAY + timedelta(days=days))
        assert book(world, child_id, other).status_code == 201
        session_id = add_session(world, activity_id, capacity=0)

        assert slug(book(world, child_id, session_id, waitlist=True)) == expected, why

    def test_support_that_is_taken_may_come_free(self, world: World) -> None:
        offers_ = [{"need": "one_to_one", "kind": "limited", "per_session": 1}]
        session_id = add_session(world, add_activity(world, offers=offers_), capacity=1)
        first, second = add_children(world, 2, needs=[essential("one_to_one")])
        taken = book(world, first, session_id).json()["id"]
        waiting = wait_for(world, second, session_id)

        cancel(world, taken)
        work_round(world)

        [offer] = offers(world, status="open")
        assert offer["booking_id"] == waiting
        assert breaches(world) == []

    def test_support_that_is_taken_while_a_place_is_free(self, world: World) -> None:
        offers_ = [{"need": "one_to_one", "kind": "limited", "per_session": 1}]
        session_id = add_session(world, add_activity(world, offers=offers_), capacity=2)
        first, second = add_children(world, 2, needs=[essential("one_to_one")])
        assert book(world, first, session_id).status_code == 201

        refused = book(world, second, session_id, waitlist=True)

        assert slug(refused) == "support-unavailable"

    def test_full_session_says_that_waiting_is_possible(
        self, world: World, full: tuple[str, str]
    ) -> None:
        facts = book(world, add_children(world, 1)[0], full[0]).json()["facts"]

        assert (facts["may_wait"], facts["kept_for_waitlist"]) == (True, False)


class TestFairOrder:
    def breaks(self, world: World, child_ids: list[str], days_ago: list[int | None]) -> None:
        """Let children have had a break some days ago, or none."""
        activity_id = add_activity(world)
        now = world.clock.now
        for child_id, days in zip(child_ids, days_ago, strict=True):
            if days is None:
                continue
            world.clock.now = now - timedelta(days=days, hours=3)
            # A token is not valid before it was issued.
            world.tokens.clear()
            session_id = add_session(world, activity_id, now - timedelta(days=days))
            made = book(world, child_id, session_id, funding="contributory")
            assert made.status_code == 201, made.text
        world.clock.now = now
        world.tokens.clear()

    @pytest.mark.parametrize(
        ("order", "expected", "why"),
        [
            ("longest_without_break", [2, 3, 1, 0], "never first, then by the last break"),
            ("joined", [0, 1, 2, 3], "whoever joined first"),
        ],
    )
    def test_by_policy(self, world: World, order: str, expected: list[int], why: str) -> None:
        policy = {"starts_on": "2027-03-01", "waitlist_order": order, "offer_hours": 5}
        assert world.call("POST", "/v1/authority/policies", json=policy).status_code == 201
        session_id = add_session(world, add_activity(world), capacity=0)
        children = add_children(world, 4)
        self.breaks(world, children, [3, 30, None, 60])
        waiting = []
        for child_id in children:
            waiting.append(wait_for(world, child_id, session_id))
            world.clock.now += timedelta(minutes=1)

        listed = world.call("GET", f"/v1/sessions/{session_id}/waitlist?limit=3").json()

        rest = world.call(
            "GET", f"/v1/sessions/{session_id}/waitlist?cursor={listed['next_cursor']}"
        ).json()
        turns = listed["items"] + rest["items"]
        assert [waiting.index(turn["booking_id"]) for turn in turns] == expected, why
        assert [turn["place"] for turn in turns] == [1, 2, 3, 4]
        assert rest["next_cursor"] is None
        places = [booked(world, id_)["waitlist"]["place"] for id_ in waiting]
        assert [places.index(n + 1) for n in range(4)] == expected

    def test_no_show_was_no_break(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=0)
        stayed, came = add_children(world, 2)
        self.breaks(world, [stayed, came], [10, 20])
        for booking in world.call("GET", "/v1/bookings").json()["items"]:
            world.call(
                "POST",
                f"/v1/bookings/{booking['id']}/attendance",
                json={"attended": booking["child_id"] == came},
            )
        wait_for(world, came, session_id)
        wait_for(world, stayed, session_id)

        items = world.call("GET", f"/v1/sessions/{session_id}/waitlist").json()["items"]

        assert [turn["child_id"] for turn in items] == [stayed, came]
        assert items[0]["last_break"] is None

    def test_list_of_bookings_tells_every_place(self, world: World) -> None:
        session_ids = [add_session(world, add_activity(world), capacity=0) for _ in range(2)]
        for session_id in session_ids:
            for child_id in add_children(world, 2):
                wait_for(world, child_id, session_id)

        items = world.call("GET", "/v1/bookings").json()["items"]

        assert [(i["waitlist"]["place"], i["waitlist"]["of"]) for i in items] == [
            (1, 2),
            (2, 2),
        ] * 2
