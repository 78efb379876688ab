"""Friends of two households who go together: only where each has said so of the other."""

from datetime import timedelta
from typing import Any

import pytest

from app.ids import new_id
from tests.support.allocations import allocate, given, publish_offers, why
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.races import breaches
from tests.support.rounds import SATURDAY, choose, open_round, wanted
from tests.support.world import World


def befriend(world: World, child: str, *friends: str) -> None:
    """Let a child's profile name its friends."""
    answer = world.call(
        *("PATCH", f"/v1/children/{child}"),
        json={"friends": list(friends)},
        headers={"If-Match": "*"},
    )
    assert answer.status_code == 200, answer.text


def together(*session_ids: str, buddy: str) -> dict[str, Any]:
    """List sessions, each only together with a friend."""
    body = wanted(*session_ids)
    for choice in body["months"][0]["choices"]:
        choice["buddies_together"] = [buddy]
    return {**body, "fill_in": False}


@pytest.fixture
def friends(world: World) -> tuple[str, str]:
    """Make two children who have named each other."""
    one, other = add_child(world), add_child(world)
    befriend(world, one, other)
    befriend(world, other, one)
    return one, other


class TestChoosing:
    def test_counts_once_both_say_so(self, world: World, friends: tuple[str, str]) -> None:
        lake = add_session(world, add_activity(world), SATURDAY)
        round_id = open_round(world)
        one, other = friends

        def missing(child: str, body: dict[str, Any]) -> list[str]:
            answer = choose(world, round_id, child, body, if_match="*")
            assert answer.status_code == 200, answer.text
            found: list[str] = answer.json()["months"][0]["choices"][0]["buddies_missing"]
            return found

        assert missing(one, together(lake, buddy=other)) == [other]
        # It lists the session, but not together with its friend: nothing is told of that.
        assert missing(other, wanted(lake)) == []
        assert missing(one, {**together(lake, buddy=other), "fill_in": True}) == [other]
        assert missing(other, together(lake, buddy=one)) == []
        assert missing(one, together(lake, buddy=other)) == []

    def test_only_friends_who_have_named_each_other(self, world: World) -> None:
        lake = add_session(world, add_activity(world), SATURDAY)
        household = world.household()
        child, sibling = (add_child(world, household_id=household) for _ in range(2))
        stranger = add_child(world)
        befriend(world, child, stranger)
        round_id = open_round(world)

        answers = [
            choose(world, round_id, child, together(lake, buddy=one))
            for one in (stranger, sibling, str(new_id()), child)
        ]

        assert {answer.status_code for answer in answers} == {422}
        told = {
            (answer.json()["errors"][0]["rule"], answer.json()["errors"][0]["message"])
            for answer in answers
        }
        assert told == {("not_a_friend", "Only friends who have named each other go together")}


class TestGivingOut:
    def test_friends_go_together_or_not_at_all(
        self, world: World, friends: tuple[str, str]
    ) -> None:
        activity = add_activity(world)
        lake = add_session(world, activity, SATURDAY, capacity=1)
        pool = add_session(world, activity, SATURDAY + timedelta(hours=4), capacity=2)
        round_id = open_round(world)
        for child, buddy in (friends, friends[::-1]):
            assert choose(world, round_id, child, together(lake, pool, buddy=buddy)).is_success

        allocation = allocate(world, round_id)

        assert given(allocation) == dict.fromkeys(friends, pool)
        assert len({place["party_id"] for place in allocation["items"]}) == 1
        assert publish_offers(world, allocation).json()["places"] == {"offered": 2}
        assert breaches(world) == []

    def test_what_only_one_of_them_says_does_not_count(
        self, world: World, friends: tuple[str, str]
    ) -> None:
        lake = add_session(world, add_activity(world), SATURDAY, capacity=2)
        round_id = open_round(world)
        one, other = friends
        assert choose(world, round_id, one, together(lake, buddy=other)).is_success
        assert choose(world, round_id, other, wanted(lake)).is_success

        allocation = allocate(world, round_id)

        assert given(allocation) == {other: lake}
        [missed] = why(world, allocation, one)["months"][0]["missed"]
        assert missed["reasons"] == ["sibling_missing"]
