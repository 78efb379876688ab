"""Equity of a month: planted groups, and numbers that agree with the facts they rest on."""

from typing import Any

from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.commissioning import FISHING, MARCH, SWIMMING
from tests.support.gaps import refresh
from tests.support.world import World

HOIST = [{"code": "hoist", "importance": "essential"}]


def read(world: World) -> dict[str, Any]:
    answer = world.call("GET", "/v1/equity", params={"month": MARCH})
    assert answer.status_code == 200, answer.text
    equity: dict[str, Any] = answer.json()
    return equity


def groups(equity: dict[str, Any], by: str) -> dict[str, dict[str, Any]]:
    (found,) = (one["groups"] for one in equity["dimensions"] if one["by"] == by)
    return {group["group"]: group for group in found}


class TestReadMonth:
    def test_who_needs_a_hoist_is_under_served(self, world: World) -> None:
        add_session(world, add_activity(world, concepts=["swimming"]))
        for _ in range(12):
            add_child(world, interests=[SWIMMING], needs=HOIST, sen_types=["PD"])
            add_child(world, interests=[SWIMMING], sen_types=["ASD"])
        # Unmet as well, for another reason; and one who wants nothing.
        add_child(world, interests=[FISHING])
        add_child(world, interests=[])
        refresh(world)

        equity = read(world)

        assert (equity["children"], equity["unmet"]) == (25, 13)
        needs = groups(equity, "need_group")
        assert (needs["mobility"]["children"], needs["mobility"]["unmet"]) == (12, 12)
        assert needs["mobility"]["verdict"] == "under_served"
        assert needs["none"]["verdict"] == "better_served"
        assert round(needs["mobility"]["ratio"], 9) == round(25 / 13, 9)
        assert groups(equity, "sen_type")["PD"]["verdict"] == "under_served"
        for by in ("age_band", "area"):
            parts = groups(equity, by).values()
            assert sum(part["children"] for part in parts) == equity["children"]
            assert sum(part["unmet"] for part in parts) == equity["unmet"]
            assert {part["verdict"] for part in parts} == {"too_few"}

    def test_an_empty_month_compares_nobody(self, world: World) -> None:
        refresh(world)
        equity = read(world)
        assert (equity["children"], equity["unmet"], equity["rate"]) == (0, 0, None)
        assert all(not one["groups"] for one in equity["dimensions"])

    def test_a_month_that_was_not_judged(self, world: World) -> None:
        answer = world.call("GET", "/v1/equity", params={"month": MARCH})
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("gap-facts-missing")
