"""What commissioners may ask: releases only, put together, with their error, and nothing live."""

import math
from typing import Any
from unittest.mock import patch

import pytest

from app.access.scopes import ClientKind
from app.ids import new_id
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.commissioning import (
    FISHING,
    MARCH,
    RELEASED_PLAN,
    RELEASED_SCENARIO,
    ask,
    make,
    problem,
)
from tests.support.releases import PERIOD, draw_of, read, set_size, wants_in_vain
from tests.support.world import World

COMMISSIONER = ClientKind.COMMISSIONER


@pytest.fixture
def released(world: World) -> World:
    """Give an authority whose quarter was released: 3,000 children want to swim in vain."""
    assert set_size(world).status_code == 200
    draw_of(world, wants_in_vain(3000))
    return world


def cells(world: World, by: str, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(
        world, "/v1/gaps", params={"period": PERIOD, "by": by, **query}
    ).json()["items"]
    return found


def refuse(world: World, path: str, body: dict[str, Any], status: int = 422) -> Any:
    answer = world.call("POST", path, json=body, kind=COMMISSIONER)
    assert answer.status_code == status, answer.text
    return answer


class TestScenarios:
    def test_it_says_what_the_released_cell_says(self, released: World) -> None:
        scenario = ask(
            released,
            {"kind": "add_offer", "interest": "swimming"},
            period=PERIOD,
            kind=COMMISSIONER,
        )
        [cell] = cells(released, "reason", interest="swimming", reason="need")

        outcome = scenario["outcome"]
        [item] = outcome["items"]
        assert (item["reason"], item["children"]) == ("need", cell["children"])
        assert item["error_95"] == cell["error_95"]
        assert outcome["at_most"] == cell["children"]
        assert outcome["method"]["mechanism"] == "discrete Gaussian"
        assert scenario["basis"] == "released"

    def test_sums_carry_the_error_of_all_their_figures(self, released: World) -> None:
        outcome = ask(released, {"kind": "transport"}, period=PERIOD, kind=COMMISSIONER)["outcome"]
        far = cells(released, "reason", reason="distance")

        shown = [cell["children"] for cell in far if cell["children"] is not None]
        assert outcome["at_most"] == sum(shown)
        assert outcome["not_shown"] == len(far) - len(shown)
        table = read(released, "/v1/gaps", params={"period": PERIOD, "by": "reason"}).json()[
            "table"
        ]
        assert outcome["error_95"] == math.ceil(
            1.96 * math.sqrt(len(shown) * (table["sd"] ** 2 + 2))
        )

    def test_the_same_change_twice_is_counted_once(self, released: World) -> None:
        change = {"kind": "add_offer", "interest": "swimming"}
        twice = ask(released, change, change, period=PERIOD, kind=COMMISSIONER)["outcome"]
        once = ask(released, change, period=PERIOD, kind=COMMISSIONER)["outcome"]
        assert twice["at_most"] == once["at_most"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"kind": "close_provider", "provider_id": str(new_id())}, "kind"),
            ({"kind": "budget", "from_pence": 2, "to_pence": 1}, "kind"),
            ({"kind": "add_offer", "need": "hoist"}, "need"),
            ({"kind": "add_offer", "activity_id": str(new_id())}, "activity_id"),
            ({"kind": "transport", "outcode": "ST4"}, "outcode"),
            ({"kind": "move_activity", "weekday": "monday"}, "weekday"),
            ({"kind": "transport", "interest": "no such thing"}, "interest"),
        ],
    )
    def test_what_no_release_knows_is_refused(
        self, released: World, change: dict[str, Any], field: str
    ) -> None:
        answer = refuse(released, "/v1/scenarios", {"period": PERIOD, "changes": [change]})
        assert problem(answer) == (f"changes.0.{field}", "not_in_releases")

    def test_a_period_that_was_not_released(self, released: World) -> None:
        body = {**RELEASED_SCENARIO, "period": "2027-Q2"}
        assert refuse(released, "/v1/scenarios", body, 404)


