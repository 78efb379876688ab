"""Placing bookings, over HTTP: what is given, and every refusal with its reason."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.clock import NOON
from tests.support.world import World


class TestPlaceBooking:
    def test_takes_a_place_and_the_entitlement(self, world: World) -> None:
        child_id = add_child(world)
        session_id = add_session(world, add_activity(world))

        answer = book(world, child_id, session_id)

        assert answer.status_code == 201, answer.text
        booking = answer.json()
        assert booking["status"] == "confirmed"
        assert booking["month"] == "2027-03"
        assert booking["price_pence"] == 0
        left = world.call("GET", f"/v1/children/{child_id}/entitlements?month=2027-03").json()
        assert left["free"] == {"allowed": 1, "used": 1, "remaining": 0}
        assert left["contributory"] == {"allowed": 1, "used": 0, "remaining": 1}

    def test_second_free_activity_of_a_month(self, world: World) -> None:
        child_id = add_child(world)
        activity_id = add_activity(world)
        first = add_session(world, activity_id)
        second = add_session(world, activity_id, SATURDAY + timedelta(days=7))
        assert book(world, child_id, first).status_code == 201

        refused = book(world, child_id, second)

        assert refused.status_code == 409
        assert slug(refused) == "entitlement-exhausted"
        assert refused.json()["facts"] == {
            "month": "2027-03",
            "funding": "free",
            "measure": "free",
            "period": "2027-03",
            "allowed": 1,
            "used": 1,
            "wanted": 1,
            "remedy": "a session in another month, a cancelled booking, or a higher entitlement",
            "possible_funding": "contributory",
            "contributory_remaining": 1,
        }
        paid = book(world, child_id, second, funding="contributory")
        assert paid.status_code == 201
        assert paid.json()["price_pence"] == 500

    def test_last_place(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        assert book(world, add_child(world), session_id).status_code == 201
        late = add_child(world)

        refused = book(world, late, session_id)

        assert (refused.status_code, slug(refused)) == (409, "session-full")
        assert refused.json()["facts"]["capacity"] == 1
        left = world.call("GET", f"/v1/children/{late}/entitlements?month=2027-03").json()
        assert left["free"]["used"] == 0, "a refusal uses nothing"

    def test_hold_expires_and_frees_what_it_took(self, world: World) -> None:
        child_id, other = add_child(world), add_child(world)
        session_id = add_session(world, add_activity(world), capacity=1)
        held = book(world, child_id, session_id, hold_minutes=30)
        assert held.json()["status"] == "held"
        assert slug(book(world, other, session_id)) == "session-full"

        world.clock.now += timedelta(minutes=31)

        assert book(world, other, session_id).status_code == 201
        ended = world.call("GET", f"/v1/bookings/{held.json()['id']}").json()
        assert (ended["status"], ended["cancel_cause"]) == ("cancelled", "hold_expired")
        assert ended["uses_entitlement"] is False

    def test_support_to_arrange_holds_the_booking(self, world: World) -> None:
        offers = [{"need": "interpreter", "kind": "on_request", "lead_days": 2, "cost_pence": 4500}]
        session_id = add_session(world, add_activity(world, offers=offers))
        child_id = add_child(world, needs=[{"code": "interpreter", "importance": "essential"}])

        booking = book(world, child_id, session_id).json()

        assert booking["status"] == "held"
        [task] = booking["arrangements"]
        assert (task["need"], task["source"], task["status"]) == ("interpreter", "provider", "open")
        assert task["due_at"].startswith("2027-03-04T10:00:00")
        confirmed = world.call("POST", f"/v1/bookings/{booking['id']}/confirm")
        assert slug(confirmed) == "arrangements-open"

    def test_limited_support_is_not_oversold(self, world: World) -> None:
        offers = [{"need": "one_to_one", "kind": "limited", "per_session": 1}]
        session_id = add_session(world, add_activity(world, offers=offers))
        needs = [{"code": "one_to_one", "importance": "essential"}]
        first, second = add_child(world, needs=needs), add_child(world, needs=needs)
        booked = book(world, first, session_id)
        assert booked.json()["status"] == "confirmed"

        assert slug(book(world, second, session_id)) == "support-unavailable"

        world.call("POST", f"/v1/bookings/{booked.json()['id']}/cancel")
        assert book(world, second, session_id).status_code == 201

    def test_helpful_need_leaves_the_limited_place_to_an_essential_one(self, world: World) -> None:
        offers = [{"need": "one_to_one", "kind": "limited", "per_session": 1}]
        session_id = add_session(world, add_activity(world, offers=offers))
        helped = add_child(world, needs=[{"code": "one_to_one", "importance": "helpful"}])
        needing = add_child(world, needs=[{"code": "one_to_one", "importance": "essential"}])

        assert book(world, helped, session_id).status_code == 201
        assert book(world, needing, session_id).status_code == 201

    def test_support_service_has_so_many_places_a_week(self, world: World) -> None:
        service = {"need": "one_to_one", "lead_days": 2, "cost_pence": 9000, "per_week": 1}
        added = world.call("POST", "/v1/authority/support-services", json=service)
        assert added.status_code == 201, added.text
        session_id = add_session(world, add_activity(world))
        needs = [{"code": "one_to_one", "importance": "essential"}]
        booked = book(world, add_child(world, needs=needs), session_id).json()
        assert booked["arrangements"][0]["source"] == "authority"

        refused = book(world, add_child(world, needs=needs), session_id)

        assert slug(refused) == "support-unavailable"


BORN_ON_LEAP_DAY = {"date_of_birth": "2016-02-29"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("child", "activity", "session", "expected", "reason"),
        [
            ({}, {"min_age": 11}, {}, "not-eligible", "ten is too young for 11 and over"),
            ({}, {"max_age": 9}, {}, "not-eligible", "ten is too old for up to 9"),
            ({}, {"gender": "female"}, {}, "not-eligible", "nobody said that she is a girl"),
            ({"gender": "male"}, {"gender": "female"}, {}, "not-eligible", "girls only"),
            ({"travel": {"max_km": 1}}, {"latitude": 53.2}, {}, "not-eligible", "22 km away"),
            (
                {"interests": [{"text": "fishing", "feeling": "avoid", "voice": "child"}]},
                {"concepts": ["angling"]},
                {},
                "not-eligible",
                "the child avoids what the activity is",
            ),
            (
                {"needs": [{"code": "hoist", "importance": "essential"}]},
                {},
                {},
                "support-unavailable",
                "nobody has a hoist",
            ),
            ({}, {}, {"starts_at": NOON - timedelta(hours=1)}, "session-started", "an hour ago"),
            ({}, {}, {"starts_at": NOON}, "session-started", "it begins this very moment"),
            ({}, {}, {"status": "cancelled"}, "session-cancelled", "it was called off"),
            ({"date_of_birth": "2008-03-06"}, {}, {}, "policy-age", "19 on the day of the session"),
            ({"date_of_birth": "2008-03-07"}, {}, {}, None, "19 on the day after"),
            (BORN_ON_LEAP_DAY, {"min_age": 11}, {}, None, "11 since 1 March of a common year"),
            (
                {"needs": [{"code": "hoist", "importance": "helpful"}]},
                {},
                {},
                None,
                "what is only helpful blocks nothing",
            ),
            (
                {"availability": [{"weekday": "monday", "start": "09:00", "end": "12:00"}]},
                {},
                {},
                None,
                "the family knows best when it has time",
            ),
        ],
    )
    def test_reason(
        self,
        world: World,
        child: dict[str, Any],
        activity: dict[str, Any],
        session: dict[str, Any],
        expected: str | None,
        reason: str,
    ) -> None:
        session_id = add_session(world, add_activity(world, **activity), **session)

        answer = book(world, add_child(world, **child), session_id)

        if expected is None:
            assert answer.status_code == 201, f"{reason}: {answer.text}"
        else:
            assert (answer.status_code, slug(answer)) == (409, expected), reason

    def test_already_booked(self, world: World) -> None:
        child_id, session_id = add_child(world), add_session(world, add_activity(world))
        first = book(world, child_id, session_id).json()

        refused = book(world, child_id, session_id, funding="contributory")

        assert slug(refused) == "already-booked"
        assert refused.json()["facts"]["booking_id"] == first["id"]

    @pytest.mark.parametrize(
        ("hours", "expected", "reason"),
        [
            (1, "session-overlap", "it begins before the other ends"),
            (2, None, "it begins as the other ends"),
            (-2, None, "it ends as the other begins"),
            (-1, "session-overlap", "it ends after the other begins"),
        ],
    )
    def test_overlap(self, world: World, hours: int, expected: str | None, reason: str) -> None:
        child_id, activity_id = add_child(world), add_activity(world)
        assert book(world, child_id, add_session(world, activity_id)).status_code == 201
        other = add_session(world, activity_id, SATURDAY + timedelta(hours=hours))

        answer = book(world, child_id, other, funding="contributory")

        assert (expected is None) == (answer.status_code == 201), reason
        assert expected is None or slug(answer) == expected

    def test_funding_the_activity_does_not_offer(self, world: World) -> None:
        session_id = add_session(world, add_activity(world, funding=["contributory"]))

        refused = book(world, add_child(world), session_id)

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "funding"

    def test_unknown_session_and_child(self, world: World, other_world: World) -> None:
        theirs = add_session(other_world, add_activity(other_world))
        child_id = add_child(world)

        assert book(world, child_id, theirs).status_code == 404
        assert book(world, child_id, str(uuid4())).status_code == 404
        assert book(other_world, child_id, theirs).status_code == 404

    def test_family_app_needs_consent(self, world: World) -> None:
        household_id = world.household()
        child_id = add_child(world, household_id=household_id)
        session_id = add_session(world, add_activity(world))
        token = world.family_token(household_id)
        body = {"child_id": child_id, "session_id": session_id, "funding": "free"}

        def try_to_book() -> Any:
            return world.call_with(
                token, "POST", "/v1/bookings", json=body, headers={"Idempotency-Key": "once"}
            )

        refused = try_to_book()
        assert (refused.status_code, slug(refused)) == (403, "consent-missing")

        consent = {"purpose": "booking", "given": True, "by": "parent"}
        answer = world.call_with(token, "POST", f"/v1/children/{child_id}/consents", json=consent)
        assert answer.status_code == 201, answer.text
        assert try_to_book().status_code == 201


class TestMonth:
    @pytest.mark.parametrize(
        ("starts_at", "month", "reason"),
        [
            (datetime(2027, 3, 31, 22, 59, tzinfo=UTC), "2027-03", "23:59 in summer time"),
            (datetime(2027, 3, 31, 23, 0, tzinfo=UTC), "2027-04", "midnight in summer time"),
            (datetime(2027, 10, 31, 23, 59, tzinfo=UTC), "2027-10", "the clocks went back"),
            (datetime(2027, 12, 31, 23, 59, tzinfo=UTC), "2027-12", "the year's last minute"),
            (datetime(2028, 1, 1, 0, 0, tzinfo=UTC), "2028-01", "the year's first minute"),
            (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), "2028-02", "a leap day"),
        ],
    )
    def test_is_the_sessions_in_london(
        self, world: World, starts_at: datetime, month: str, reason: str
    ) -> None:
        session_id = add_session(world, add_activity(world), starts_at)

        booking = book(world, add_child(world), session_id).json()

        assert booking["month"] == month, reason


class TestIdempotencyKey:
    def test_is_needed(self, world: World) -> None:
        body = {"child_id": str(uuid4()), "session_id": str(uuid4()), "funding": "free"}

        answer = world.call("POST", "/v1/bookings", json=body)

        assert (answer.status_code, slug(answer)) == (400, "idempotency-key-missing")

    def test_replay_gives_the_booking_as_it_is_now(self, world: World) -> None:
        child_id, session_id = add_child(world), add_session(world, add_activity(world))
        first = book(world, child_id, session_id, key="k1")
        world.call("POST", f"/v1/bookings/{first.json()['id']}/cancel")

        again = book(world, child_id, session_id, key="k1")

        assert again.status_code == 201
        assert (again.json()["id"], again.json()["status"]) == (first.json()["id"], "cancelled")

    def test_other_body(self, world: World) -> None:
        child_id, session_id = add_child(world), add_session(world, add_activity(world))
        book(world, child_id, session_id, key="k1")

        answer = book(world, child_id, session_id, key="k1", funding="contributory")

        assert (answer.status_code, slug(answer)) == (422, "idempotency-key-reused")

    def test_refusal_is_not_kept(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        first = book(world, add_child(world), session_id).json()
        child_id = add_child(world)
        assert slug(book(world, child_id, session_id, key="k1")) == "session-full"
        world.call("POST", f"/v1/bookings/{first['id']}/cancel")

        assert book(world, child_id, session_id, key="k1").status_code == 201

    def test_belongs_to_one_family(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        booked = set()
        for _ in range(2):
            household_id = world.household()
            child_id = add_child(world, household_id=household_id)
            world.call(
                "POST",
                f"/v1/children/{child_id}/consents",
                json={"purpose": "booking", "given": True, "by": "parent"},
            )
            answer = world.call_with(
                world.family_token(household_id),
                "POST",
                "/v1/bookings",
                json={"child_id": child_id, "session_id": session_id, "funding": "free"},
                headers={"Idempotency-Key": "the same"},
            )
            assert answer.status_code == 201, answer.text
            booked.add(answer.json()["id"])
        assert len(booked) == 2
