"""Plans of a month: planted gaps, each kind of item, limits, numbers that agree."""

from typing import Any

import pytest

from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.commissioning import FISHING, MARCH, SWIMMING, make, plan, problem, served
from tests.support.world import World

HOIST = {"kind": "equipment", "need": "hoist", "pence": 60_000, "life_months": 60}
SESSION = {"kind": "session", "pence": 10_000, "places": 5}
NEEDS_HOIST = [{"code": "hoist", "importance": "essential"}]
STAFFORD = {"postcode": "ST16 2AA", "latitude": 52.806, "longitude": -2.117}


def agree(made: dict[str, Any], children: dict[str, dict[str, Any]]) -> None:
    """Hold the numbers of one plan to each other."""
    outcome = made["outcome"]
    items = outcome["items"]
    assert outcome["children"] == sum(item["children"] for item in items) == len(children)
    assert outcome["weight"] == sum(item["weight"] for item in items)
    assert outcome["cost_pence"] == sum(item["cost_pence"] for item in items)
    assert outcome["paid_pence"] == sum(item["paid_pence"] for item in items)
    assert outcome["cost_pence"] <= made["asked"]["budget_pence"]
    assert outcome["wishes_closed"] == sum(item["wishes_closed"] for item in items)
    assert outcome["wishes_closed"] == sum(len(row["wish_ids"]) for row in children.values())
    assert outcome["children"] <= outcome["children_unmet"]
    assert outcome["weight"] <= outcome["weight_bound"]
    assert outcome["gap"] == 0
    curve = outcome["curve"]
    assert curve[-1]["weight"] == outcome["weight"]
    assert curve[-1]["cost_pence"] == outcome["cost_pence"]
    assert [point["weight"] for point in curve] == sorted(point["weight"] for point in curve)
    for at, item in enumerate(items):
        used = [row for row in children.values() if row["item"] == at]
        assert len(used) <= item["places"]
        assert item["position"] == at


class TestItems:
    def test_the_one_hoist_that_lets_fourteen_swim(self, world: World) -> None:
        pool = add_activity(world, concepts=["swimming"], title="Lido")
        add_session(world, pool, capacity=20)
        fourteen = {add_child(world, interests=[SWIMMING], needs=NEEDS_HOIST) for _ in range(14)}
        add_child(world, interests=[FISHING], needs=NEEDS_HOIST)

        made = plan(world, HOIST, budget_pence=1_000)

        (item,) = made["outcome"]["items"]
        assert (item["need"], item["activity_id"], item["children"]) == ("hoist", str(pool), 14)
        # One month of sixty; all of it has to be paid.
        assert (item["cost_pence"], item["paid_pence"]) == (1_000, 60_000)
        children = served(world, made)
        assert set(children) == fourteen
        assert made["outcome"]["children_unmet"] == 15
        agree(made, children)

    def test_a_new_session_where_it_is_wanted_and_on_a_day_that_suits(self, world: World) -> None:
        wednesday = [{"weekday": "wednesday", "start": "09:00", "end": "17:00"}]
        near = {"travel": {"max_km": 5, "accessible_transport_only": False}}
        there = {
            add_child(world, interests=[FISHING], home=STAFFORD, availability=wednesday, **near)
            for _ in range(3)
        }
        add_child(world, interests=[FISHING], availability=wednesday, **near)
        price = {**SESSION, "weekdays": ["wednesday", "saturday"]}

        made = plan(world, price, budget_pence=40_000)

        (item,) = made["outcome"]["items"]
        assert (item["interest"], item["outcode"], item["weekday"]) == (
            "angling",
            "ST16",
            "wednesday",
        )
        assert set(served(world, made)) == there
        agree(made, served(world, made))

    def test_a_new_session_keeps_the_rules_of_a_match(self, world: World) -> None:
        needs_one = add_child(world, interests=[FISHING], needs=NEEDS_HOIST)
        old = add_child(world, interests=[FISHING], date_of_birth="2000-01-01")
        free = add_child(world, interests=[FISHING])

        without = plan(world, SESSION)
        with_hoist = plan(world, {**SESSION, "needs": ["hoist"]})

        assert set(served(world, without)) == {free}
        assert set(served(world, with_hoist)) == {free, needs_one}
        assert old not in served(world, with_hoist)

    def test_transport_packages_and_places(self, world: World) -> None:
        angling = add_activity(world, concepts=["angling"])
        add_session(world, angling)
        full = add_activity(world, concepts=["swimming"])
        session = add_session(world, full, SATURDAY, capacity=1)
        taken = add_child(world, interests=[SWIMMING])
        assert book(world, taken, session).status_code == 201
        far = add_child(
            world,
            interests=[FISHING],
            home=STAFFORD,
            travel={"max_km": 5, "accessible_transport_only": False},
        )
        one_to_one = [{"code": "one_to_one", "importance": "essential"}]
        alone = add_child(world, interests=[FISHING], needs=one_to_one)
        waiting = add_child(world, interests=[SWIMMING])

        made = plan(
            world,
            {"kind": "transport", "pence_per_month": 500, "places": 4},
            {"kind": "package", "need": "one_to_one", "pence_per_month": 700, "places": 2},
            {"kind": "places", "pence_per_month": 100, "places": 1},
        )

        children = served(world, made)
        kinds = {
            child: made["outcome"]["items"][row["item"]]["kind"] for child, row in children.items()
        }
        assert kinds == {far: "transport", alone: "package", waiting: "places"}
        agree(made, children)

    def test_wishes_that_it_closes(self, world: World) -> None:
        child = add_child(world)
        wish = world.call(
            "POST", "/v1/wishes", json={"child_id": child, "text": "go fishing", "voice": "child"}
        ).json()

        made = plan(world, SESSION)

        assert served(world, made)[child]["wish_ids"] == [wish["id"]]
        assert made["outcome"]["wishes_closed"] == 1
        agree(made, served(world, made))