class TestPlans:
    def test_it_buys_for_released_figures(self, released: World) -> None:
        body = {
            **RELEASED_PLAN,
            "months": 1,
            "budget_pence": 200_000,
            "prices": [
                {"kind": "session", "pence": 20_000, "per_month": 1, "places": 10},
                {"kind": "transport", "pence_per_month": 50_000, "places": 10},
            ],
        }
        outcome = make(released, body, COMMISSIONER)["outcome"]
        [cell] = cells(released, "reason", interest="swimming", reason="nothing_on_offer")
        [item] = outcome["items"]
        assert (item["kind"], item["interest"], item["count"]) == ("session", "swimming", 10)
        assert item["children"] == cell["children"]
        assert outcome["reached"] == item["reached"] == 100
        assert (outcome["cost_pence"], outcome["gap"]) == (200_000, 0)
        assert outcome["curve"][-1]["weight"] == 100

    def test_it_never_reaches_more_than_was_released(self, released: World) -> None:
        body = {**RELEASED_PLAN, "months": 1, "budget_pence": 10**9}
        made = make(released, body, COMMISSIONER)
        shown = cells(released, "reason", reason="nothing_on_offer")
        reached = {item["interest"]: item["reached"] for item in made["outcome"]["items"]}
        assert reached == {cell["interest"]: cell["children"] for cell in shown if cell["children"]}

    @pytest.mark.parametrize(
        ("change", "field", "rule"),
        [
            ({"limits": {"most_providers": 2}}, "limits.most_providers", "not_in_releases"),
            ({"limits": {"every_area": True}}, "limits.every_area", "not_in_releases"),
            (
                {"prices": [{"kind": "session", "pence": 1, "needs": ["hoist"]}]},
                "prices.0.needs",
                "not_in_releases",
            ),
            (
                {
                    "prices": [
                        {"kind": "package", "pence_per_month": 1, "places": 1},
                        {"kind": "equipment", "pence": 1, "life_months": 2},
                    ]
                },
                "prices.1.kind",
                "reason_twice",
            ),
        ],
    )
    def test_what_no_release_knows_is_refused(
        self, released: World, change: dict[str, Any], field: str, rule: str
    ) -> None:
        answer = refuse(released, "/v1/commissioning-plans", {**RELEASED_PLAN, **change})
        assert problem(answer) == (field, rule)


class TestEquity:
    def test_shares_of_what_was_released_beside_a_population(self, released: World) -> None:
        bands = ["0-4", "5-7", "8-10", "11-13", "14-16", "17-18"]
        # As many live of each, but for the youngest, of whom there are few.
        population = [f"{band}:{100 if band == '0-4' else 2000}" for band in bands]
        answer = read(
            released,
            "/v1/equity",
            params={"period": PERIOD, "by": "age_band", "population": population},
        )
        assert answer.status_code == 200, answer.text
        groups = {row["group"]: row for row in answer.json()["groups"]}
        figures = cells(released, "age_band")
        for band in bands:
            own = [cell["children"] for cell in figures if cell["value"] == band]
            assert groups[band]["unmet"] == sum(number or 0 for number in own)
        assert groups["0-4"]["verdict"] == "under_served"
        for row in groups.values():
            if row["ratio"] is not None:
                assert row["ratio_95"]["low"] <= row["ratio"] <= row["ratio_95"]["high"]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"by": "locality"}, "by"),
            ({"by": "age_band", "population": "90-99:5"}, "population"),
        ],
    )
    def test_what_is_not_there_is_refused(
        self, released: World, query: dict[str, str], field: str
    ) -> None:
        answer = read(released, "/v1/equity", params={"period": PERIOD, **query})
        assert problem(answer)[0] == field


class TestNothingLive:
    def test_months_are_for_brokers(self, released: World) -> None:
        change = {"kind": "transport", "outcode": "ST4"}
        for path, body in (
            ("/v1/scenarios", {"month": MARCH, "changes": [change]}),
            ("/v1/commissioning-plans", {**RELEASED_PLAN, "period": None, "month": MARCH}),
        ):
            answer = refuse(released, path, body, 403)
            assert answer.json()["type"].endswith("releases-only")
        assert read(released, "/v1/equity", params={"month": MARCH}).status_code == 403

    def test_what_is_exact_is_not_theirs_to_read(self, released: World) -> None:
        exact = ask(released, {"kind": "transport", "outcode": "ST4"})
        own = ask(released, RELEASED_SCENARIO["changes"][0], period=PERIOD)  # type: ignore[index]

        assert read(released, f"/v1/scenarios/{exact['id']}").status_code == 404
        listed = read(released, "/v1/scenarios").json()["items"]
        assert [one["id"] for one in listed] == [own["id"]]
        both = released.call("GET", "/v1/scenarios").json()["items"]
        assert [one["id"] for one in both] == [exact["id"], own["id"]]

    def test_children_change_nothing_that_was_answered(self, released: World) -> None:
        def everything() -> list[Any]:
            scenario = ask(
                released, *RELEASED_SCENARIO["changes"], period=PERIOD, kind=COMMISSIONER
            )
            plan = make(released, RELEASED_PLAN, COMMISSIONER)
            equity = read(released, "/v1/equity", params={"period": PERIOD}).text
            return [scenario["digest"], plan["digest"], equity]

        before = everything()
        add_session(released, add_activity(released, concepts=["swimming"]))
        for _ in range(5):
            add_child(released, interests=[FISHING])

        assert everything() == before

    def test_no_live_row_is_even_looked_at(self, released: World) -> None:
        with (
            patch("app.commissioning.exact_scenarios.read_standing", side_effect=AssertionError),
            patch("app.commissioning.exact_plans.read_standing", side_effect=AssertionError),
            patch("app.commissioning.queries.standing_of_children", side_effect=AssertionError),
        ):
            ask(released, *RELEASED_SCENARIO["changes"], period=PERIOD, kind=COMMISSIONER)
            assert make(released, RELEASED_PLAN, COMMISSIONER)["status"] == "done"
            assert read(released, "/v1/equity", params={"period": PERIOD}).status_code == 200
