"""What of a child's profile beyond interests and stated needs moves the matches, over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.world import World


def fit_of(world: World, child_id: str, session_id: str) -> Any:
    answer = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit")
    assert answer.status_code == 200, answer.text
    return answer.json()


def factor(fit: Any, name: str) -> float:
    return sum(r["contribution"] for r in fit["reasons"] if r["factor"] == name)


class TestCommunication:
    @pytest.mark.parametrize(
        ("communication", "need"),
        [
            ({"methods": ["speech", "Makaton"]}, "makaton"),
            ({"methods": ["BSL"]}, "bsl"),
            ({"methods": ["easy read"]}, "easy_read"),
            ({"language": "pl"}, "interpreter"),
        ],
    )
    def test_helps_where_it_is_provided(
        self, world: World, communication: dict[str, Any], need: str
    ) -> None:
        silent = add_session(world, add_activity(world))
        signing = add_session(
            world, add_activity(world, offers=[{"need": need, "kind": "provided"}])
        )
        child_id = add_child(world, communication=communication)

        without, fit = (fit_of(world, child_id, one) for one in (silent, signing))

        assert fit["score"] > without["score"]
        assert without["eligible"] is True
        assert [(n["need"], n["importance"], n["met_by"]) for n in fit["needs"]] == [
            (need, "helpful", "provided")
        ]
        items = world.call("GET", f"/v1/children/{child_id}/matches?month=2027-03").json()["items"]
        assert [match["session_id"] for match in items] == [signing, silent]

    @pytest.mark.parametrize("language", ["en", "EN-GB", "eng"])
    def test_english_needs_no_interpreter(self, world: World, language: str) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(world, communication={"language": language, "methods": ["speech"]})

        assert fit_of(world, child_id, session_id)["needs"] == []

    def test_a_stated_need_keeps_its_importance(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        child_id = add_child(
            world,
            communication={"methods": ["makaton"]},
            needs=[{"code": "makaton", "importance": "essential"}],
        )

        fit = fit_of(world, child_id, session_id)

        assert [(n["need"], n["importance"]) for n in fit["needs"]] == [("makaton", "essential")]
        assert fit["eligible"] is False

    def test_a_limited_place_that_is_taken_helps_no_more(self, world: World) -> None:
        offers = [{"need": "makaton", "kind": "limited", "per_session": 1}]
        session_id = add_session(world, add_activity(world, offers=offers))
        signing = add_child(world, communication={"methods": ["makaton"]})
        needing = add_child(world, needs=[{"code": "makaton", "importance": "essential"}])
        before = fit_of(world, signing, session_id)

        answer = world.call(
            "POST",
            "/v1/bookings",
            json={"child_id": needing, "session_id": session_id, "funding": "free"},
            headers={"Idempotency-Key": str(uuid4())},
        )
        assert answer.status_code == 201, answer.text
        after = fit_of(world, signing, session_id)

        assert [need["met_by"] for need in before["needs"]] == ["limited"]
        assert [need["met_by"] for need in after["needs"]] == ["nothing"]
        assert after["score"] < before["score"]
        assert after["eligible"] is True


class TestPreferences:
    def test_a_preferred_setting_scores_higher(self, world: World) -> None:
        supported, universal = (
            add_session(world, add_activity(world, setting=setting))
            for setting in ("supported", "universal")
        )
        child_id = add_child(world, preferences={"settings": ["universal"]})
        indifferent = add_child(world)

        assert (
            fit_of(world, child_id, universal)["score"]
            > fit_of(world, child_id, supported)["score"]
        )
        assert (
            fit_of(world, indifferent, universal)["score"]
            == fit_of(world, indifferent, supported)["score"]
        )


class TestGoals:
    def test_an_open_goal_and_its_next_step_raise_what_fits(self, world: World) -> None:
        swim = add_activity(world, title="Swimming lessons", description="Learn to swim.")
        cook = add_activity(world, title="Baking club", description="Bake cakes and bread.")
        pool, kitchen = add_session(world, swim), add_session(world, cook)
        child_id = add_child(world)
        goals = f"/v1/children/{child_id}/goals"
        before = fit_of(world, child_id, pool)

        answer = world.call("POST", goals, json={"text": "learn to swim on my own"})
        goal = f"{goals}/{answer.json()['id']}"
        after = fit_of(world, child_id, pool)
        assert factor(before, "goal") == 0
        assert factor(after, "goal") > 0
        assert after["score"] > before["score"]
        assert after["score"] > fit_of(world, child_id, kitchen)["score"]

        steps = [
            world.call("POST", f"{goal}/steps", json={"text": text}).json()["id"]
            for text in ("visit the pool", "baking a cake")
        ]
        assert factor(fit_of(world, child_id, kitchen), "goal") == 0
        world.call(
            "PATCH",
            f"{goal}/steps/{steps[0]}",
            json={"status": "done"},
            headers={"If-Match": "*"},
        )
        assert factor(fit_of(world, child_id, kitchen), "goal") > 0

        world.call("PATCH", goal, json={"status": "reached"}, headers={"If-Match": "*"})
        for session_id in (pool, kitchen):
            assert factor(fit_of(world, child_id, session_id), "goal") == 0
