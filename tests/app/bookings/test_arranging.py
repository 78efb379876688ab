"""Support tasks over HTTP: what each change brings about, for the booking and for others."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.bookings.cancelling import expire_holds
from app.bookings.models import SupportServiceWeek
from app.db import transaction
from app.outbox.models import Event
from tests.support.arranging import (
    AGAIN,
    NOT_NEEDED,
    book_with_needs,
    change,
    changed,
    history,
    read,
)
from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.races import add_service, breaches, essential
from tests.support.world import World


def week_used(world: World) -> int | None:
    """Read how much of the one support service's week is taken."""
    with transaction(world.sessions, world.authority_id) as session:
        return session.scalar(select(SupportServiceWeek.used))


class TestOneTaskANeed:
    def test_is_opened_with_its_terms(self, world: World) -> None:
        booking = book_with_needs(world, "hoist", "bsl")

        path = f"/v1/bookings/{booking['id']}/arrangements"
        listed = world.call("GET", path).json()

        assert listed == {"items": booking["arrangements"], "next_cursor": None}
        bsl, hoist = sorted(listed["items"], key=lambda task: str(task["need"]))
        assert (hoist["need"], hoist["status"], hoist["funder"]) == ("hoist", "open", "authority")
        assert (hoist["cost_pence"], bsl["cost_pence"]) == (4000, 6000)
        due_at = datetime.fromisoformat(hoist["due_at"])
        assert due_at == SATURDAY - timedelta(days=2)
        assert (booking["status"], booking["hold_expires_at"]) == ("held", "2027-03-06T10:00:00Z")


class TestSettling:
    @pytest.mark.parametrize(
        ("patches", "status", "reason"),
        [
            ([{"status": "done"}], "held", "one of two is open still"),
            ([{"status": "done"}, {"status": "done"}], "confirmed", "all is in place"),
            ([{"status": "done"}, NOT_NEEDED], "confirmed", "what is waived need not be there"),
            ([NOT_NEEDED, NOT_NEEDED], "confirmed", "nothing is needed after all"),
            ([{"funder": "health"}, {"cost_pence": 1}], "held", "its terms settle nothing"),
        ],
    )
    def test_the_last_one_confirms(
        self, world: World, patches: list[dict[str, Any]], status: str, reason: str
    ) -> None:
        booking = book_with_needs(world, "hoist", "bsl")

        for task, patch in zip(booking["arrangements"], patches, strict=False):
            changed(world, task["id"], patch)

        assert read(world, booking)["status"] == status, reason
        assert (read(world, booking)["hold_expires_at"] is None) is (status == "confirmed")
        assert breaches(world) == []

    def test_a_timed_hold_is_confirmed_by_the_family(self, world: World) -> None:
        household_id = world.household()
        booking = book_with_needs(
            world, "hoist", child={"household_id": household_id}, hold_minutes=600
        )
        family, path = world.family_token(household_id), f"/v1/bookings/{booking['id']}/confirm"
        refused = world.call_with(family, "POST", path)
        assert (refused.status_code, slug(refused)) == (409, "arrangements-open")
        assert refused.json()["facts"]["needs"] == ["hoist"]

        changed(world, booking["arrangements"][0]["id"], {"status": "done"})

        assert read(world, booking)["status"] == "held"
        assert world.call_with(family, "POST", path).json()["status"] == "confirmed"

    def test_every_change_is_in_the_history_and_told(self, world: World) -> None:
        booking = book_with_needs(world, "hoist")
        task_id = booking["arrangements"][0]["id"]

        changed(world, task_id, {"funder": "health", "cost_pence": 3500})
        changed(world, task_id, NOT_NEEDED)
        changed(world, task_id, AGAIN)
        changed(world, task_id, {"status": "done"})

        changes = history(world, booking)
        support = "booking.support_changed"
        assert [(c["version"], c["what"], c["status"], c["cause"]) for c in changes] == [
            (1, "booking.placed", "held", None),
            (2, support, "held", None),
            (3, support, "held", None),
            (4, "booking.confirmed", "confirmed", "support_arranged"),
            (5, support, "held", "support_reopened"),
            (6, support, "held", None),
            (7, "booking.confirmed", "confirmed", "support_arranged"),
        ]
        assert {change["client_kind"] for change in changes} == {"broker"}
        assert [c["reason"] for c in changes[1:5]] == [
            None,
            NOT_NEEDED["reason"],
            None,
            AGAIN["reason"],
        ]
        assert changes[1]["facts"] == {
            "arrangement_id": task_id,
            "need": "hoist",
            "funder": {"from": "authority", "to": "health"},
            "cost_pence": {"from": 4000, "to": 3500},
        }
        assert changes[4]["facts"]["status"] == {"from": "waived", "to": "open"}
        with transaction(world.sessions, world.authority_id) as session:
            told = session.scalars(
                select(Event.type)
                .where(Event.object_id == UUID(booking["id"]))
                .order_by(Event.sequence)
            ).all()
        assert told == [change["what"] for change in changes]
        assert breaches(world) == []

    def test_the_same_again_changes_nothing(self, world: World) -> None:
        booking = book_with_needs(world, "hoist")
        task_id = booking["arrangements"][0]["id"]
        first = change(world, task_id, NOT_NEEDED)

        again = change(world, task_id, NOT_NEEDED)

        assert (again.text, again.headers["ETag"]) == (first.text, first.headers["ETag"])
        assert len(history(world, booking)) == 3


