"""Small rounds whose best answer is known, through the API and the worker's own steps."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.allocations import allocate, given, why
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import SATURDAY, choose, open_round, wanted
from tests.support.world import World


def chosen(world: World, round_id: str, child_id: str, body: dict[str, Any]) -> None:
    answer = choose(world, round_id, child_id, body)
    assert answer.status_code == 200, answer.text


class TestPlaces:
    def test_everybody_has_a_place_where_that_is_possible(self, world: World) -> None:
        activity = add_activity(world)
        lake = add_session(world, activity, SATURDAY, capacity=1)
        pool = add_session(world, activity, SATURDAY + timedelta(hours=4), capacity=1)
        round_id = open_round(world)
        # The first would take either; the second only its one choice.
        easy, strict = add_child(world), add_child(world)
        chosen(world, round_id, easy, wanted(lake, pool))
        chosen(world, round_id, strict, {**wanted(lake), "fill_in": False})

        allocation = allocate(world, round_id)

        assert given(allocation) == {strict: lake, easy: pool}
        april = allocation["parts"][0]
        assert (april["month"], april["placed"], april["gap"]) == ("2027-04", 2, None)
        assert april["proved"]

    def test_a_choice_stands_above_what_nobody_ranked(self, world: World) -> None:
        angling = add_activity(world)
        other = add_activity(world, title="Pottery", description="Clay.")
        lake = add_session(world, angling, SATURDAY, capacity=5)
        clay = add_session(world, other, SATURDAY, capacity=5)
        child = add_child(
            world, interests=[{"text": "fishing", "feeling": "love", "voice": "child"}]
        )
        round_id = open_round(world)
        assert given(allocate(world, round_id, preview=True)) == {child: lake}
        chosen(world, round_id, child, wanted(clay))

        assert given(allocate(world, round_id)) == {child: clay}

    def test_who_has_waited_longer_comes_first(self, world: World) -> None:
        activity = add_activity(world)
        past = add_session(world, activity, world.clock.now + timedelta(hours=1))
        had, never = add_child(world), add_child(world)
        body = {"child_id": had, "session_id": past, "funding": "contributory"}
        booked = world.call("POST", "/v1/bookings", json=body, headers={"Idempotency-Key": "1"})
        assert booked.status_code == 201, booked.text
        lake = add_session(world, activity, SATURDAY, capacity=1)
        round_id = open_round(world)
        for child in (had, never):
            chosen(world, round_id, child, wanted(lake))

        allocation = allocate(world, round_id)

        assert given(allocation) == {never: lake}
        [month] = why(world, allocation, had)["months"]
        [missed] = month["missed"]
        assert missed["session_id"] == lake
        assert (missed["wanted"], missed["places"], missed["longer_wait"]) == (2, 1, 1)
        assert never not in str(month)

    def test_later_months_know_who_got_nothing(self, world: World) -> None:
        activity = add_activity(world)
        april = add_session(world, activity, SATURDAY, capacity=1)
        may = add_session(world, activity, SATURDAY + timedelta(days=28), capacity=1)
        round_id = open_round(world)
        children = {add_child(world), add_child(world)}

        places = {place["month"]: place for place in allocate(world, round_id)["items"]}

        assert {places["2027-04"]["session_id"], places["2027-05"]["session_id"]} == {april, may}
        assert {place["child_id"] for place in places.values()} == children

    def test_limited_support_is_a_place_within_the_places(self, world: World) -> None:
        activity = add_activity(
            world, offers=[{"need": "hoist", "kind": "limited", "per_session": 1}]
        )
        lake = add_session(world, activity, SATURDAY, capacity=3)
        round_id = open_round(world)
        hoist = [{"code": "hoist", "importance": "essential"}]
        needing = [add_child(world, needs=hoist) for _ in range(2)]
        walking = add_child(world)

        allocation = allocate(world, round_id)

        assert set(given(allocation).values()) == {lake}
        assert walking in given(allocation)
        [without] = set(needing) - set(given(allocation))
        [missed] = why(world, allocation, without)["months"][0]["missed"]
        assert (missed["cause"], missed["wanted"], missed["places"]) == ("support", 2, 1)

    def test_two_limited_needs_of_one_child_draw_on_both(self, world: World) -> None:
        limited = {"kind": "limited", "per_session": 1}
        activity = add_activity(
            world, offers=[{"need": "hoist", **limited}, {"need": "makaton", **limited}]
        )
        add_session(world, activity, SATURDAY, capacity=5)
        round_id = open_round(world)
        needs = {code: {"code": code, "importance": "essential"} for code in ("hoist", "makaton")}
        has = {add_child(world, needs=[*needs.values()]): {"hoist", "makaton"}}
        has |= {add_child(world, needs=[needs[code]]): {code} for code in needs}

        allocation = allocate(world, round_id)

        taken = [code for child in given(allocation) for code in has[child]]
        assert taken
        assert len(taken) == len(set(taken))
        [placed] = [one for one in allocation["parts"][0]["levels"] if one["name"] == "placed"]
        assert placed["reached"] == len(given(allocation)) <= placed["bound"] == 2

    def test_the_authoritys_own_support_does_not_stretch(self, world: World) -> None:
        service = {"need": "one_to_one", "lead_days": 1, "cost_pence": 100, "per_week": 1}
        made = world.call("POST", "/v1/authority/support-services", json=service)
        assert made.status_code == 201
        activity = add_activity(world)
        add_session(world, activity, SATURDAY, capacity=5)
        add_session(world, activity, SATURDAY + timedelta(hours=3), capacity=5)
        round_id = open_round(world)
        needs = [{"code": "one_to_one", "importance": "essential"}]
        for _ in range(3):
            add_child(world, needs=needs)

        part = allocate(world, round_id)["parts"][0]

        assert part["placed"] == 1
        assert part["gap"] == {"level": "placed", "at_most": 2}

    def test_siblings_go_together_or_not_at_all(self, world: World) -> None:
        activity = add_activity(world)
        lake = add_session(world, activity, SATURDAY, capacity=1)
        pool = add_session(world, activity, SATURDAY + timedelta(hours=4), capacity=2)
        household = world.household()
        one, other = (add_child(world, household_id=household) for _ in range(2))
        round_id = open_round(world)
        for mine, theirs in ((one, other), (other, one)):
            body = wanted(lake, pool)
            for choice in body["months"][0]["choices"]:
                choice["siblings_together"] = [theirs]
            chosen(world, round_id, mine, {**body, "fill_in": False})

        allocation = allocate(world, round_id)

        assert given(allocation) == {one: pool, other: pool}
        assert len({place["party_id"] for place in allocation["items"]}) == 1

    def test_a_session_runs_with_its_smallest_group_or_not(self, world: World) -> None:
        activity = add_activity(world, min_group=3)
        add_session(world, activity, SATURDAY, capacity=5)
        round_id = open_round(world)
        for _ in range(2):
            add_child(world)
        assert given(allocate(world, round_id, preview=True)) == {}
        add_child(world)

        assert len(given(allocate(world, round_id))) == 3

    def test_contributory_places_go_to_those_who_asked(self, world: World) -> None:
        activity = add_activity(world)
        lake = add_session(world, activity, SATURDAY, capacity=2)
        same_time = add_session(world, activity, SATURDAY, capacity=2)
        later = add_session(world, activity, SATURDAY + timedelta(days=1), capacity=2)
        asking = add_child(world)
        add_child(world)
        round_id = open_round(world)
        body = wanted(lake)
        body["months"][0]["choices"] += [
            {"session_id": id_, "funding": "contributory"} for id_ in (same_time, later)
        ]
        chosen(world, round_id, asking, body)

        allocation = allocate(world, round_id)

        assert given(allocation)[asking] == lake
        assert given(allocation, "contributory") == {asking: later}

    def test_a_family_that_refuses_gets_nothing_below_its_list(self, world: World) -> None:
        activity = add_activity(world)
        lake = add_session(world, activity, SATURDAY, capacity=1)
        add_session(world, activity, SATURDAY + timedelta(hours=4), capacity=5)
        children = [add_child(world) for _ in range(2)]
        round_id = open_round(world)
        for child in children:
            chosen(world, round_id, child, {**wanted(lake), "fill_in": False})

        assert len(given(allocate(world, round_id))) == 1

    def test_what_is_booked_is_kept(self, world: World) -> None:
        activity = add_activity(world)
        lake = add_session(world, activity, SATURDAY, capacity=2)
        booked, other = add_child(world), add_child(world)
        body = {"child_id": booked, "session_id": lake, "funding": "free"}
        world.call("POST", "/v1/bookings", json=body, headers={"Idempotency-Key": "1"})
        add_session(world, activity, SATURDAY + timedelta(days=1), capacity=2)
        round_id = open_round(world)
        chosen(world, round_id, other, wanted(lake))

        allocation = allocate(world, round_id)

        # Its free place of the month is used.
        assert given(allocation) == {other: lake}


class TestEdges:
    @pytest.mark.parametrize(("children", "capacities"), [(0, [2]), (2, []), (2, [0]), (0, [])])
    def test_nothing_to_give_or_nobody_to_take(
        self, world: World, children: int, capacities: list[int]
    ) -> None:
        activity = add_activity(world)
        for capacity in capacities:
            add_session(world, activity, SATURDAY, capacity=capacity)
        for _ in range(children):
            add_child(world)

        allocation = allocate(world, open_round(world))

        assert allocation["items"] == []
        assert all(part["gap"] is None for part in allocation["parts"])

    def test_all_want_one_session(self, world: World) -> None:
        lake = add_session(world, add_activity(world), SATURDAY, capacity=3)
        children = [add_child(world) for _ in range(8)]

        allocation = allocate(world, open_round(world))

        assert len(given(allocation)) == 3
        assert set(given(allocation).values()) == {lake}
        [without] = [
            missed
            for child in children
            if child not in given(allocation)
            for missed in why(world, allocation, child)["months"][0]["missed"]
        ][:1]
        assert without["wanted"] == 8
        assert sum(without[name] for name in COUNTS) == without["given"] == 3


COUNTS = ("longer_wait", "wanted_more", "luckier", "needed_it")


class TestRepeating:
    def test_the_same_inputs_and_seed_give_the_same_bytes(self, world: World) -> None:
        activity = add_activity(world)
        for hour in range(3):
            add_session(world, activity, SATURDAY + timedelta(hours=3 * hour), capacity=2)
        for _ in range(9):
            add_child(world)
        round_id = open_round(world)

        first = allocate(world, round_id, preview=True)
        second = allocate(world, round_id, preview=True)
        third = allocate(world, round_id, preview=True, seed=8)

        assert first["inputs_digest"] == second["inputs_digest"] != third["inputs_digest"]
        assert first["result_digest"] == second["result_digest"] != third["result_digest"]
        assert given(first) == given(second)
