"""What single children are allowed instead of the policy, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from app.access.scopes import ClientKind
from tests.support.bookings import book, slug
from tests.support.catalogue import add_child
from tests.support.entitlement import MARCH, entitlement, override, place
from tests.support.world import World


class TestOverrides:
    def test_are_kept_with_who_when_and_why(self, world: World) -> None:
        child_id = add_child(world)
        path = f"/v1/children/{child_id}/entitlement-overrides"
        first = override(
            world,
            child_id,
            {"measure": "hours", "allowed": 12.5},
            {"measure": "free", "allowed": None},
        )
        again = override(
            world,
            child_id,
            {"measure": "hours", "allowed": 12.5},
            {"measure": "free", "allowed": None},
        )
        world.clock.now += timedelta(days=1)
        then = override(world, child_id, {"measure": "money_pence", "allowed": 5000})

        assert again == first, "the same list again changes nothing"
        assert [(one["measure"], one["allowed"]) for one in first] == [
            ("hours", 12.5),
            ("free", None),
        ]
        broker = str(world.credentials[ClientKind.BROKER].client_id)
        assert {one["recorded_by"] for one in first + then} == {broker}
        assert world.call("GET", path).json()["items"] == then
        everything = world.call("GET", f"{path}?ended=true").json()["items"]
        ended = [one | {"ended_at": "2027-03-02T12:00:00Z"} for one in first]
        assert everything == [*ended, *then]

    def test_ending_one_leaves_alone_what_is_booked(self, world: World) -> None:
        child_id = add_child(world)
        override(world, child_id, {"measure": "free", "allowed": None})
        booked = [book(world, child_id, place(world, day)).json() for day in range(3)]
        override(world, child_id)

        assert entitlement(world, child_id)["free"] == {"allowed": 1, "used": 3, "remaining": 0}
        assert slug(book(world, child_id, place(world, 7))) == "entitlement-exhausted"
        for booking in booked:
            now = world.call("GET", f"/v1/bookings/{booking['id']}").json()
            assert now["status"] == "confirmed"
            told = world.call("POST", f"/v1/bookings/{booking['id']}/cancel").json()
            assert told["entitlement_given_back"] is True
        assert book(world, child_id, place(world, 8)).status_code == 201

    @pytest.mark.parametrize(
        ("changes", "rule"),
        [
            ({"measure": "minutes"}, "literal_error"),
            ({"allowed": -1}, "greater_than_equal"),
            ({"allowed": 0.5}, "whole_number"),
            ({"allowed": 20_000}, "too_many"),
            ({"ends_on": "2027-02-28"}, "day_order"),
            ({"reason": " "}, "string_too_short"),
            ({"starts_on": "1999-12-31"}, "greater_than_equal"),
        ],
    )
    def test_refusals(self, world: World, changes: dict[str, Any], rule: str) -> None:
        path = f"/v1/children/{add_child(world)}/entitlement-overrides"
        item = {**MARCH, "measure": "free", "allowed": 2, **changes}
        answer = world.call("PUT", path, json={"items": [item]})

        assert answer.status_code == 422
        assert [problem["rule"] for problem in answer.json()["errors"]] == [rule]
