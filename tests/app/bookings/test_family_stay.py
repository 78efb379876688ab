"""Breaks at which the family stays: matched, booked and said of the booking."""

from typing import Any

import pytest

from tests.support.bookings import book, slug
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.races import breaches, essential
from tests.support.world import World


class TestFamilyStay:
    @pytest.mark.parametrize(
        ("importance", "offer", "status", "stays", "reason"),
        [
            ("essential", {"kind": "provided"}, "confirmed", True, "the family stays"),
            ("essential", {"kind": "limited", "per_session": 1}, "confirmed", True, "in a room"),
            (
                "essential",
                {"kind": "on_request", "lead_days": 1, "cost_pence": 0},
                "held",
                True,
                "once it is arranged",
            ),
            ("essential", None, None, False, "nobody may stay"),
            ("helpful", {"kind": "provided"}, "confirmed", True, "the family may stay"),
            (
                "helpful",
                {"kind": "limited", "per_session": 1},
                "confirmed",
                False,
                "for others",
            ),
            ("helpful", None, "confirmed", False, "it goes without"),
            (None, {"kind": "provided"}, "confirmed", False, "nobody asked"),
        ],
    )
    def test_is_said_of_the_booking(
        self,
        world: World,
        importance: str | None,
        offer: dict[str, Any] | None,
        status: str | None,
        stays: bool,
        reason: str,
    ) -> None:
        needs = [{"code": "family_stay", "importance": importance}] if importance else []
        child_id = add_child(world, needs=needs)
        offers = [{"need": "family_stay", **offer}] if offer else []
        activity_id = add_activity(world, break_type="overnight", offers=offers)
        session_id = add_session(world, activity_id)
        fit = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit").json()

        answer = book(world, child_id, session_id)

        if status is None:
            assert (answer.status_code, slug(answer)) == (409, "support-unavailable"), reason
            assert fit["support"] == "blocked"
            return
        assert answer.status_code == 201, answer.text
        assert (answer.json()["status"], answer.json()["family_stays"]) == (status, stays), reason
        assert fit["support"] == ("arrange" if status == "held" else "ready")
        read = world.call("GET", f"/v1/bookings/{answer.json()['id']}").json()
        assert read["family_stays"] is stays

    def test_one_room_for_two_families(self, world: World) -> None:
        room = {"need": "family_stay", "kind": "limited", "per_session": 1}
        session_id = add_session(world, add_activity(world, offers=[room]))
        first, second = (add_child(world, needs=[essential("family_stay")]) for _ in range(2))

        assert book(world, first, session_id).json()["family_stays"] is True
        refused = book(world, second, session_id)

        assert (refused.status_code, slug(refused)) == (409, "support-unavailable")
        assert breaches(world) == []
