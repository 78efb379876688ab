"""What a child is offered instead: what is kept, in which order, and why there may be nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.closing import booked_id, close_and_work, plans_by_child
from tests.support.races import breaches, essential
from tests.support.world import World

DAY = timedelta(days=1)
WEEK = 7 * DAY
HOUR = timedelta(hours=1)


def befriend(world: World, child_id: str, *friends: str) -> None:
    """Let a child name its friends."""
    answer = world.call(
        "PATCH",
        f"/v1/children/{child_id}",
        json={"friends": list(friends)},
        headers={"If-Match": "*"},
    )
    assert answer.status_code == 200, answer.text


def lose(world: World, session_id: str, *children: str) -> dict[str, dict[str, Any]]:
    """Let children book a session, close it, and give their plans."""
    for child_id in children:
        booked_id(world, child_id, session_id)
    return plans_by_child(close_and_work(world, session_id=session_id))


def offered(plan: dict[str, Any]) -> list[str]:
    return [one["session_id"] for one in plan["alternatives"]]


def one_session(world: World, starts_at: Any, **fields: Any) -> str:
    """Add an activity with one session, as an activity is named once."""
    capacity = fields.pop("capacity", 10)
    return add_session(world, add_activity(world, **fields), starts_at, capacity=capacity)


class TestOrder:
    def test_what_is_kept_decides(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        neither = one_session(world, SATURDAY + DAY + 4 * HOUR)
        only_time = one_session(world, SATURDAY + 2 * DAY)
        only_day = one_session(world, SATURDAY + WEEK + 3 * HOUR)
        both = one_session(world, SATURDAY + WEEK + HOUR)
        child_id = add_child(world)

        plan = lose(world, lost, child_id)[child_id]

        assert offered(plan) == [both, only_day, only_time, neither]
        told = [(one["same_weekday"], one["same_time"]) for one in plan["alternatives"]]
        assert told == [(True, True), (True, False), (False, True), (False, False)]
        assert plan["without"] is None

    def test_the_clock_change_keeps_the_time_of_day(self, world: World) -> None:
        # The clocks go forward on 28 March: ten o'clock is nine in UTC from then on.
        lost = one_session(world, SATURDAY + 3 * WEEK)
        same = one_session(world, SATURDAY + 4 * WEEK - HOUR)
        two_later = one_session(world, SATURDAY + 4 * WEEK + HOUR)
        child_id = add_child(world)

        plan = lose(world, lost, child_id)[child_id]

        told = {one["session_id"]: one["same_time"] for one in plan["alternatives"]}
        assert told == {same: True, two_later: False}

    def test_ready_comes_before_arranged(self, world: World) -> None:
        hoist = {"need": "hoist", "kind": "on_request", "lead_days": 1, "cost_pence": 900}
        provided = {"need": "hoist", "kind": "provided"}
        lost = one_session(world, SATURDAY, offers=[provided])
        arranged = one_session(world, SATURDAY + WEEK, offers=[hoist])
        ready = one_session(world, SATURDAY + DAY + 4 * HOUR, offers=[provided])
        child_id = add_child(world, needs=[essential("hoist")])

        plan = lose(world, lost, child_id)[child_id]

        assert offered(plan) == [ready, arranged]
        first, second = plan["alternatives"]
        assert (first["support"], second["support"]) == ("ready", "arrange")
        assert "support" in first["keeps"]
        assert "support" in second["loses"]
        assert [task["need"] for task in second["arrangements"]] == ["hoist"]

    def test_five_at_most_and_each_activity_once(self, world: World) -> None:
        weekly = add_activity(world)
        lost = add_session(world, weekly, SATURDAY)
        again = [add_session(world, weekly, SATURDAY + n * WEEK) for n in (1, 2, 3)]
        others = [one_session(world, SATURDAY + n * DAY) for n in range(1, 7)]
        child_id = add_child(world)

        plan = lose(world, lost, child_id)[child_id]

        assert len(plan["alternatives"]) == 5
        assert offered(plan)[0] == again[0]
        assert set(offered(plan)[1:]) < set(others)

    def test_says_what_else_changes(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        other = one_session(
            world,
            SATURDAY + WEEK,
            setting="universal",
            latitude=53.05,
            funding=["contributory"],
            price_pence=700,
        )
        child_id = add_child(world)

        [one] = lose(world, lost, child_id)[child_id]["alternatives"]

        assert one["session_id"] == other
        assert (one["funding"], one["price_pence"]) == ("contributory", 700)
        assert (one["setting"], one["same_setting"]) == ("universal", False)
        assert one["distance_change_km"] == pytest.approx(5.56, abs=0.01)
        assert one["keeps"] == ["support", "weekday", "time"]
        assert one["loses"] == ["setting", "funding"]
        assert sum(r["contribution"] for r in one["reasons"]) == pytest.approx(one["score"])
        assert one["friends_together"] is None

    def test_is_as_things_are_after_the_release(self, world: World) -> None:
        # The one free place of the month is back: the alternative is free again.
        lost = one_session(world, SATURDAY)
        overlapping = one_session(world, SATURDAY + HOUR)
        child_id = add_child(world)

        [one] = lose(world, lost, child_id)[child_id]["alternatives"]

        assert (one["session_id"], one["funding"]) == (overlapping, "free")
        answer = book(world, child_id, overlapping)
        assert answer.status_code == 201

    def test_places_are_told_as_they_are_now(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        other = one_session(world, SATURDAY + WEEK, capacity=1)
        child_id = add_child(world)
        lose(world, lost, child_id)
        path = f"/v1/children/{child_id}/transition-plans"
        assert world.call("GET", path).json()["items"][0]["alternatives"][0]["places_left"] == 1

        booked_id(world, add_child(world), other)

        assert world.call("GET", path).json()["items"][0]["alternatives"][0]["places_left"] == 0


class TestFriends:
    def test_named_by_both_have_places_together(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        alone = one_session(world, SATURDAY + WEEK, capacity=1)
        together = one_session(world, SATURDAY + WEEK, capacity=2)
        one, other = add_child(world), add_child(world)
        befriend(world, one, other)
        befriend(world, other, one)

        plans = lose(world, lost, one, other)

        for child_id in (one, other):
            alternatives = plans[child_id]["alternatives"]
            assert [a["session_id"] for a in alternatives] == [together, alone]
            assert [a["friends_together"] for a in alternatives] == [True, False]
            assert "friends" in alternatives[0]["keeps"]

    def test_named_by_one_side_only_is_nobodys_business(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        one_session(world, SATURDAY + WEEK)
        one, other = add_child(world), add_child(world)
        befriend(world, one, other)

        plans = lose(world, lost, one, other)

        assert plans[one]["alternatives"][0]["friends_together"] is None
        assert plans[other]["alternatives"][0]["friends_together"] is None

    def test_siblings_need_name_nobody(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        one_session(world, SATURDAY + WEEK)
        household_id = world.household()
        children = [add_child(world, household_id=household_id) for _ in range(3)]

        plans = lose(world, lost, *children)

        assert all(p["alternatives"][0]["friends_together"] is True for p in plans.values())

    def test_one_who_could_not_go_keeps_nobody_together(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        one_session(world, SATURDAY + WEEK, min_age=10)
        household_id = world.household()
        older = add_child(world, household_id=household_id)
        younger = add_child(world, household_id=household_id, date_of_birth="2019-05-02")

        plans = lose(world, lost, older, younger)

        assert plans[older]["alternatives"][0]["friends_together"] is False
        assert plans[younger]["alternatives"] == []

    def test_a_shared_session_is_among_the_five_of_each(self, world: World) -> None:
        # For each of them five others fit better, as only the shared one has to be arranged.
        hoist = {"need": "hoist", "kind": "on_request", "lead_days": 1, "cost_pence": 900}
        ready = {"need": "hoist", "kind": "provided"}
        lost = one_session(world, SATURDAY, offers=[ready])
        for number in range(5):
            one_session(world, SATURDAY + WEEK, offers=[ready], capacity=1)
            one_session(world, SATURDAY + number * HOUR + DAY, offers=[ready], capacity=1)
        shared = one_session(world, SATURDAY + 2 * DAY, offers=[hoist], capacity=2)
        household_id = world.household()
        children = [
            add_child(world, household_id=household_id, needs=[essential("hoist")])
            for _ in range(2)
        ]

        plans = lose(world, lost, *children)

        for plan in plans.values():
            assert len(plan["alternatives"]) == 5
            assert offered(plan)[-1] == shared
            assert plan["alternatives"][-1]["friends_together"] is True

    def test_a_friend_who_has_a_place_there_is_told(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        other = one_session(world, SATURDAY + WEEK)
        child_id, friend_id = add_child(world), add_child(world)
        befriend(world, child_id, friend_id)
        befriend(world, friend_id, child_id)
        booked_id(world, friend_id, other)

        [one] = lose(world, lost, child_id)[child_id]["alternatives"]

        assert (one["friends_there"], one["friends_together"]) == (1, None)


class TestWithout:
    def test_says_what_blocks_and_what_comes_nearest(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        full = one_session(world, SATURDAY + WEEK, capacity=1)
        one_session(world, SATURDAY + 2 * WEEK, min_age=15, capacity=0)
        booked_id(world, add_child(world), full)
        lucky, child_id = add_child(world), add_child(world)

        closure_plans = lose(world, lost, child_id)

        plan = closure_plans[child_id]
        assert plan["alternatives"] == []
        without = plan["without"]
        assert without["sessions"] == 3
        assert without["blocked"] == {"age": 1, "full": 1, "cancelled": 1}
        assert without["nearest"]["session_id"] == full
        assert [reason["reason"] for reason in without["nearest"]["reasons"]] == ["full"]
        assert lucky not in closure_plans

    def test_nothing_on_offer(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        one_session(world, SATURDAY + 5 * WEEK)
        child_id = add_child(world)

        plan = lose(world, lost, child_id)[child_id]

        assert plan["without"] == {"sessions": 1, "blocked": {"cancelled": 1}, "nearest": None}

    def test_who_has_none_can_be_listed(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        one_session(world, SATURDAY + WEEK, min_age=10)
        older, younger = add_child(world), add_child(world, date_of_birth="2019-05-02")
        for child_id in (older, younger):
            booked_id(world, child_id, lost)
        closure = close_and_work(world, session_id=lost)
        path = f"/v1/closures/{closure['id']}"

        none, some = (
            world.call("GET", path, params={"without_alternative": flag}).json()
            for flag in ("true", "false")
        )

        assert (closure["bookings"], closure["without_alternative"]) == (2, 1)
        assert [plan["child_id"] for plan in none["plans"]["items"]] == [younger]
        assert [plan["child_id"] for plan in some["plans"]["items"]] == [older]


class TestPages:
    def test_plans_page(self, world: World) -> None:
        session_id = one_session(world, SATURDAY)
        children = [add_child(world) for _ in range(3)]
        for child_id in children:
            booked_id(world, child_id, session_id)
        closure = close_and_work(world, session_id=session_id)

        seen, cursor = [], None
        while True:
            params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
            page = world.call("GET", f"/v1/closures/{closure['id']}", params=params).json()
            seen += [plan["child_id"] for plan in page["plans"]["items"]]
            cursor = page["plans"]["next_cursor"]
            if cursor is None:
                break

        assert sorted(seen) == sorted(children)


class TestFamily:
    def test_sees_its_own_plan_and_nobody_elses_id(self, world: World) -> None:
        lost = one_session(world, SATURDAY)
        one_session(world, SATURDAY + WEEK)
        household_id = world.household()
        child_id, friend_id = add_child(world, household_id=household_id), add_child(world)
        befriend(world, child_id, friend_id)
        befriend(world, friend_id, child_id)
        lose(world, lost, child_id, friend_id)
        token = world.family_token(household_id)

        mine = world.call_with(token, "GET", f"/v1/children/{child_id}/transition-plans")
        theirs = world.call_with(token, "GET", f"/v1/children/{friend_id}/transition-plans")

        assert mine.status_code == 200
        [plan] = mine.json()["items"]
        assert plan["alternatives"][0]["friends_together"] is True
        assert friend_id not in mine.text
        assert UUID(plan["child_id"]) == UUID(child_id)
        assert theirs.status_code == 404
        assert breaches(world) == []
