"""Several children booked together, over HTTP: all of them or none, and the reason why not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.ids import new_id
from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.parties import book_party, booked, live_bookings
from tests.support.races import add_service, breaches, essential
from tests.support.world import World

HELPER = {"need": "one_to_one", "kind": "limited", "per_session": 1}
ELSEWHERE = {"postcode": "M1 1AE", "latitude": 53.48, "longitude": -2.23}


def places_left(world: World, session_id: str) -> int:
    left: int = world.call("GET", f"/v1/sessions/{session_id}").json()["places_left"]
    return left


def used(world: World, child_id: str) -> tuple[int, int]:
    """Read how much of March a child has used, free and contributory."""
    left = world.call("GET", f"/v1/children/{child_id}/entitlements?month=2027-03").json()
    return left["free"]["used"], left["contributory"]["used"]


def cancel(world: World, booking_id: str, *, token: str | None = None, **body: Any) -> Any:
    path = f"/v1/bookings/{booking_id}/cancel"
    if token is not None:
        return world.call_with(token, "POST", path, json=body)
    return world.call("POST", path, json=body)


class TestAllTogether:
    def test_each_against_its_own_entitlement(self, world: World) -> None:
        household_id = world.household()
        siblings = [add_child(world, household_id=household_id) for _ in range(3)]
        session_id = add_session(world, add_activity(world), capacity=3)

        answer = book_party(world, siblings, session_id)

        items = booked(answer)
        assert {item["child_id"] for item in items} == set(siblings)
        assert {item["party_id"] for item in items} == {answer.json()["party_id"]}
        assert {item["status"] for item in items} == {"confirmed"}
        assert [used(world, child_id) for child_id in siblings] == [(1, 0)] * 3
        assert places_left(world, session_id) == 0
        listed = live_bookings(world, party_id=answer.json()["party_id"])
        assert {item["id"] for item in listed} == {item["id"] for item in items}
        assert live_bookings(world, party_id=str(new_id())) == []
        assert breaches(world) == []

    def test_a_buddy_of_another_household(self, world: World) -> None:
        child, buddy = add_child(world), add_child(world)
        session_id = add_session(world, add_activity(world), capacity=2)

        items = booked(book_party(world, [child, buddy], session_id, funding="contributory"))

        assert [item["price_pence"] for item in items] == [500, 500]
        assert used(world, child) == used(world, buddy) == (0, 1)

    def test_only_who_has_to_wait_for_support_is_held(self, world: World) -> None:
        add_service(world, "interpreter", per_week=1)
        needs = [essential("interpreter")]
        plain, deaf = add_child(world), add_child(world, needs=needs)
        session_id = add_session(world, add_activity(world))

        items = booked(book_party(world, [plain, deaf], session_id))

        assert {item["child_id"]: item["status"] for item in items} == {
            plain: "confirmed",
            deaf: "held",
        }
        assert breaches(world) == []

    def test_a_timed_hold_is_one_of_all(self, world: World) -> None:
        children = [add_child(world), add_child(world)]
        session_id = add_session(world, add_activity(world))

        items = booked(book_party(world, children, session_id, hold_minutes=30))

        expires = (world.clock.now + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
        assert [(i["status"], i["hold_expires_at"]) for i in items] == [("held", expires)] * 2

    def test_the_last_of_a_service_goes_to_one_by_need_and_none_for_two(self, world: World) -> None:
        add_service(world, "interpreter", per_week=2)
        needs = [essential("interpreter")]
        children = [add_child(world, needs=needs) for _ in range(3)]
        session_id = add_session(world, add_activity(world))

        refused = book_party(world, children, session_id)
        assert (refused.status_code, slug(refused)) == (409, "support-unavailable")
        assert refused.json()["facts"]["child_id"] == max(children)
        assert len(booked(book_party(world, children[:2], session_id))) == 2
        assert breaches(world) == []


def too_old(world: World, session_id: str) -> dict[str, Any]:
    return {"date_of_birth": "2007-05-02"}


def too_far(world: World, session_id: str) -> dict[str, Any]:
    return {"home": ELSEWHERE, "travel": {"max_km": 5, "accessible_transport_only": False}}


def with_need(world: World, session_id: str) -> dict[str, Any]:
    return {"needs": [essential("hoist")]}


def plain(world: World, session_id: str) -> dict[str, Any]:
    return {}


def nothing(world: World, child_id: str, session_id: str) -> None:
    """Leave the child as it is."""


def use_up(world: World, child_id: str, session_id: str) -> None:
    """Let the child use its free activity of the month."""
    later = add_session(world, add_activity(world), SATURDAY + timedelta(days=7))
    assert book(world, child_id, later).status_code == 201


def be_elsewhere(world: World, child_id: str, session_id: str) -> None:
    """Let the child be somewhere else at the time."""
    other = add_session(world, add_activity(world), SATURDAY + timedelta(hours=1))
    assert book(world, child_id, other, funding="contributory").status_code == 201


def be_there(world: World, child_id: str, session_id: str) -> None:
    """Let the child have a place there already."""
    assert book(world, child_id, session_id, funding="contributory").status_code == 201


class TestNobodyIsBooked:
    @pytest.mark.parametrize("position", [0, 1, 2])
    @pytest.mark.parametrize(
        ("fields", "before", "rule", "told", "reason"),
        [
            (too_old, nothing, "policy-age", {"age_on_the_day": 19}, "one has turned 19"),
            (too_far, nothing, "not-eligible", {}, "one lives too far away"),
            (with_need, nothing, "support-unavailable", {}, "one cannot be supported"),
            (plain, be_there, "already-booked", {}, "one has a place"),
            (plain, be_elsewhere, "session-overlap", {}, "one is elsewhere"),
            (
                plain,
                use_up,
                "entitlement-exhausted",
                {"funding": "free", "contributory_remaining": 1},
                "one has used its month",
            ),
        ],
    )
    def test_for_one_who_may_not(
        self,
        world: World,
        position: int,
        fields: Callable[[World, str], dict[str, Any]],
        before: Callable[[World, str, str], None],
        rule: str,
        told: dict[str, Any],
        reason: str,
    ) -> None:
        session_id = add_session(world, add_activity(world), capacity=4)
        household_id = world.household()
        # Ids grow, so that the one who may not is judged first, in between or last.
        siblings = [
            add_child(
                world,
                household_id=household_id,
                **(fields(world, session_id) if number == position else {}),
            )
            for number in range(3)
        ]
        before(world, siblings[position], session_id)
        left, had = places_left(world, session_id), live_bookings(world)
        counted = [used(world, child_id) for child_id in siblings]

        refused = book_party(world, siblings, session_id)

        assert (refused.status_code, slug(refused)) == (409, rule), reason
        facts = refused.json()["facts"]
        assert facts["child_id"] == siblings[position], reason
        assert told.items() <= facts.items(), reason
        assert live_bookings(world) == had, reason
        assert places_left(world, session_id) == left, reason
        assert [used(world, child_id) for child_id in siblings] == counted, reason
        assert breaches(world) == []

    def test_for_one_place_too_few(self, world: World) -> None:
        children = [add_child(world), add_child(world)]
        session_id = add_session(world, add_activity(world), capacity=2)
        book(world, add_child(world), session_id)

        refused = book_party(world, children, session_id)

        assert (refused.status_code, slug(refused)) == (409, "session-full")
        facts = refused.json()["facts"]
        assert (facts["places_left"], facts["places_wanted"]) == (1, 2)
        assert [used(world, child_id) for child_id in children] == [(0, 0)] * 2
        assert places_left(world, session_id) == 1
        assert book(world, children[0], session_id).status_code == 201
        assert breaches(world) == []

    def test_for_one_helper_too_few(self, world: World) -> None:
        needs = [essential("one_to_one")]
        children = [add_child(world, needs=needs) for _ in range(2)]
        session_id = add_session(world, add_activity(world, offers=[HELPER]))

        refused = book_party(world, children, session_id)

        assert (refused.status_code, slug(refused)) == (409, "support-unavailable")
        assert refused.json()["facts"]["child_id"] == max(children)
        assert live_bookings(world) == []
        assert len(booked(book_party(world, [children[0], add_child(world)], session_id))) == 2
        assert breaches(world) == []

    @pytest.mark.parametrize(
        ("changes", "field", "reason"),
        [
            ({"child_ids": 1}, "child_ids", "one is no party"),
            ({"child_ids": 9}, "child_ids", "a minibus"),
            ({"child_ids": 0}, "child_ids", "nobody"),
            ({"child_id": True}, "body", "one and several"),
            ({"twice": True}, "body", "one child twice"),
        ],
    )
    def test_for_a_wrong_order(
        self, world: World, changes: dict[str, Any], field: str, reason: str
    ) -> None:
        child_ids = [str(new_id()) for _ in range(changes.get("child_ids", 2))]
        if "twice" in changes:
            child_ids[1] = child_ids[0]
        more = {"child_id": child_ids[0]} if "child_id" in changes else {}

        refused = book_party(world, child_ids, str(new_id()), **more)

        assert refused.status_code == 422, reason
        assert [error["field"] for error in refused.json()["errors"]] == [field], reason


class TestWhoMayBookWhom:
    def test_a_family_books_its_own_and_no_other_child(self, world: World) -> None:
        household_id = world.household()
        siblings = [add_child(world, household_id=household_id) for _ in range(2)]
        stranger = add_child(world)
        session_id = add_session(world, add_activity(world))
        family = world.family_token(household_id)
        missing = book_party(world, siblings, session_id, token=family)
        assert (missing.status_code, slug(missing)) == (403, "consent-missing")
        assert missing.json()["facts"]["child_id"] == siblings[0]
        for child_id in siblings:
            consent = {"purpose": "booking", "given": True, "by": "parent"}
            world.call("POST", f"/v1/children/{child_id}/consents", json=consent)

        foreign = book_party(world, [siblings[0], stranger], session_id, token=family)
        absent = book_party(world, [siblings[0], str(new_id())], session_id, token=family)

        assert (foreign.status_code, foreign.text) == (404, absent.text)
        assert live_bookings(world) == []
        assert len(booked(book_party(world, siblings, session_id, token=family))) == 2

    def test_another_authoritys_child(self, world: World, other_world: World) -> None:
        children = [add_child(world), add_child(other_world)]
        session_id = add_session(world, add_activity(world))

        assert book_party(world, children, session_id).status_code == 404
        assert live_bookings(world) == []


class TestRetry:
    def test_the_same_key_gives_the_same_party(self, world: World) -> None:
        children = [add_child(world), add_child(world)]
        session_id = add_session(world, add_activity(world))
        first = book_party(world, children, session_id, key="once")

        again = book_party(world, children, session_id, key="once")

        assert (again.status_code, again.json()) == (201, first.json())
        assert len(live_bookings(world)) == 2
        other = book_party(world, [children[0], add_child(world)], session_id, key="once")
        assert (other.status_code, slug(other)) == (422, "idempotency-key-reused")

    def test_shows_it_as_it_is_by_now(self, world: World) -> None:
        children = [add_child(world), add_child(world)]
        session_id = add_session(world, add_activity(world))
        items = booked(book_party(world, children, session_id, key="once"))
        cancel(world, items[0]["id"])

        again = booked(book_party(world, children, session_id, key="once"))

        assert [item["status"] for item in again] == ["cancelled", "confirmed"]

    def test_a_refusal_is_not_kept(self, world: World) -> None:
        children = [add_child(world), add_child(world)]
        session_id = add_session(world, add_activity(world), capacity=2)
        single = book(world, add_child(world), session_id).json()
        assert book_party(world, children, session_id, key="once").status_code == 409

        cancel(world, single["id"])

        assert len(booked(book_party(world, children, session_id, key="once"))) == 2


class TestCancelling:
    def test_one_or_all(self, world: World) -> None:
        children = [add_child(world) for _ in range(3)]
        session_id = add_session(world, add_activity(world))
        answer = book_party(world, children, session_id)
        items = booked(answer)
        party = {"party_id": answer.json()["party_id"]}

        assert cancel(world, items[1]["id"]).json()["entitlement_given_back"] is True
        assert len(live_bookings(world, **party)) == 2
        said = cancel(world, items[0]["id"], party=True, reason="the car broke down")

        assert said.status_code == 200, said.text
        assert said.json()["id"] == items[0]["id"]
        ended = world.call("GET", "/v1/bookings", params=party).json()["items"]
        assert {item["status"] for item in ended} == {"cancelled"}
        reasons = {item["id"]: item["cancel_reason"] for item in ended}
        assert reasons == {
            items[0]["id"]: "the car broke down",
            items[1]["id"]: None,
            items[2]["id"]: "the car broke down",
        }
        assert [used(world, child_id) for child_id in children] == [(0, 0)] * 3
        assert places_left(world, session_id) == 10
        assert breaches(world) == []

    def test_a_family_cancels_its_own_and_leaves_the_buddy(self, world: World) -> None:
        household_id = world.household()
        siblings = [add_child(world, household_id=household_id) for _ in range(2)]
        buddy = add_child(world)
        items = booked(
            book_party(world, [*siblings, buddy], add_session(world, add_activity(world)))
        )
        mine = next(item for item in items if item["child_id"] == siblings[0])

        said = cancel(world, mine["id"], token=world.family_token(household_id), party=True)

        assert said.status_code == 200
        [left] = live_bookings(world)
        assert left["child_id"] == buddy
        assert breaches(world) == []

    def test_who_has_come_is_left_alone(self, world: World) -> None:
        children = [add_child(world), add_child(world)]
        items = booked(book_party(world, children, add_session(world, add_activity(world))))
        world.clock.now = SATURDAY
        came = f"/v1/bookings/{items[1]['id']}/attendance"
        world.call("POST", came, json={"attended": True})

        said = cancel(world, items[0]["id"], party=True, cause="provider")

        assert said.status_code == 200, said.text
        assert [item["status"] for item in live_bookings(world)] == ["attended"]
        assert breaches(world) == []


class TestBuddy:
    def test_company_is_no_support(self, world: World) -> None:
        """Hold that a child who comes along does not meet another's essential need for a buddy."""
        child, friend = add_child(world, needs=[essential("buddy")]), add_child(world)
        session_id = add_session(world, add_activity(world))

        refused = book_party(world, [child, friend], session_id)

        assert (refused.status_code, slug(refused)) == (409, "support-unavailable")
        assert refused.json()["facts"]["child_id"] == child
        offered = add_session(
            world, add_activity(world, offers=[{"need": "buddy", "kind": "provided"}])
        )
        assert len(booked(book_party(world, [child, friend], offered))) == 2
