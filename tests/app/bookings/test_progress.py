"""Progress on goals and steps, said in feedback: what is kept, what it settles, who may say it."""

from datetime import timedelta
from typing import Any

import pytest

from app.access.scopes import ClientKind
from app.ids import new_id
from tests.support.attended import attend_session, say
from tests.support.catalogue import SATURDAY, add_activity, add_child
from tests.support.races import breaches
from tests.support.world import World


@pytest.fixture
def child_id(world: World) -> str:
    return add_child(world)


@pytest.fixture
def goal(world: World, child_id: str) -> dict[str, Any]:
    """Set a goal with a step."""
    return set_goal(world, child_id)


@pytest.fixture
def booking_id(world: World, child_id: str) -> str:
    return attend_session(world, child_id, add_activity(world))


def set_goal(world: World, child_id: str) -> dict[str, Any]:
    path = f"/v1/children/{child_id}/goals"
    goal: dict[str, Any] = world.call("POST", path, json={"text": "fish on my own"}).json()
    steps = f"{path}/{goal['id']}/steps"
    goal["step_id"] = world.call("POST", steps, json={"text": "bait a hook"}).json()["id"]
    return goal


def about(goal: dict[str, Any], what: str, progress: str, **more: Any) -> dict[str, Any]:
    """Say something of a goal or of its step."""
    return {f"{what}_id": goal["id" if what == "goal" else "step_id"], "progress": progress, **more}


def states(world: World, child_id: str) -> tuple[str, str]:
    """Read what has become of the goal and its step."""
    [goal] = world.call("GET", f"/v1/children/{child_id}/goals").json()["items"]
    return goal["status"], goal["steps"][0]["status"]


