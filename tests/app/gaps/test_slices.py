"""Exact slices over HTTP: planted gaps found first, numbers that agree, months without anything."""

from datetime import timedelta
from typing import Any

import pytest

from app.access.scopes import ClientKind
from app.gaps.slices import DIMENSIONS
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import MARCH, refresh
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
SWIMMING = {"text": "swimming", "feeling": "like", "voice": "parent"}
HOIST = [{"code": "hoist", "importance": "essential"}]
BSL = [{"code": "bsl", "importance": "essential"}]
FAR = {"postcode": "CW1 1AA", "latitude": 53.1, "longitude": -2.44}
SUNDAY = SATURDAY + timedelta(days=1)
FIGURES = ("children", "children_unmet", "wants", "met", "available", "unmet")


def ask(world: World, by: str = "interest", **params: Any) -> dict[str, Any]:
    answer = world.call("GET", "/v1/gaps", params={"month": MARCH, "by": by, **params})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def figures(row: dict[str, Any]) -> dict[str, int]:
    return {name: row[name] for name in FIGURES}


def errors_of(answer: Any) -> list[str]:
    return [problem["field"] for problem in answer.json()["errors"]]


class TestPlantedGaps:
    def test_the_only_hoist(self, world: World) -> None:
        pool = add_activity(world, title="Junior swimming", concepts=["swimming"])
        add_session(world, pool)
        add_session(world, add_activity(world, concepts=["angling"]))
        for _ in range(3):
            add_child(world, interests=[SWIMMING], needs=HOIST)
        add_child(world, interests=[SWIMMING, FISHING])
        add_child(world, interests=[FISHING], needs=BSL)
        refresh(world)

        for by, value in (("interest", "swimming"), ("need", "hoist"), ("reason", "need")):
            first = ask(world, by)["items"][0]
            assert (first["value"], first["action"]["children"]) == (value, 3), by
            assert first["action"]["reason"] == "need"
        told = ask(world)
        action = told["items"][0]["action"]
        assert told["actions"][0] == action
        assert [one["children"] for one in told["actions"]] == [3, 1]
        assert action == {
            "text": "Hoist on Saturdays at Junior swimming would serve 3 children",
            "reason": "need",
            "need": "hoist",
            "activity_id": str(pool),
            "activity": "Junior swimming",
            "weekday": "saturday",
            "interest": None,
            "children": 3,
            "places_left": 10,
        }
        of_need = ask(world, "need", interest="swimming")["items"][0]
        assert (of_need["value"], of_need["lacking"], of_need["only"]) == ("hoist", 3, 3)

    def test_the_only_saturday(self, world: World) -> None:
        add_session(world, add_activity(world, concepts=["angling"]), SUNDAY)
        saturdays = [{"weekday": "saturday", "start": "09:00", "end": "17:00"}]
        for _ in range(2):
            add_child(world, interests=[FISHING], availability=saturdays)
        add_child(world, interests=[FISHING], needs=HOIST)
        refresh(world)

        first = ask(world, "reason")["items"][0]
        assert (first["value"], first["children_unmet"]) == ("time", 2)
        assert ask(world)["actions"][0] == first["action"]
        assert first["action"]["reason"] == "time"
        assert first["action"]["weekday"] == "sunday"
        assert first["action"]["text"] == (
            "Junior angling at another time than on Sundays would serve 2 children"
        )

    def test_the_only_session_of_an_area(self, world: World) -> None:
        add_session(world, add_activity(world, concepts=["angling"]))
        for _ in range(2):
            add_child(world, interests=[FISHING], home=FAR, travel={"max_km": 5})
        add_child(world, interests=[FISHING], travel={"max_km": 5})
        add_child(world, interests=[SWIMMING], home={"postcode": "ST6 1AA"})
        refresh(world)

        rows = ask(world, "area")["items"]
        assert [(row["value"], row["children_unmet"]) for row in rows] == [
            *(("CW1", 2), ("ST6", 1), ("ST4", 0)),
        ]
        assert ask(world)["actions"][0] == rows[0]["action"]
        assert rows[0]["action"]["reason"] == "distance"
        assert rows[1]["action"] | {"text": ""} == {
            **{"reason": "nothing_on_offer", "need": None, "interest": "swimming", "children": 1},
            **{"text": "", "activity_id": None, "activity": None, "weekday": None},
            "places_left": None,
        }
        assert rows[2]["action"] is None
        reasons = ask(world, "reason", area="CW1")["items"]
        assert [(row["value"], row["only"]) for row in reasons] == [("distance", 2)]

    def test_one_to_one_is_another_place(self, world: World) -> None:
        add_session(world, add_activity(world, concepts=["angling"]))
        needs = [{"code": "one_to_one", "importance": "essential"}]
        add_child(world, interests=[FISHING], needs=needs)
        refresh(world)

        assert ask(world)["items"][0]["action"]["text"] == (
            "One more place with one-to-one support on Saturdays at Junior angling would serve"
            " 1 child"
        )


