"""What children are allowed, kept within one run: months of a year, and several places a month."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.allocations import allocate, given, publish_offers, why
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import SATURDAY, choose, open_round, wanted
from tests.support.waiting import offers, work_round
from tests.support.world import World

IN_MAY = SATURDAY + timedelta(days=35)
IN_JUNE = SATURDAY + timedelta(days=70)


def allow(world: World, **limits: Any) -> None:
    policy = {"starts_on": "2027-03-01", **limits}
    answer = world.call("POST", "/v1/authority/policies", json=policy)
    assert answer.status_code == 201, answer.text


def places(allocation: dict[str, Any], child: str) -> list[tuple[str, str, str]]:
    """Tell what a child is given: month, funding and session."""
    return sorted(
        (one["month"], one["funding"], one["session_id"])
        for one in allocation["items"]
        if one["child_id"] == child
    )


class TestYear:
    @pytest.mark.parametrize(
        ("limits", "lasts", "fields"),
        [
            ({"hours_per_year": 3}, timedelta(hours=2), {}),
            ({"nights_per_year": 1}, timedelta(hours=20), {"break_type": "overnight"}),
            ({"money_per_year_pence": 1500}, timedelta(hours=2), {"cost_pence": 1000}),
        ],
    )
    def test_what_one_month_uses_is_not_there_in_the_next(
        self, world: World, limits: dict[str, int], lasts: timedelta, fields: dict[str, Any]
    ) -> None:
        allow(world, **limits)
        activity = add_activity(world, **fields)
        [april, may, june] = [
            add_session(world, activity, starts_at, ends_at=starts_at + lasts, capacity=1)
            for starts_at in (SATURDAY, IN_MAY, IN_JUNE)
        ]
        children = [add_child(world) for _ in range(3)]

        allocation = allocate(world, open_round(world))

        # One place a child, so that all three have one.
        assert sorted(given(allocation)) == sorted(children)
        assert sorted(given(allocation).values()) == sorted([april, may, june])
        assert len(allocation["items"]) == 3
        assert publish_offers(world, allocation).json()["places"] == {"offered": 3}

    def test_a_free_place_and_a_contributory_one_draw_on_the_same_year(self, world: World) -> None:
        allow(world, hours_per_year=3)
        activity = add_activity(world)
        lake = add_session(world, activity, SATURDAY)
        later = add_session(world, activity, SATURDAY + timedelta(days=1))
        child = add_child(world)
        round_id = open_round(world)
        body = wanted(lake)
        body["months"][0]["choices"].append({"session_id": later, "funding": "contributory"})
        choose(world, round_id, child, body)

        allocation = allocate(world, round_id)

        assert places(allocation, child) == [("2027-04", "free", lake)]

    def test_what_is_left_reaches_for_a_shorter_one(self, world: World) -> None:
        allow(world, hours_per_year=3)
        activity = add_activity(world)
        lake = add_session(world, activity, SATURDAY)
        add_session(world, activity, IN_MAY)
        short = add_session(world, activity, IN_MAY, ends_at=IN_MAY + timedelta(hours=1))
        child = add_child(world)

        allocation = allocate(world, open_round(world))

        assert places(allocation, child) == [("2027-04", "free", lake), ("2027-05", "free", short)]

    def test_an_offer_that_waits_for_its_answer_counts(self, world: World) -> None:
        allow(world, hours_per_year=3, free_per_month=2)
        activity = add_activity(world)
        full = add_session(world, activity, SATURDAY, capacity=1)
        other, child = add_child(world), add_child(world)
        body = {"session_id": full, "funding": "free"}
        taken = world.call(
            *("POST", "/v1/bookings"),
            json={**body, "child_id": other},
            headers={"Idempotency-Key": "1"},
        ).json()
        world.call(
            *("POST", "/v1/bookings"),
            json={**body, "child_id": child, "waitlist": True},
            headers={"Idempotency-Key": "2"},
        )
        add_session(world, activity, IN_MAY, capacity=1)
        world.call("POST", f"/v1/bookings/{taken['id']}/cancel")
        work_round(world)
        assert [offer["child_id"] for offer in offers(world)] == [child]

        allocation = allocate(world, open_round(world), preview=True)

        # Two of its three hours are spoken for.
        assert list(given(allocation)) == [other]


class TestSeveralAMonth:
    def test_further_free_places_go_to_who_asked_for_them(self, world: World) -> None:
        allow(world, free_per_month=2)
        activity = add_activity(world)
        first, second, third = (
            add_session(world, activity, SATURDAY + timedelta(hours=3 * number), capacity=2)
            for number in range(3)
        )
        asking, silent = add_child(world), add_child(world)
        round_id = open_round(world)
        choose(world, round_id, asking, wanted(third, second, first))

        allocation = allocate(world, round_id)

        assert places(allocation, asking) == sorted(
            [("2027-04", "free", second), ("2027-04", "free", third)]
        )
        assert len(places(allocation, silent)) == 1
        told = why(world, allocation, asking)["months"][0]
        assert [(row["session_id"], row["reasons"]) for row in told["missed"]] == []
        assert [part["place_number"] for part in allocation["parts"]][:2] == [1, 2]
        assert publish_offers(world, allocation).json()["places"] == {"offered": 3}

    def test_everybody_has_one_before_anybody_has_two(self, world: World) -> None:
        allow(world, free_per_month=None)
        activity = add_activity(world)
        lake, pool = (
            add_session(world, activity, SATURDAY + timedelta(hours=3 * number), capacity=1)
            for number in range(2)
        )
        greedy, other = add_child(world), add_child(world)
        round_id = open_round(world)
        choose(world, round_id, greedy, wanted(lake, pool))

        allocation = allocate(world, round_id)

        assert given(allocation) == {greedy: lake, other: pool}
        [missed] = why(world, allocation, greedy)["months"][0]["missed"]
        assert missed["session_id"] == pool

    def test_an_override_allows_one_child_more(self, world: World) -> None:
        activity = add_activity(world)
        lake, pool = (
            add_session(world, activity, SATURDAY + timedelta(hours=3 * number), capacity=5)
            for number in range(2)
        )
        more, plain = add_child(world), add_child(world)
        override = {
            "measure": "free",
            "allowed": 2,
            "starts_on": "2027-04-01",
            "ends_on": "2027-04-30",
            "reason": "Panel of 12 March",
        }
        path = f"/v1/children/{more}/entitlement-overrides"
        assert world.call("PUT", path, json={"items": [override]}).status_code == 200
        round_id = open_round(world)
        for child in (more, plain):
            choose(world, round_id, child, wanted(lake, pool))

        allocation = allocate(world, round_id)

        assert len(places(allocation, more)) == 2
        assert places(allocation, plain) == [("2027-04", "free", lake)]


class TestSupportOfSeveralPlaces:
    def test_second_needs_are_counted_from_one_part_to_the_next(self, world: World) -> None:
        limited = {"kind": "limited", "per_session": 1}
        activity = add_activity(
            world, offers=[{"need": "hoist", **limited}, {"need": "makaton", **limited}]
        )
        lake = add_session(world, activity, SATURDAY, capacity=9)
        needs = {code: {"code": code, "importance": "essential"} for code in ("hoist", "makaton")}
        both = add_child(world, needs=[*needs.values()])
        signing = [add_child(world, needs=[needs["makaton"]]) for _ in range(2)]
        round_id = open_round(world)
        # Only the child with both needs wants it free; the others would pay for the same support.
        choose(world, round_id, both, wanted(lake))
        for child in signing:
            choose(world, round_id, child, wanted(lake, funding="contributory"))

        allocation = allocate(world, round_id)

        assert given(allocation) == {both: lake}
        assert given(allocation, "contributory") == {}
