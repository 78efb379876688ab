"""Closing a provider, an activity or a session: what is cancelled, what bookings become."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app.catalogue.models import Provider
from app.db import transaction
from app.ids import new_id
from app.outbox.models import Event
from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.closing import booked_id, close, close_and_work, read_closure, work_on
from tests.support.races import breaches, essential
from tests.support.waiting import booked, cancel, history, offers, wait_for, work_round
from tests.support.world import World

WEEK = timedelta(days=7)


def add_provider(world: World) -> UUID:
    """Add another provider, which stays open."""
    answer = world.call("POST", "/v1/providers", json={"name": "Rangers", "kind": "specialist"})
    return UUID(answer.json()["id"])


def statuses(world: World, *session_ids: str) -> list[str]:
    return [world.call("GET", f"/v1/sessions/{id_}").json()["status"] for id_ in session_ids]


class TestClose:
    def test_cancels_what_is_scheduled_from_then_on(self, world: World) -> None:
        activity_id = add_activity(world)
        first, second, third = (
            add_session(world, activity_id, SATURDAY + n * WEEK) for n in range(3)
        )
        elsewhere = add_session(world, add_activity(world, provider_id=add_provider(world)))

        closure = close(world, provider_id=str(world.provider_id), **{"from": "2027-03-13"})

        assert closure["sessions"] == 2
        assert closure["status"] == "working"
        assert closure["from"] == "2027-03-13T00:00:00Z"
        assert statuses(world, first, second, third, elsewhere) == [
            *("scheduled", "cancelled", "cancelled", "scheduled")
        ]

    @pytest.mark.parametrize("field", ["provider_id", "activity_id", "session_id"])
    def test_targets(self, world: World, field: str) -> None:
        activity_id = add_activity(world)
        sibling_activity = add_activity(world)
        session_id = add_session(world, activity_id)
        other = add_session(world, activity_id, SATURDAY + WEEK)
        third = add_session(world, sibling_activity)
        ids = {
            "provider_id": str(world.provider_id),
            "activity_id": str(activity_id),
            "session_id": session_id,
        }

        close(world, **{field: ids[field]})

        hit = {"provider_id": 3, "activity_id": 2, "session_id": 1}[field]
        assert statuses(world, session_id, other, third) == (
            ["cancelled"] * hit + ["scheduled"] * (3 - hit)
        )

    def test_new_bookings_refuse_at_once(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        close(world, session_id=session_id)

        answer = book(world, add_child(world), session_id)

        assert (answer.status_code, slug(answer)) == (409, "session-cancelled")

    def test_ends_every_kind_of_booking(self, world: World) -> None:
        service = {"need": "interpreter", "lead_days": 1, "cost_pence": 900, "per_week": 1}
        assert world.call("POST", "/v1/authority/support-services", json=service).status_code == 201
        offered = [{"need": "one_to_one", "kind": "limited", "per_session": 1}]
        activity_id = add_activity(world, offers=offered)
        session_id = add_session(world, activity_id, capacity=3)
        supported = add_child(world, needs=[essential("one_to_one"), essential("interpreter")])
        children = [supported, *(add_child(world) for _ in range(4))]
        arranged = booked_id(world, children[0], session_id)
        held = booked_id(world, children[1], session_id, hold_minutes=60)
        leaving = booked_id(world, children[2], session_id)
        offered_id = wait_for(world, children[3], session_id)
        waiting = wait_for(world, children[4], session_id)
        cancel(world, leaving)
        work_round(world)
        assert [offer["booking_id"] for offer in offers(world)] == [offered_id]

        closure = close_and_work(world, session_id=session_id)

        lost = {plan["booking_id"]: plan["was"] for plan in closure["plans"]["items"]}
        assert lost == {
            arranged: "held",
            held: "held",
            offered_id: "waitlisted",
            waiting: "waitlisted",
        }
        assert closure["status"] == "done"
        for booking_id in lost:
            booking = booked(world, booking_id)
            assert (booking["status"], booking["cancel_cause"]) == ("cancelled", "provider")
            assert booking["cancel_reason"] == "The lake is dry."
            last = history(world, booking_id)[-1]
            assert (last["what"], last["cause"]) == ("booking.cancelled", "provider")
        assert offers(world)[0]["status"] == "withdrawn"
        session = world.call("GET", f"/v1/sessions/{session_id}").json()
        assert session["places_left"] == 3
        assert breaches(world) == []

    def test_gives_entitlement_back_however_late(self, world: World) -> None:
        child_id = add_child(world)
        session_id = add_session(world, add_activity(world), world.clock.now + timedelta(hours=1))
        booked_id(world, child_id, session_id)

        close_and_work(world, session_id=session_id)

        left = world.call("GET", f"/v1/children/{child_id}/entitlements?month=2027-03").json()
        assert (left["free"]["used"], left["free"]["remaining"]) == (0, 1)
        assert breaches(world) == []

    def test_again_answers_the_same(self, world: World) -> None:
        activity_id = add_activity(world)
        session_id = add_session(world, activity_id)
        booked_id(world, add_child(world), session_id)
        closure = close_and_work(world, activity_id=str(activity_id))

        world.clock.now += timedelta(minutes=5)
        again = close(world, activity_id=str(activity_id))
        third = close(world, activity_id=str(activity_id), **{"from": closure["from"]})
        later = close(world, activity_id=str(activity_id), **{"from": "2027-05-01"})

        assert closure["id"] == again["id"] == third["id"] != later["id"]
        assert (
            {**again, "plans": closure["plans"]} == closure == {**third, "plans": closure["plans"]}
        )
        listed = world.call("GET", "/v1/closures").json()["items"]
        assert [one["id"] for one in listed] == [closure["id"], later["id"]]

    def test_again_sweeps_what_has_been_scheduled_since(self, world: World) -> None:
        activity_id = add_activity(world)
        add_session(world, activity_id)
        closure = close_and_work(world, activity_id=str(activity_id))
        added = add_session(world, activity_id, SATURDAY + WEEK)
        booking_id = booked_id(world, add_child(world), added)

        again = close_and_work(world, activity_id=str(activity_id))

        assert again["id"] == closure["id"]
        assert (again["sessions"], again["status"]) == (2, "done")
        assert [plan["booking_id"] for plan in again["plans"]["items"]] == [booking_id]
        assert breaches(world) == []

    @pytest.mark.parametrize(
        "body",
        [{}, {"provider_id": str(new_id()), "activity_id": str(new_id())}, {"from": "soon"}],
        ids=["nothing", "two", "from"],
    )
    def test_refuses_what_is_not_one_thing(self, world: World, body: dict[str, Any]) -> None:
        answer = world.call("POST", "/v1/closures", json={"reason": "dry", **body})

        assert answer.status_code == 422

    def test_moves_the_catalogue(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(world)
        path = f"/v1/children/{child_id}/matches?month=2027-03"
        assert len(world.call("GET", path).json()["items"]) == 1

        close(world, session_id=session_id)

        found = world.call("GET", path).json()
        assert (found["items"], found["blocked"]) == ([], {"cancelled": 1})


class TestCancelledSessions:
    def test_cancelling_by_hand_is_a_closure(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        booking_id = booked_id(world, add_child(world), session_id)

        answer = world.call(
            "PATCH",
            f"/v1/sessions/{session_id}",
            json={"status": "cancelled"},
            headers={"If-Match": "*"},
        )

        assert answer.status_code == 200
        [closure] = world.call("GET", "/v1/closures").json()["items"]
        assert (closure["session_id"], closure["kind"]) == (session_id, "session_cancelled")
        assert (closure["status"], closure["bookings"], closure["progress"]) == ("working", 1, 0)
        # The same session by name is the same closure.
        assert close(world, session_id=session_id)["id"] == closure["id"]
        work_on(world, closure["id"])
        assert booked(world, booking_id)["status"] == "cancelled"
        assert read_closure(world, closure["id"])["status"] == "done"
        assert breaches(world) == []

    def test_one_that_nobody_booked_is_none(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))

        world.call(
            "PATCH",
            f"/v1/sessions/{session_id}",
            json={"status": "cancelled"},
            headers={"If-Match": "*"},
        )

        assert world.call("GET", "/v1/closures").json()["items"] == []

    def test_waiting_list_that_ended_first_is_planned_for(self, world: World) -> None:
        session_id = add_session(world, add_activity(world), capacity=1)
        booked_id(world, add_child(world), session_id)
        waiting = wait_for(world, add_child(world), session_id)
        closure = close(world, session_id=session_id)
        # The worker of waiting lists may be quicker.
        work_round(world)
        assert booked(world, waiting)["status"] == "cancelled"

        work_on(world, closure["id"])

        plans = read_closure(world, closure["id"])["plans"]["items"]
        assert waiting in {plan["booking_id"] for plan in plans}
        assert breaches(world) == []


class TestEvents:
    def test_one_a_family_with_ids_only(self, world: World) -> None:
        activity_id = add_activity(world)
        first, second = (add_session(world, activity_id, SATURDAY + n * 5 * WEEK) for n in range(2))
        child_id, other_id = add_child(world), add_child(world)
        for session_id in (first, second):
            booked_id(world, child_id, session_id)
        booked_id(world, other_id, first)

        closure = close_and_work(world, activity_id=str(activity_id))

        with transaction(world.sessions, world.authority_id) as session:
            told = session.scalars(
                select(Event).where(Event.type == "closure.family_told").order_by(Event.id)
            ).all()
            cancelled = session.scalar(
                select(func.count()).select_from(Event).where(Event.type == "booking.cancelled")
            )
            of_closure = session.scalars(
                select(Event.type)
                .where(Event.object_id == UUID(closure["id"]))
                .order_by(Event.sequence)
            ).all()
        assert {str(event.child_id) for event in told} == {child_id, other_id}
        assert len(told) == 2
        plan_ids = {plan["id"] for plan in closure["plans"]["items"]}
        assert {str(event.object_id) for event in told} <= plan_ids
        assert cancelled == 3
        assert of_closure == ["closure.announced", "closure.done"]

    def test_reads_are_audited_by_child(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(world)
        booked_id(world, child_id, session_id)
        closure = close_and_work(world, session_id=session_id)
        world.call("GET", f"/v1/children/{child_id}/transition-plans")

        with transaction(world.sessions, world.authority_id) as session:
            rows = session.execute(
                text(
                    "SELECT action, child_id, object_id FROM audit_entries WHERE action = ANY (:a)"
                ),
                {"a": ["closure.read", "transition_plan.list"]},
            ).all()

        assert ("closure.read", UUID(child_id), UUID(closure["id"])) in [tuple(row) for row in rows]
        assert "transition_plan.list" in {row.action for row in rows}


def test_provider_is_marked(world: World) -> None:
    close(world, provider_id=str(world.provider_id), **{"from": "2027-04-01"})
    close(world, provider_id=str(world.provider_id), **{"from": "2027-06-01"})

    with transaction(world.sessions, world.authority_id) as session:
        closed_from = session.scalars(select(Provider.closed_from)).one()

    # In summer time.
    assert closed_from is not None
    assert closed_from.isoformat() == "2027-03-31T23:00:00+00:00"
