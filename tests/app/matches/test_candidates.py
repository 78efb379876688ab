"""Candidates of a session over HTTP."""

from datetime import datetime, timedelta
from typing import Any

from tests.app.matches.test_routes import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.clock import NOON
from tests.support.world import World


def candidates(world: World, session_id: str, query: str = "") -> Any:
    """Ask for the children a session would suit."""
    answer = world.call("GET", f"/v1/sessions/{session_id}/candidates{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestListCandidates:
    def test_longest_without_a_break_first_then_the_best_score(self, world: World) -> None:
        activity_id = add_activity(world)
        past = [add_session(world, activity_id, NOON + timedelta(hours=h)) for h in (1, 4)]
        session_id = add_session(world, activity_id)
        fisher = {"interests": [{"text": "fishing", "feeling": "love", "voice": "child"}]}
        never, fond, early, late = (add_child(world, **f) for f in ({}, fisher, {}, fisher))
        book(world, early, past[0])
        book(world, late, past[1])
        world.clock.now = NOON + timedelta(hours=8)

        answer = candidates(world, session_id)

        assert [item["child_id"] for item in answer["items"]] == [fond, never, early, late]
        assert answer["items"][0]["last_break_at"] is None
        assert datetime.fromisoformat(answer["items"][2]["last_break_at"]) == NOON + timedelta(
            hours=1
        )
        assert answer["items"][0]["funding"] == "free"
        assert answer["items"][2]["funding"] == "contributory", "the free one of March is used"
        for item in answer["items"]:
            total = sum(reason["contribution"] for reason in item["reasons"])
            assert abs(total - item["score"]) < 1e-6

    def test_agrees_with_the_fit_of_each_child(self, world: World) -> None:
        offers = [{"need": "bsl", "kind": "on_request", "lead_days": 2, "cost_pence": 100}]
        session_id = add_session(world, add_activity(world, offers=offers))
        needs = [{"code": "bsl", "importance": "essential"}]
        child_id = add_child(world, needs=needs, travel={"max_km": 9})

        [item] = candidates(world, session_id)["items"]

        fit = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit").json()
        for name in ("score", "support", "arrangements", "reasons", "funding", "distance_km"):
            assert item[name] == fit[name]

    def test_who_is_kept_out_is_counted(self, world: World) -> None:
        activity_id = add_activity(world, min_age=8, max_age=12)
        session_id = add_session(world, activity_id)
        inside = add_child(world, date_of_birth="2014-03-07")  # 12 until the day after
        add_child(world, date_of_birth="2014-03-06")  # 13 on the day
        add_child(world, date_of_birth="2019-03-07")  # 7 on the day
        oldest = add_child(world, date_of_birth="2019-03-06")  # 8 on the day
        add_child(world, travel={"max_km": 1}, home={"postcode": "CW1 2AB"})
        add_child(world, needs=[{"code": "hoist", "importance": "essential"}])
        busy = add_child(world)
        book(world, busy, add_session(world, activity_id, SATURDAY + timedelta(hours=1)))

        answer = candidates(world, session_id)

        assert {item["child_id"] for item in answer["items"]} == {inside, oldest}
        reasons = answer["blocked"]
        assert (reasons["need"], reasons["distance"], reasons["overlap"]) == (1, 1, 1)

    def test_limit(self, world: World) -> None:
        session_id = add_session(world, add_activity(world))
        for _ in range(3):
            add_child(world)

        assert len(candidates(world, session_id, "?limit=2")["items"]) == 2

    def test_other_authorities_children_are_not_there(
        self, world: World, other_world: World
    ) -> None:
        session_id = add_session(world, add_activity(world))
        add_child(other_world)

        answer = candidates(world, session_id)

        assert (answer["items"], answer["blocked"]) == ([], {})
        theirs = other_world.call("GET", f"/v1/sessions/{session_id}/candidates")
        assert theirs.status_code == 404
