"""Offers of places over HTTP: accepted, declined, run out, and who sees them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.races import add_children, add_service, breaches, essential
from tests.support.waiting import (
    answer_offer,
    booked,
    cancel,
    history,
    offers,
    places_left,
    wait_for,
    work_round,
)
from tests.support.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def offered(world: World, full: tuple[str, str]) -> dict[str, Any]:
    """Offer the one place to the first of two who wait."""
    session_id, first = full
    child_id, second = add_children(world, 2)
    ids = [wait_for(world, one, session_id) for one in (child_id, second)]
    cancel(world, first)
    work_round(world)
    [offer] = offers(world)
    return {**offer, "second": ids[1], "second_child": second}


class TestAnswer:
    def test_accept(self, world: World, offered: dict[str, Any]) -> None:
        answer = answer_offer(world, offered["id"], "accept")

        assert answer.status_code == 200, answer.text
        assert (answer.json()["status"], answer.json()["booking"]["status"]) == (
            "accepted",
            "confirmed",
        )
        used = world.call(
            "GET", f"/v1/children/{offered['child_id']}/entitlements?month=2027-03"
        ).json()
        assert used["free"]["used"] == 1
        assert places_left(world, offered["session_id"]) == 0
        again = answer_offer(world, offered["id"], "accept")
        assert (again.status_code, again.json()) == (200, answer.json())
        assert slug(answer_offer(world, offered["id"], "decline")) == "offer-closed"
        assert history(world, offered["booking_id"])[-1]["cause"] == "offer_accepted"
        assert breaches(world) == []

    def test_decline_brings_the_next(self, world: World, offered: dict[str, Any]) -> None:
        answer = answer_offer(world, offered["id"], "decline")

        assert answer.status_code == 200, answer.text
        booking = answer.json()["booking"]
        assert (booking["status"], booking["cancel_cause"]) == ("cancelled", "offer_declined")
        again = answer_offer(world, offered["id"], "decline")
        assert (again.status_code, again.json()) == (200, answer.json())
        assert slug(answer_offer(world, offered["id"], "accept")) == "offer-closed"
        work_round(world)
        assert [o["booking_id"] for o in offers(world, status="open")] == [offered["second"]]
        assert breaches(world) == []

    def test_no_answer_brings_the_next(self, world: World, offered: dict[str, Any]) -> None:
        world.clock.now += 48 * HOUR

        assert slug(answer_offer(world, offered["id"], "accept")) == "offer-expired"
        work_round(world)

        ended = booked(world, offered["booking_id"])
        assert (ended["status"], ended["cancel_cause"]) == ("cancelled", "offer_expired")
        assert [o["booking_id"] for o in offers(world, status="open")] == [offered["second"]]
        assert slug(answer_offer(world, offered["id"], "accept")) == "offer-expired"
        assert breaches(world) == []

    def test_a_minute_before_the_deadline(self, world: World, offered: dict[str, Any]) -> None:
        world.clock.now += 48 * HOUR - timedelta(minutes=1)

        assert answer_offer(world, offered["id"], "accept").status_code == 200

    def test_list_ends_what_is_overdue(self, world: World, offered: dict[str, Any]) -> None:
        world.clock.now += 48 * HOUR

        assert [offer["status"] for offer in offers(world)] == ["expired"]

    def test_declined_too_late_has_run_out(self, world: World, offered: dict[str, Any]) -> None:
        world.clock.now += 48 * HOUR

        answer = answer_offer(world, offered["id"], "decline")

        assert (answer.status_code, answer.json()["status"]) == (200, "expired")
        assert answer.json()["booking"]["cancel_cause"] == "offer_expired"
        assert breaches(world) == []

    def test_cancelled_booking_withdraws_its_offer(
        self, world: World, offered: dict[str, Any]
    ) -> None:
        said = cancel(world, offered["booking_id"])

        assert (said["in_time"], said["entitlement_given_back"]) == (True, False)
        work_round(world)
        found = {offer["id"]: offer["status"] for offer in offers(world)}
        assert found.pop(offered["id"]) == "withdrawn"
        assert list(found.values()) == ["open"]
        assert slug(answer_offer(world, offered["id"], "accept")) == "offer-closed"
        assert breaches(world) == []

    def test_refusal_keeps_the_offer_open(self, world: World, offered: dict[str, Any]) -> None:
        elsewhere = add_session(world, add_activity(world), SATURDAY + timedelta(days=1))
        other = book(world, offered["child_id"], elsewhere).json()["id"]

        refused = answer_offer(world, offered["id"], "accept")

        assert slug(refused) == "entitlement-exhausted"
        assert refused.json()["facts"]["used"] == 1
        assert [o["id"] for o in offers(world, status="open")] == [offered["id"]]
        assert breaches(world) == []
        cancel(world, other)
        assert answer_offer(world, offered["id"], "accept").status_code == 200

    def test_overlap_since_the_offer(self, world: World, offered: dict[str, Any]) -> None:
        same_time = add_session(world, add_activity(world))
        made = book(world, offered["child_id"], same_time, funding="contributory")
        assert made.status_code == 201

        assert slug(answer_offer(world, offered["id"], "accept")) == "session-overlap"

    def test_support_is_kept_with_the_place(self, world: World) -> None:
        add_service(world, "interpreter", per_week=1)
        limited = [{"need": "one_to_one", "kind": "limited", "per_session": 1}]
        session_id = add_session(world, add_activity(world, offers=limited), capacity=1)
        needs = [essential("one_to_one"), essential("interpreter")]
        first, second, third = add_children(world, 3, needs=needs)
        taken = book(world, first, session_id).json()["id"]
        booking_id = wait_for(world, second, session_id)
        wait_for(world, third, session_id)
        cancel(world, taken)
        work_round(world)
        [offer] = offers(world)
        assert breaches(world) == []

        accepted = answer_offer(world, offer["id"], "accept").json()["booking"]

        assert accepted["status"] == "held", "until the interpreter is arranged"
        assert [task["need"] for task in accepted["arrangements"]] == ["interpreter"]
        assert accepted["hold_expires_at"].startswith("2027-03-06T10:00")
        assert breaches(world) == []
        [task] = accepted["arrangements"]
        done = world.call(
            "PATCH",
            f"/v1/arrangements/{task['id']}",
            json={"status": "done"},
            headers={"If-Match": "*"},
        )
        assert done.status_code == 200, done.text
        assert booked(world, booking_id)["status"] == "confirmed"
        assert breaches(world) == []

    def test_support_is_given_back_with_the_place(self, world: World) -> None:
        add_service(world, "interpreter", per_week=1)
        session_id = add_session(world, add_activity(world), capacity=1)
        first, second = add_children(world, 2, needs=[essential("interpreter")])
        taken = book(world, first, session_id).json()["id"]
        wait_for(world, second, session_id)
        cancel(world, taken)
        work_round(world)
        [offer] = offers(world)

        answer_offer(world, offer["id"], "decline")

        assert breaches(world) == []
        assert book(world, first, session_id).status_code == 201

    def test_needs_that_have_changed_are_met_anew(
        self, world: World, offered: dict[str, Any]
    ) -> None:
        add_service(world, "interpreter", per_week=1)
        path = f"/v1/children/{offered['child_id']}"
        for needs in ([essential("hoist")], [essential("interpreter")]):
            changed = world.call(
                "PATCH",
                path,
                json={"needs": needs},
                headers={"If-Match": world.call("GET", path).headers["ETag"]},
            )
            assert changed.status_code == 200, changed.text
            if needs[0]["code"] == "hoist":
                refused = answer_offer(world, offered["id"], "accept")
                assert slug(refused) == "support-unavailable"

        accepted = answer_offer(world, offered["id"], "accept").json()["booking"]

        assert accepted["status"] == "held"
        assert [task["need"] for task in accepted["arrangements"]] == ["interpreter"]
        assert breaches(world) == []


class TestWhoSees:
    def test_family_sees_and_answers_its_own(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        taken = book(world, add_children(world, 1)[0], session_id).json()["id"]
        household = world.household()
        mine = add_child(world, household_id=household)
        [theirs] = add_children(world, 1)
        ids = [wait_for(world, child_id, session_id) for child_id in (mine, theirs)]
        consent = {"purpose": "booking", "given": True, "by": "parent"}
        world.call("POST", f"/v1/children/{mine}/consents", json=consent)
        token = world.family_token(household)
        cancel(world, taken)
        work_round(world)

        [seen] = world.call_with(token, "GET", "/v1/offers").json()["items"]
        waiting = world.call_with(token, "GET", "/v1/bookings").json()["items"]
        accepted = world.call_with(token, "POST", f"/v1/offers/{seen['id']}/accept")

        assert seen["booking_id"] == ids[0]
        assert [booking["id"] for booking in waiting] == [ids[0]]
        assert waiting[0]["waitlist"]["of"] == 2
        assert accepted.json()["status"] == "accepted"
        forbidden = world.call_with(token, "GET", f"/v1/sessions/{session_id}/waitlist")
        assert forbidden.status_code == 403

    def test_family_without_consent(self, world: World, full: tuple[str, str]) -> None:
        session_id, first = full
        household = world.household()
        mine = add_child(world, household_id=household)
        wait_for(world, mine, session_id)
        token = world.family_token(household)
        cancel(world, first)
        work_round(world)
        [offer] = world.call_with(token, "GET", "/v1/offers").json()["items"]

        refused = world.call_with(token, "POST", f"/v1/offers/{offer['id']}/accept")

        assert (refused.status_code, slug(refused)) == (403, "consent-missing")