class TestTakenUpAgain:
    @pytest.mark.parametrize("settled", [{"status": "done"}, NOT_NEEDED])
    def test_a_confirmed_place_is_held_again_and_not_lost(
        self, world: World, settled: dict[str, Any]
    ) -> None:
        booking = book_with_needs(world, "hoist")
        task_id = booking["arrangements"][0]["id"]
        changed(world, task_id, settled)

        task = changed(world, task_id, AGAIN)

        assert (task["status"], task["reason"], task["closed_at"]) == (
            "open",
            AGAIN["reason"],
            None,
        )
        held = read(world, booking)
        assert (held["status"], held["hold_expires_at"]) == ("held", "2027-03-06T10:00:00Z")
        assert held["uses_entitlement"] is True
        changed(world, task_id, {"status": "done"})
        assert read(world, booking)["status"] == "confirmed"
        assert breaches(world) == []

    def test_after_a_family_confirmed_it_as_well(self, world: World) -> None:
        booking = book_with_needs(world, "hoist", hold_minutes=60)
        task_id = booking["arrangements"][0]["id"]
        changed(world, task_id, {"status": "done"})
        world.call("POST", f"/v1/bookings/{booking['id']}/confirm")

        changed(world, task_id, AGAIN)
        # The hold of an hour ended when it was confirmed.
        world.clock.now += timedelta(hours=2)
        with transaction(world.sessions, world.authority_id) as session:
            assert expire_holds(session, now=world.clock.now) == 0

        changed(world, task_id, {"status": "done"})
        assert read(world, booking)["status"] == "confirmed"


class TestPlaceOfTheWeek:
    def test_is_given_back_by_waiving_and_taken_again(self, world: World) -> None:
        add_service(world, "interpreter", per_week=1)
        booking = book_with_needs(world, "interpreter")
        task_id = booking["arrangements"][0]["id"]
        assert week_used(world) == 1

        used = []
        for patch in ({"status": "done"}, NOT_NEEDED, AGAIN, NOT_NEEDED, {"status": "done"}):
            changed(world, task_id, patch)
            used.append(week_used(world))
            assert breaches(world) == []

        assert used == [1, 0, 1, 0, 1]

    def test_is_refused_when_another_has_it(self, world: World) -> None:
        add_service(world, "interpreter", per_week=1)
        booking = book_with_needs(world, "interpreter")
        task_id = booking["arrangements"][0]["id"]
        changed(world, task_id, NOT_NEEDED)
        book_with_needs(world, "interpreter")

        refused = change(world, task_id, AGAIN)

        assert (refused.status_code, slug(refused)) == (409, "support-unavailable")
        assert refused.json()["facts"] == {"need": "interpreter", "week": "2027-W09"}
        assert read(world, booking)["status"] == "confirmed", "a refusal changes nothing"
        assert change(world, task_id, {"status": "done"}).status_code == 409
        assert breaches(world) == []

    @pytest.mark.parametrize(
        ("patches", "reason"),
        [
            ([], "an open task"),
            ([{"status": "done"}], "a task that was done"),
            ([NOT_NEEDED], "a waived one has given it back before"),
            ([NOT_NEEDED, AGAIN], "one that took it twice"),
        ],
    )
    def test_is_free_after_a_cancellation(
        self, world: World, patches: list[dict[str, Any]], reason: str
    ) -> None:
        add_service(world, "interpreter", per_week=2)
        booking = book_with_needs(world, "interpreter")
        for patch in patches:
            changed(world, booking["arrangements"][0]["id"], patch)

        world.call("POST", f"/v1/bookings/{booking['id']}/cancel")

        assert week_used(world) == 0, reason
        assert breaches(world) == [], reason

    def test_one_is_left_for_two_who_take_it_up_again(self, world: World) -> None:
        add_service(world, "interpreter", per_week=2)
        tasks = [book_with_needs(world, "interpreter")["arrangements"][0]["id"] for _ in range(2)]
        for task_id in tasks:
            changed(world, task_id, NOT_NEEDED)
        book_with_needs(world, "interpreter")

        statuses = [change(world, task_id, AGAIN).status_code for task_id in tasks]

        assert statuses == [200, 409]
        assert breaches(world) == []


class TestNotArrangedInTime:
    def test_everything_is_given_back_when_it_begins(self, world: World) -> None:
        add_service(world, "interpreter", per_week=1)
        limited = {"need": "one_to_one", "kind": "limited", "per_session": 1}
        session_id = add_session(world, add_activity(world, offers=[limited]), capacity=1)
        child_id = add_child(world, needs=[essential("interpreter"), essential("one_to_one")])
        booking = book(world, child_id, session_id).json()
        world.clock.now = SATURDAY - timedelta(seconds=1)
        with transaction(world.sessions, world.authority_id) as session:
            assert expire_holds(session, now=world.clock.now) == 0
        world.clock.now = SATURDAY

        with transaction(world.sessions, world.authority_id) as session:
            assert expire_holds(session, now=world.clock.now) == 1

        ended = read(world, booking)
        assert (ended["status"], ended["cancel_cause"]) == ("cancelled", "support_not_arranged")
        assert ended["uses_entitlement"] is False
        assert [task["status"] for task in ended["arrangements"]] == ["dropped"]
        assert world.call("GET", f"/v1/sessions/{session_id}").json()["places_left"] == 1
        left = world.call("GET", f"/v1/children/{child_id}/entitlements?month=2027-03").json()
        assert left["free"]["used"] == 0
        assert week_used(world) == 0
        last = history(world, booking)[-1]
        assert (last["what"], last["cause"]) == ("booking.expired", "support_not_arranged")
        assert last["client_id"] is None
        assert breaches(world) == []

    def test_a_hold_of_the_familys_ends_as_such(self, world: World) -> None:
        booking = book_with_needs(world, "hoist", hold_minutes=7 * 24 * 60)
        world.clock.now = SATURDAY

        with transaction(world.sessions, world.authority_id) as session:
            expire_holds(session, now=world.clock.now)

        assert read(world, booking)["cancel_cause"] == "hold_expired"
