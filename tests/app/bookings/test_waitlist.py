"""Waiting lists over HTTP: joining, the fair order, offers, answers and what is told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bookings.cancelling import expire_holds
from app.bookings.models import Booking
from app.bookings.promoting import keep_free_places
from app.db import transaction
from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.races import add_children, add_service, breaches, essential
from tests.support.waiting import (
    answer_offer,
    booked,
    cancel,
    history,
    offers,
    one_step,
    wait_for,
    work_round,
)
from tests.support.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def full(world: World) -> tuple[str, str]:
    """Fill a session of one place; give the session and the booking that has it."""
    session_id = add_session(world, add_activity(world), capacity=1)
    [child_id] = add_children(world, 1)
    made = book(world, child_id, session_id)
    assert made.status_code == 201, made.text
    return session_id, made.json()["id"]


def left(world: World, session_id: str) -> int:
    """Read how many places a session has left."""
    places: int = world.call("GET", f"/v1/sessions/{session_id}").json()["places_left"]
    return places


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
        assert left(world, session_id) == 0
        assert breaches(world) == []

    def test_books_at_once_where_a_place_is_free(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        [child_id] = add_children(world, 1)

        booking = book(world, child_id, session_id, waitlist=True).json()

        assert (booking["status"], booking["waitlist"]) == ("confirmed", None)
        assert left(world, session_id) == 0

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


class TestPromotion:
    def test_freed_place_is_kept_and_offered(self, world: World, full: tuple[str, str]) -> None:
        session_id, first = full
        child_id, late = add_children(world, 2)
        booking_id = wait_for(world, child_id, session_id)

        cancel(world, first)

        refused = book(world, late, session_id)
        assert slug(refused) == "session-full"
        assert refused.json()["facts"]["kept_for_waitlist"] is True
        work_round(world)
        [offer] = offers(world, child_id=child_id)
        assert (offer["status"], offer["source"]) == ("open", "waitlist")
        assert offer["expires_at"].startswith("2027-03-03T12:00"), "48 hours to answer"
        assert left(world, session_id) == 0, "the place is kept"
        waiting = booked(world, booking_id)
        assert (waiting["status"], waiting["uses_entitlement"]) == ("waitlisted", False)
        assert waiting["waitlist"]["offer_id"] == offer["id"]
        assert waiting["waitlist"]["chance"] == 1.0
        assert [change["what"] for change in history(world, booking_id)] == [
            "booking.waitlisted",
            "booking.offered",
        ]
        assert breaches(world) == []

    def test_hold_that_runs_out_frees_a_place(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        holder, child_id, late = add_children(world, 3)
        assert book(world, holder, session_id, hold_minutes=10).json()["status"] == "held"
        booking_id = wait_for(world, child_id, session_id)
        world.clock.now += timedelta(minutes=10)

        # Whoever comes next ends the hold, but the place is not theirs.
        assert slug(book(world, late, session_id)) == "session-full"
        with transaction(world.sessions, world.authority_id) as session:
            expire_holds(session, now=world.clock.now)
        work_round(world)

        assert [offer["booking_id"] for offer in offers(world, status="open")] == [booking_id]

    def test_more_capacity_frees_places(self, world: World, full: tuple[str, str]) -> None:
        session_id, _ = full
        waiting = [wait_for(world, child_id, session_id) for child_id in add_children(world, 3)]

        etag = world.call("GET", f"/v1/sessions/{session_id}").headers["ETag"]
        raised = world.call(
            "PATCH",
            f"/v1/sessions/{session_id}",
            json={"capacity": 3},
            headers={"If-Match": etag},
        )
        assert raised.status_code == 200, raised.text
        work_round(world)

        assert [o["booking_id"] for o in offers(world, session_id=session_id)] == waiting[:2]
        assert left(world, session_id) == 0
        assert breaches(world) == []

    def test_job_is_deferred_with_the_freeing(self, world: World, full: tuple[str, str]) -> None:
        wait_for(world, add_children(world, 1)[0], full[0])

        cancel(world, full[1])

        with transaction(world.sessions, world.authority_id) as session:
            job = session.execute(
                text(
                    "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'offer_places_of'"
                    " AND args ->> 'session_id' = :id AND args ->> 'authority_id' = :authority"
                ),
                {"id": full[0], "authority": str(world.authority_id)},
            ).scalar_one()
        assert job == 1

    def test_place_is_anybodys_where_nobody_waits(
        self, world: World, full: tuple[str, str]
    ) -> None:
        cancel(world, full[1])

        assert book(world, add_children(world, 1)[0], full[0]).status_code == 201

    def test_place_is_anybodys_once_nobody_is_left(
        self, world: World, full: tuple[str, str]
    ) -> None:
        session_id, first = full
        booking_id = wait_for(world, add_children(world, 1)[0], session_id)
        cancel(world, first)
        cancel(world, booking_id)
        work_round(world)

        assert book(world, add_children(world, 1)[0], session_id).status_code == 201
        assert breaches(world) == []

    def test_cancelled_session_ends_its_list(self, world: World, full: tuple[str, str]) -> None:
        session_id, first = full
        waiting = [wait_for(world, child_id, session_id) for child_id in add_children(world, 2)]
        cancel(world, first)
        work_round(world)
        etag = world.call("GET", f"/v1/sessions/{session_id}").headers["ETag"]
        world.call(
            "PATCH",
            f"/v1/sessions/{session_id}",
            json={"status": "cancelled"},
            headers={"If-Match": etag},
        )
        assert breaches(world) == []
        [offer] = offers(world, status="open")
        assert slug(answer_offer(world, offer["id"], "accept")) == "session-cancelled"

        work_round(world)

        assert {booked(world, id_)["cancel_cause"] for id_ in waiting} == {"provider"}
        assert [offer["status"] for offer in offers(world)] == ["withdrawn"]
        assert left(world, session_id) == 1
        assert breaches(world) == []

    def test_nobody_is_asked_when_there_is_no_time(
        self, world: World, full: tuple[str, str]
    ) -> None:
        session_id, first = full
        booking_id = wait_for(world, add_children(world, 1)[0], session_id)
        world.clock.now = SATURDAY - 2 * HOUR + timedelta(minutes=1)
        cancel(world, first)
        work_round(world)

        assert offers(world) == []
        assert booked(world, booking_id)["status"] == "waitlisted"
        assert book(world, add_children(world, 1)[0], session_id).status_code == 201

    def test_deadline_leaves_time_to_go_and_to_arrange(self, world: World) -> None:
        arranged = [{"need": "interpreter", "kind": "on_request", "lead_days": 4}]
        activity_id = add_activity(world, offers=arranged)
        soon = add_session(world, activity_id, world.clock.now + 20 * HOUR, capacity=1)
        later = add_session(world, activity_id, capacity=1)
        with_need = add_children(world, 2, needs=[essential("interpreter")])
        plain = add_children(world, 2)
        for child_id, session_id in ((plain[0], soon), (with_need[0], later)):
            made = book(world, child_id, session_id)
            assert made.status_code == 201, made.text
        wait_for(world, plain[1], soon)
        wait_for(world, with_need[1], later)
        for booking in world.call("GET", "/v1/bookings").json()["items"]:
            if booking["status"] != "waitlisted":
                cancel(world, booking["id"])
        work_round(world)

        found = {offer["session_id"]: offer["expires_at"] for offer in offers(world)}

        assert found[soon].startswith("2027-03-02T07:00"), "an hour before the start"
        assert found[later].startswith("2027-03-02T10:00"), "the last day to ask for it"


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


class TestSkips:
    def test_whoever_cannot_come_is_passed_over_with_the_reason(
        self, world: World, full: tuple[str, str]
    ) -> None:
        session_id, first = full
        busy, next_ = add_children(world, 2)
        skipped, taken = (wait_for(world, child_id, session_id) for child_id in (busy, next_))
        elsewhere = add_session(world, add_activity(world), SATURDAY + timedelta(days=1))
        assert book(world, busy, elsewhere).status_code == 201

        cancel(world, first)
        work_round(world)

        assert [offer["booking_id"] for offer in offers(world)] == [taken]
        last = history(world, skipped)[-1]
        assert (last["what"], last["cause"]) == ("booking.skipped", "entitlement-exhausted")
        assert (last["facts"]["used"], last["facts"]["allowed"]) == (1, 1)
        turns = world.call("GET", f"/v1/sessions/{session_id}/waitlist").json()["items"]
        told = {turn["booking_id"]: turn["skip_reason"] for turn in turns}
        assert told == {skipped: "entitlement-exhausted", taken: None}
        assert breaches(world) == []

    def test_passed_over_for_one_place_gets_the_next(
        self, world: World, full: tuple[str, str]
    ) -> None:
        session_id, first = full
        [busy] = add_children(world, 1)
        booking_id = wait_for(world, busy, session_id)
        elsewhere = add_session(world, add_activity(world), SATURDAY + timedelta(days=1))
        other = book(world, busy, elsewhere).json()["id"]
        cancel(world, first)
        work_round(world)
        assert offers(world) == []
        late = book(world, add_children(world, 1)[0], session_id)
        assert late.status_code == 201, "nobody who waits can have it"
        cancel(world, other)

        cancel(world, late.json()["id"])
        work_round(world)

        assert [offer["booking_id"] for offer in offers(world)] == [booking_id]

    def test_looks_again_at_what_stayed_free(self, world: World, full: tuple[str, str]) -> None:
        session_id, first = full
        [busy] = add_children(world, 1)
        booking_id = wait_for(world, busy, session_id)
        elsewhere = add_session(world, add_activity(world), SATURDAY + timedelta(days=1))
        other = book(world, busy, elsewhere).json()["id"]
        cancel(world, first)
        work_round(world)

        def look_again() -> None:
            with transaction(world.sessions, world.authority_id) as session:
                keep_free_places(session, now=world.clock.now)
            work_round(world)

        look_again()
        changes = [change["what"] for change in history(world, booking_id)]
        assert changes == ["booking.waitlisted", "booking.skipped"], "told once a day"
        cancel(world, other)
        look_again()

        assert [offer["booking_id"] for offer in offers(world)] == [booking_id]
        assert breaches(world) == []

    def test_needs_and_overlaps_are_judged_again(self, world: World, full: tuple[str, str]) -> None:
        session_id, first = full
        needing, away, next_ = add_children(world, 3)
        ids = [wait_for(world, child_id, session_id) for child_id in (needing, away, next_)]
        etag = world.call("GET", f"/v1/children/{needing}").headers["ETag"]
        changed = world.call(
            "PATCH",
            f"/v1/children/{needing}",
            json={"needs": [essential("hoist")]},
            headers={"If-Match": etag},
        )
        assert changed.status_code == 200, changed.text
        same_time = add_session(world, add_activity(world))
        assert book(world, away, same_time, funding="contributory").status_code == 201

        cancel(world, first)
        work_round(world)

        reasons = [history(world, id_)[-1]["cause"] for id_ in ids]
        assert reasons == ["support-unavailable", "session-overlap", None]
        assert breaches(world) == []


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
        assert left(world, offered["session_id"]) == 0
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


class TestInterrupted:
    def test_each_step_leaves_what_the_next_round_finishes(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=2)
        taken = [book(world, id_, session_id).json()["id"] for id_ in add_children(world, 2)]
        waiting = [wait_for(world, id_, session_id) for id_ in add_children(world, 3)]
        for booking_id in taken:
            cancel(world, booking_id)

        assert one_step(world, session_id)
        assert breaches(world) == []
        assert [o["booking_id"] for o in offers(world)] == waiting[:1]
        assert slug(book(world, add_children(world, 1)[0], session_id)) == "session-full"
        work_round(world)

        assert [o["booking_id"] for o in offers(world)] == waiting[:2]
        assert breaches(world) == []
        with transaction(world.sessions, world.authority_id) as session:
            assert session.get_one(Booking, (world.authority_id, waiting[2])).version == 1