class TestLimits:
    def test_a_smaller_budget_buys_what_serves_most(self, world: World) -> None:
        for _ in range(3):
            add_child(world, interests=[FISHING])
        add_child(world, interests=[SWIMMING])
        price = {**SESSION, "weekdays": ["saturday"]}

        one = plan(world, price, budget_pence=40_000)
        both = plan(world, price, budget_pence=80_000)

        assert [item["interest"] for item in one["outcome"]["items"]] == ["angling"]
        assert both["outcome"]["children"] == 4
        agree(one, served(world, one))
        agree(both, served(world, both))

    def test_every_area_gets_something(self, world: World) -> None:
        near = {"travel": {"max_km": 5, "accessible_transport_only": False}}
        for _ in range(6):
            add_child(world, interests=[FISHING, SWIMMING], **near)
        add_child(world, interests=[FISHING], home=STAFFORD, **near)
        price = {**SESSION, "places": 3, "weekdays": ["saturday"]}

        free = plan(world, price, budget_pence=80_000)
        fair = plan(world, price, budget_pence=80_000, limits={"every_area": True})

        assert {item["outcode"] for item in free["outcome"]["items"]} == {"ST4"}
        assert {item["outcode"] for item in fair["outcome"]["items"]} == {"ST4", "ST16"}
        agree(fair, served(world, fair))

    def test_limits_that_cannot_be_kept(self, world: World) -> None:
        add_child(world, interests=[FISHING])
        price = {**SESSION, "weekdays": ["saturday"]}
        for limits, budget, facts in (
            ({"areas": ["ZZ9"]}, 10**6, {"areas": ["ZZ9"]}),
            ({"areas": ["ST4"]}, 1, {"cheapest_pence": 120_000}),
            ({"areas": ["ST4"], "most_providers": 0}, 1, {"cheapest_pence": 120_000}),
        ):
            body = {"month": MARCH, "prices": [price], "budget_pence": budget, "limits": limits}
            made = make(world, body)
            assert (made["status"], made["outcome"]) == ("failed", None)
            assert made["failure"]["reason"] == "no-plan-possible"
            assert made["failure"]["facts"] == facts

    def test_nothing_unmet_is_an_empty_plan(self, world: World) -> None:
        made = plan(world, SESSION, HOIST)
        assert made["outcome"]["items"] == []
        assert made["outcome"]["children_unmet"] == 0

    def test_the_same_question_has_the_same_answer(self, world: World) -> None:
        for _ in range(4):
            add_child(world, interests=[FISHING, SWIMMING])
        assert plan(world, SESSION)["digest"] == plan(world, SESSION)["digest"]

    @pytest.mark.parametrize(
        ("price", "rule"),
        [
            ({**SESSION, "start": "12:00", "end": "10:00"}, "ends_before_start"),
            ({**SESSION, "weekdays": ["saturday", "saturday"]}, "weekday_twice"),
            ({**HOIST, "life_months": 0}, "greater_than_equal"),
            ({"kind": "magic", "pence": 1}, "union_tag_invalid"),
        ],
    )
    def test_prices_that_say_nothing(self, world: World, price: dict[str, Any], rule: str) -> None:
        body = {"month": MARCH, "prices": [price], "budget_pence": 1}
        answer = world.call("POST", "/v1/commissioning-plans", json=body)
        assert problem(answer)[1] == rule