@pytest.fixture
def town(world: World) -> World:
    """A little of everything: met, available, missed for several reasons, nothing on offer."""
    lake = add_activity(world, concepts=["angling"], setting="universal")
    session = add_session(world, lake, capacity=2)
    add_session(world, lake, SUNDAY, capacity=1)
    pool = add_activity(world, title="Pool", concepts=["swimming"], setting="specialist")
    add_session(world, pool, SATURDAY + timedelta(days=7), capacity=4)
    fisher = add_child(world, interests=[FISHING, SWIMMING], sen_types=["ASD"])
    both = [FISHING, SWIMMING, {"text": "drama", "feeling": "love", "voice": "child"}]
    add_child(world, interests=both, needs=[*HOIST, *BSL], sen_types=["ASD", "PMLD"])
    add_child(world, interests=both, home=FAR, travel={"max_km": 2})
    add_child(world, interests=[SWIMMING, {**FISHING, "text": "zzz qqq"}], needs=HOIST)
    add_child(world, interests=[SWIMMING], date_of_birth="2024-01-01")
    book(world, fisher, session)
    refresh(world)
    return world


class TestAgreement:
    def test_rows_add_up_to_the_totals(self, town: World) -> None:
        totals = ask(town)["totals"]
        assert (totals["children"], totals["wants"]) == (5, 11)
        assert totals["met"] + totals["available"] + totals["unmet"] == totals["wants"]
        for by in ("interest", "weekday", "setting", "area", "age_band"):
            rows = ask(town, by)["items"]
            for name in ("wants", "met", "available", "unmet"):
                assert sum(row[name] for row in rows) == totals[name], (by, name)
        for by in ("area", "age_band"):
            rows = ask(town, by)["items"]
            assert sum(row["children"] for row in rows) == totals["children"]
        reasons = ask(town, "reason")["items"]
        assert sum(row["unmet"] for row in reasons) == totals["unmet"]
        assert {row["met"] + row["available"] for row in reasons} == {0}

    @pytest.mark.parametrize("by", DIMENSIONS)
    def test_a_row_is_what_a_filter_by_its_value_totals(self, town: World, by: str) -> None:
        told = ask(town, by)
        assert told["totals"] == ask(town)["totals"]
        assert told["items"]
        for row in told["items"]:
            filtered = ask(town, **{by: row["value"]})
            assert figures(row) == filtered["totals"], row["value"]
            assert filtered["filters"] == {by: row["value"]}
            if row["action"] is not None:
                assert row["action"]["children"] <= row["children_unmet"]
            assert row["trend"] == [{"month": MARCH, **figures(row)}]
        keys = [(-row["children_unmet"], -row["unmet"], row["value"]) for row in told["items"]]
        assert keys == sorted(keys)

    def test_the_parts_of_a_page_agree(self, town: World) -> None:
        told = ask(town, "need", interest="swimming")
        by_value = {row["value"]: row for row in told["items"]}
        for need in told["needs"]:
            row = by_value[need["need"]]
            assert {name: row[name] for name in need if name != "need"} == {
                name: value for name, value in need.items() if name != "need"
            }
        assert len(told["needs"]) == len([value for value in by_value if value != "none"])
        whole = ask(town, "setting")
        shown = {row["value"]: row for row in whole["items"]}
        for setting in whole["settings"]:
            row = shown.get(setting["setting"], dict.fromkeys(FIGURES, 0))
            assert (setting["met"], setting["available"], setting["missed"]) == (
                *(row["met"], row["available"], row["unmet"]),
            )
        assert sum(one["share_of_met"] for one in whole["settings"]) == 1
        capped = ask(town, "reason", reason="entitlement")
        assert capped["cap_pressure"]["wants"] == sum(row["only"] for row in capped["items"])

    def test_pressure_is_told_of_the_children_of_the_slice(self, town: World) -> None:
        whole = ask(town)["pressure"]
        assert whole["interests"][0]["interest"] == "swimming"
        for one in whole["sessions"]:
            assert one["children_a_place"] == round(one["children"] / one["places_left"], 3)
        assert ask(town, area="CW1")["pressure"] == {"sessions": [], "interests": []}

    def test_a_page_at_a_time(self, town: World) -> None:
        whole = ask(town, "need")["items"]
        found, cursor = [], {}
        for _ in whole:
            page = ask(town, "need", limit=1, **cursor)
            found += page["items"]
            cursor = {"cursor": page["next_cursor"]}
        assert found == whole
        assert cursor == {"cursor": None}


