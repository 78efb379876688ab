"""Cancelling bookings, over HTTP: what comes back, and who may say what."""

from datetime import timedelta

import pytest

from app.access.scopes import ClientKind
from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.world import World


class TestCancelBooking:
    @pytest.mark.parametrize(
        ("hours_before", "body", "kept", "reason"),
        [
            (48, {}, False, "in time"),
            (24, {}, False, "just in time: the notice is 24 hours"),
            (23, {}, True, "too late"),
            (23, {"cause": "provider"}, False, "a provider's cancellation always gives it back"),
        ],
    )
    def test_entitlement(
        self, world: World, hours_before: int, body: dict[str, str], kept: bool, reason: str
    ) -> None:
        child_id, activity_id = add_child(world), add_activity(world)
        session_id = add_session(world, activity_id)
        booking = book(world, child_id, session_id).json()
        world.clock.now = SATURDAY - timedelta(hours=hours_before)

        answer = world.call("POST", f"/v1/bookings/{booking['id']}/cancel", json=body)

        assert answer.status_code == 200, answer.text
        assert answer.json()["uses_entitlement"] is kept, reason
        left = world.call("GET", f"/v1/children/{child_id}/entitlements?month=2027-03").json()
        assert left["free"]["used"] == int(kept)
        again = world.call("POST", f"/v1/bookings/{booking['id']}/cancel", json=body)
        assert again.json() == answer.json(), "cancelling twice changes nothing more"

    def test_family_cannot_blame_the_provider(self, world: World) -> None:
        household_id = world.household()
        child_id = add_child(world, household_id=household_id)
        booking = book(world, child_id, add_session(world, add_activity(world))).json()

        answer = world.call_with(
            world.family_token(household_id),
            "POST",
            f"/v1/bookings/{booking['id']}/cancel",
            json={"cause": "provider"},
        )

        assert (answer.status_code, slug(answer)) == (403, "cause-not-allowed")

    def test_foreign_booking(self, world: World, other_world: World) -> None:
        booking = book(world, add_child(world), add_session(world, add_activity(world))).json()
        path = f"/v1/bookings/{booking['id']}"
        stranger = world.family_token(world.household())

        assert other_world.call("POST", f"{path}/cancel").status_code == 404
        assert world.call_with(stranger, "POST", f"{path}/cancel").status_code == 404
        assert world.call_with(stranger, "GET", path).status_code == 404
        assert world.call("GET", path, kind=ClientKind.COMMISSIONER).status_code == 403
