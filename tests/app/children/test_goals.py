"""Goals and their steps, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from app.access.models import AuditEntry
from app.children.goals import MOST_OPEN_GOALS, MOST_STEPS
from app.db import transaction
from app.ids import new_id
from app.outbox.models import Event
from tests.support.children import create_child
from tests.support.world import World

SWIM = {"text": "learn to swim on my own", "voice": "child"}


def create(world: World, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = world.call("POST", path, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def patch(world: World, path: str, changes: dict[str, Any], if_match: str = "*") -> Any:
    return world.call("PATCH", path, json=changes, headers={"If-Match": if_match})


def items(world: World, path: str) -> list[dict[str, Any]]:
    """Gather a list page by page, two items each."""
    found, cursor = [], ""
    while cursor is not None:
        page = world.call("GET", f"{path}?limit=2{cursor}").json()
        found += page["items"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return found


@pytest.fixture
def goals(world: World) -> str:
    return f"/v1/children/{create_child(world)['id']}/goals"


@pytest.fixture
def goal(world: World, goals: str) -> str:
    return f"{goals}/{create(world, goals, SWIM)['id']}"


class TestGoals:
    def test_are_set_and_listed(self, world: World, goals: str) -> None:
        answer = world.call("POST", goals, json=SWIM)
        swim = answer.json()
        others = [create(world, goals, {"text": text}) for text in ("ride a bus", "cook")]

        assert answer.headers["ETag"] == '"1"'
        assert swim == {
            "id": swim["id"],
            **SWIM,
            "status": "open",
            "steps": [],
            "created_at": swim["created_at"],
        }
        assert others[0]["voice"] == "child"
        assert items(world, goals) == [swim, *others]

    def test_change(self, world: World, goals: str, goal: str) -> None:
        create(world, f"{goal}/steps", {"text": "visit the pool"})
        answer = patch(world, goal, {"text": "swim a length", "status": "reached"}, '"1"')

        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] == '"2"'
        assert (answer.json()["text"], answer.json()["status"]) == ("swim a length", "reached")
        assert [step["text"] for step in answer.json()["steps"]] == ["visit the pool"]
        assert items(world, goals) == [answer.json()]
        assert patch(world, goal, {"status": "dropped"}, '"1"').status_code == 412
        assert world.call("PATCH", goal, json={"status": "open"}).status_code == 428

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"text": None}, "text"),
            ({"text": " "}, "text"),
            ({"text": "x" * 501}, "text"),
            ({"status": None}, "status"),
            ({"status": "done"}, "status"),
            ({"steps": []}, "steps"),
        ],
    )
    def test_refusals(
        self, world: World, goals: str, goal: str, changes: dict[str, Any], field: str
    ) -> None:
        answer = patch(world, goal, changes)

        assert answer.status_code == 422
        assert [problem["field"] for problem in answer.json()["errors"]] == [field]
        assert items(world, goals)[0]["text"] == SWIM["text"]

    def test_few_are_open_at_a_time(self, world: World, goals: str, goal: str) -> None:
        for _ in range(MOST_OPEN_GOALS - 1):
            create(world, goals, SWIM)
        assert world.call("POST", goals, json=SWIM).status_code == 422

        patch(world, goal, {"status": "dropped"})
        create(world, goals, SWIM)
        assert patch(world, goal, {"status": "open"}).status_code == 422


class TestSteps:
    def test_keep_their_order(self, world: World, goals: str, goal: str) -> None:
        texts = ["visit the pool", "put my head under", "float"]
        steps = [create(world, f"{goal}/steps", {"text": text}) for text in texts]

        assert [(s["text"], s["status"], s["position"]) for s in steps] == [
            (text, "open", position) for position, text in enumerate(texts)
        ]
        assert items(world, f"{goal}/steps") == steps
        assert items(world, goals)[0]["steps"] == steps

    def test_change(self, world: World, goal: str) -> None:
        step = create(world, f"{goal}/steps", {"text": "visit the pool"})
        path = f"{goal}/steps/{step['id']}"
        answer = patch(world, path, {"status": "done"}, '"1"')

        assert answer.json() == {**step, "status": "done"}
        assert answer.headers["ETag"] == '"2"'
        assert items(world, f"{goal}/steps") == [answer.json()]
        assert patch(world, path, {"status": "open"}, '"1"').status_code == 412
        assert patch(world, path, {"status": "reached"}).status_code == 422
        assert patch(world, path, {"text": None}).status_code == 422

    def test_are_not_endless(self, world: World, goal: str) -> None:
        for _ in range(MOST_STEPS):
            create(world, f"{goal}/steps", {"text": "one length more"})

        assert world.call("POST", f"{goal}/steps", json={"text": "more"}).status_code == 422

    def test_belong_to_one_goal_of_one_child(self, world: World, goals: str, goal: str) -> None:
        step_id = create(world, f"{goal}/steps", {"text": "visit the pool"})["id"]
        other_goal = f"{goals}/{create(world, goals, SWIM)['id']}"
        other_child = create_child(world)["id"]
        goal_of_other = f"/v1/children/{other_child}/goals/{goal.rpartition('/')[2]}"

        for path in (
            *(goal_of_other, f"{goals}/{new_id()}", f"{goal_of_other}/steps/{step_id}"),
            *(f"{other_goal}/steps/{step_id}", f"{goal}/steps/{new_id()}"),
        ):
            assert patch(world, path, {"text": "x"}).status_code == 404
        assert world.call("GET", f"{goal_of_other}/steps").status_code == 404


def test_each_look_and_change_is_written_down(world: World, goals: str, goal: str) -> None:
    step = create(world, f"{goal}/steps", {"text": "visit the pool"})
    patch(world, f"{goal}/steps/{step['id']}", {"status": "done"})
    patch(world, goal, {"status": "reached"})
    items(world, goals)
    items(world, f"{goal}/steps")
    child_id = goals.split("/")[3]
    with transaction(world.sessions, world.authority_id) as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.child_id == child_id).order_by(AuditEntry.id)
        ).all()
        events = session.execute(
            select(Event.type, Event.sequence).where(Event.child_id == child_id).order_by(Event.id)
        ).all()

    assert actions == [
        *("child.create", "goal.create", "step.create", "step.update", "goal.update"),
        *("goal.read", "step.read"),
    ]
    assert [tuple(event) for event in events] == [
        *(("child.created", 1), ("goal.created", 1), ("step.created", 1)),
        *(("step.updated", 2), ("goal.updated", 2)),
    ]