class TestTrend:
    def test_months_before_are_shown_with_what_was_then(self, world: World) -> None:
        refresh(world, "2027-02")
        add_child(world, interests=[FISHING])
        refresh(world)
        refresh(world, "2027-04")

        told = ask(world)
        assert [one["month"] for one in told["trend"]] == ["2027-02", MARCH]
        assert [one["unmet"] for one in told["items"][0]["trend"]] == [0, 1]
        rows = ask(world, "month", month="2027-04")["items"]
        assert [(row["value"], row["unmet"]) for row in rows] == [
            *(("2027-02", 0), (MARCH, 1), ("2027-04", 1)),
        ]
        assert rows[1]["action"]["reason"] == "nothing_on_offer"


class TestNothing:
    @pytest.mark.parametrize("by", [*DIMENSIONS, "month"])
    def test_a_month_that_is_not_judged_says_so(self, world: World, by: str) -> None:
        told = ask(world, by)
        assert (told["judged_at"], told["looked_at"]) == (None, None)
        assert (told["items"], told["trend"], told["next_cursor"]) == ([], [], None)
        assert set(told["totals"].values()) == {0}
        assert told["needs"] == []
        assert told["pressure"] == {"sessions": [], "interests": []}

    @pytest.mark.parametrize("by", DIMENSIONS)
    def test_an_empty_month_has_been_judged(self, world: World, by: str) -> None:
        refresh(world)
        told = ask(world, by)
        assert told["judged_at"] is not None
        assert told["items"] == []
        assert set(told["totals"].values()) == {0}


class TestRefusals:
    def test_a_commissioner_is_told_to_ask_for_a_period(self, world: World) -> None:
        refresh(world)
        answer = world.call(
            "GET", "/v1/gaps", params={"month": MARCH}, kind=ClientKind.COMMISSIONER
        )
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/releases-only"

    def test_exactly_one_of_month_and_period(self, world: World) -> None:
        both = {"month": MARCH, "period": "2027-Q1"}
        assert errors_of(world.call("GET", "/v1/gaps", params=both)) == ["month"]
        assert errors_of(world.call("GET", "/v1/gaps")) == ["period"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(("month", "2027-13"), ("by", "need_group"), ("interest", "no such thing")),
            *(("need", "helicopter"), ("reason", "met"), ("weekday", "today"), ("limit", "0")),
            *(("setting", "home"), ("locality", "North"), ("cursor", "x"), ("child_id", "1")),
        ],
    )
    def test_what_is_not_a_slice(self, world: World, field: str, value: str) -> None:
        refresh(world)
        answer = world.call("GET", "/v1/gaps", params={"month": MARCH, field: value})
        assert answer.status_code == 422
        assert errors_of(answer) == [field]

    def test_another_authority_sees_its_own(self, town: World, other_world: World) -> None:
        refresh(other_world)
        assert ask(other_world)["totals"]["children"] == 0
