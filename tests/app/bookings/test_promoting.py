"""What comes free is offered to who is next, over HTTP and by the worker's rounds."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from app.bookings.cancelling import expire_holds
from app.bookings.models import Booking
from app.bookings.promoting import keep_free_places
from app.db import transaction
from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.races import add_children, breaches, essential
from tests.support.waiting import (
    answer_offer,
    booked,
    cancel,
    history,
    offers,
    one_step,
    places_left,
    wait_for,
    work_round,
)
from tests.support.world import World

HOUR = timedelta(hours=1)


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
        assert places_left(world, session_id) == 0, "the place is kept"
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
        assert places_left(world, session_id) == 0
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

    @pytest.mark.parametrize("waitlist", [False, True])
    def test_an_offer_that_ran_out_keeps_no_place(
        self, world: World, full: tuple[str, str], waitlist: bool
    ) -> None:
        session_id, first = full
        booking_id = wait_for(world, add_children(world, 1)[0], session_id)
        cancel(world, first)
        work_round(world)
        [offer] = offers(world, session_id=session_id)
        late = add_children(world, 1)[0]
        world.clock.now = datetime.fromisoformat(offer["expires_at"])

        # No worker has been there since.
        answer = book(world, late, session_id, waitlist=waitlist)

        assert (answer.status_code, answer.json().get("status")) == (201, "confirmed"), answer.text
        assert booked(world, booking_id)["cancel_cause"] == "offer_expired"
        assert breaches(world) == []

    def test_an_offer_that_ran_out_leaves_its_place_to_who_is_next(
        self, world: World, full: tuple[str, str]
    ) -> None:
        session_id, first = full
        line = [wait_for(world, child_id, session_id) for child_id in add_children(world, 2)]
        cancel(world, first)
        work_round(world)
        [offer] = offers(world, session_id=session_id)
        late = add_children(world, 1)[0]
        world.clock.now = datetime.fromisoformat(offer["expires_at"])

        refused = book(world, late, session_id)

        assert slug(refused) == "session-full"
        work_round(world)
        [offer] = offers(world, session_id=session_id, status="open")
        assert offer["booking_id"] == line[1]
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
        assert places_left(world, session_id) == 1
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