def told(world: World, child_id: str, goal: dict[str, Any], **query: Any) -> dict[str, Any]:
    """Read the history of a goal's progress."""
    path = f"/v1/children/{child_id}/goals/{goal['id']}/progress"
    answer = world.call("GET", path, params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


class TestWhatItSettles:
    @pytest.mark.parametrize(
        ("voice", "what", "progress", "goal_and_step", "reason"),
        [
            ("child", "step", "started", ("open", "open"), "a beginning"),
            ("child", "step", "closer", ("open", "open"), "nearer"),
            ("child", "step", "reached", ("open", "done"), "a step is done, the goal is not"),
            ("provider", "step", "reached", ("open", "done"), "a provider sees that it is done"),
            ("child", "goal", "closer", ("open", "open"), "nearer"),
            ("child", "goal", "reached", ("reached", "open"), "the child says so"),
            ("parent", "goal", "reached", ("reached", "open"), "a parent says so"),
            ("provider", "goal", "reached", ("open", "open"), "the goal is not the provider's"),
        ],
    )
    def test_by_voice(
        self,
        world: World,
        child_id: str,
        goal: dict[str, Any],
        booking_id: str,
        voice: str,
        what: str,
        progress: str,
        goal_and_step: tuple[str, str],
        reason: str,
    ) -> None:
        said = {"voice": voice, "progress": [about(goal, what, progress)]}

        answer = say(world, booking_id, said)

        assert answer.status_code == 200, answer.text
        assert states(world, child_id) == goal_and_step, reason
        [kept] = told(world, child_id, goal)["items"]
        assert (kept["voice"], kept["progress"], kept["booking_id"]) == (
            voice,
            progress,
            booking_id,
        )
        assert kept["step_id"] == (goal["step_id"] if what == "step" else None)
        assert answer.json()["progress"] == [kept]
        assert breaches(world) == []

    @pytest.mark.parametrize("status", ["reached", "dropped"])
    def test_a_closed_goal_stays_as_it_is(
        self, world: World, child_id: str, goal: dict[str, Any], booking_id: str, status: str
    ) -> None:
        path = f"/v1/children/{child_id}/goals/{goal['id']}"
        world.call("PATCH", path, json={"status": status}, headers={"If-Match": "*"})

        for progress in ("reached", "closer"):
            said = {"voice": "child", "progress": [about(goal, "goal", progress)]}
            assert say(world, booking_id, said).status_code == 200

        assert states(world, child_id)[0] == status
        assert len(told(world, child_id, goal)["items"]) == 2

    def test_the_goals_etag_moves(
        self, world: World, child_id: str, goal: dict[str, Any], booking_id: str
    ) -> None:
        say(world, booking_id, {"voice": "child", "progress": [about(goal, "goal", "reached")]})

        path = f"/v1/children/{child_id}/goals/{goal['id']}"
        stale = world.call("PATCH", path, json={"text": "x"}, headers={"If-Match": '"1"'})
        assert stale.status_code == 412


class TestHistory:
    def test_keeps_every_word_and_no_word_twice(
        self, world: World, child_id: str, goal: dict[str, Any], booking_id: str
    ) -> None:
        first = about(goal, "step", "closer", words="nearly")
        then = about(goal, "step", "reached", words="did it")
        for said in ([first], [first], [then], [], [then, about(goal, "goal", "closer")]):
            answer = say(world, booking_id, {"voice": "child", "progress": said})
            assert answer.status_code == 200, answer.text

        page = told(world, child_id, goal)

        assert [(said["progress"], said["words"]) for said in page["items"]] == [
            ("closer", "nearly"),
            ("reached", "did it"),
            ("closer", None),
        ]
        assert answer.json()["progress"] == page["items"]
        paged = told(world, child_id, goal, limit=2)
        rest = told(world, child_id, goal, limit=2, cursor=paged["next_cursor"])
        assert paged["items"] + rest["items"] == page["items"]
        history = world.call("GET", f"/v1/bookings/{booking_id}/history").json()["items"]
        given = [c["facts"] for c in history if c["what"] == "booking.feedback_given"]
        # The second said nothing new.
        assert given == [{"voice": "child", "goals": goals} for goals in (1, 1, 1)]
        assert breaches(world) == []

    def test_is_one_goals_and_the_familys(
        self, world: World, other_world: World, goal: dict[str, Any], booking_id: str
    ) -> None:
        household_id = world.household()
        child_id = add_child(world, household_id=household_id)
        mine = set_goal(world, child_id)
        booking = attend_session(world, child_id, add_activity(world), SATURDAY + timedelta(days=1))
        said = {"voice": "parent", "progress": [about(mine, "goal", "started")]}
        family, stranger = (world.family_token(id_) for id_ in (household_id, world.household()))
        path = f"/v1/bookings/{booking}/feedback"
        assert world.call_with(family, "POST", path, json={**said, "rating": 5}).status_code == 200

        path = f"/v1/children/{child_id}/goals/{mine['id']}/progress"
        assert len(world.call_with(family, "GET", path).json()["items"]) == 1
        assert world.call_with(stranger, "GET", path).status_code == 404
        assert other_world.call("GET", path).status_code == 404
        assert world.call("GET", path.replace(mine["id"], goal["id"])).status_code == 404


class TestRefusals:
    @pytest.mark.parametrize(
        ("said", "field", "reason"),
        [
            ({"progress": "reached"}, "progress.0", "neither goal nor step"),
            (
                {"goal_id": str(new_id()), "step_id": str(new_id()), "progress": "reached"},
                "progress.0",
                "both",
            ),
            (
                {"goal_id": str(new_id()), "progress": "reached"},
                "progress.0.goal_id",
                "no such goal",
            ),
            (
                {"step_id": str(new_id()), "progress": "reached"},
                "progress.0.step_id",
                "no such step",
            ),
            (
                {"goal_id": str(new_id()), "progress": "failed"},
                "progress.0.progress",
                "nobody fails",
            ),
        ],
    )
    def test_rules(
        self, world: World, booking_id: str, said: dict[str, Any], field: str, reason: str
    ) -> None:
        refused = say(world, booking_id, {"voice": "child", "progress": [said]})

        assert refused.status_code == 422, reason
        assert [error["field"] for error in refused.json()["errors"]] == [field], reason

    @pytest.mark.parametrize("what", ["goal", "step"])
    def test_another_childs_goal(
        self, world: World, child_id: str, booking_id: str, what: str
    ) -> None:
        mine, theirs = set_goal(world, child_id), set_goal(world, add_child(world))
        said = [about(mine, what, "reached"), about(theirs, what, "reached")]

        refused = say(world, booking_id, {"voice": "child", "progress": said})

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == f"progress.1.{what}_id"
        assert states(world, child_id) == ("open", "open"), "nothing of it is kept"
        assert told(world, child_id, mine)["items"] == []

    def test_the_same_goal_twice(self, world: World, goal: dict[str, Any], booking_id: str) -> None:
        said = [about(goal, "goal", "closer"), about(goal, "goal", "reached")]

        assert say(world, booking_id, {"voice": "child", "progress": said}).status_code == 422

    def test_a_provider_says_it_of_its_own_session_only(
        self, world: World, goal: dict[str, Any], booking_id: str
    ) -> None:
        said = {"voice": "provider", "progress": [about(goal, "step", "reached")]}

        assert say(world, booking_id, said, kind=ClientKind.PROVIDER).status_code == 200
        in_the_childs_name = {**said, "voice": "child"}
        refused = say(world, booking_id, in_the_childs_name, kind=ClientKind.PROVIDER)
        assert refused.status_code == 403
