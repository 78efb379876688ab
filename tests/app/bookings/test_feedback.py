"""Reading back what was said of a session, over HTTP: whose words are shown to whom."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app.access.models import AuditEntry
from app.access.scopes import ClientKind
from app.db import transaction
from app.ids import new_id
from tests.support.attended import attend_session, say
from tests.support.catalogue import add_activity, add_child
from tests.support.world import World

VOICES = ("child", "parent", "provider")


@pytest.fixture
def told(world: World) -> dict[str, str]:
    """Let all three voices speak of one session, the child of a goal too."""
    household_id = world.household()
    child_id = add_child(world, household_id=household_id)
    goal = world.call("POST", f"/v1/children/{child_id}/goals", json={"text": "swim"}).json()
    booking_id = attend_session(world, child_id, add_activity(world))
    progress = [{"goal_id": goal["id"], "progress": "closer"}]
    for voice in VOICES:
        said = {"voice": voice, "words": f"said by the {voice}"}
        spoken = say(world, booking_id, said | ({"progress": progress} if voice == "child" else {}))
        assert spoken.status_code == 200, spoken.text
    return {"household": household_id, "child": child_id, "booking": booking_id}


def path(told: dict[str, str]) -> str:
    return f"/v1/bookings/{told['booking']}/feedback"


def words(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return [(said["voice"], said["words"]) for said in answer.json()["items"]]


ALL_WORDS = [(voice, f"said by the {voice}") for voice in VOICES]


class TestWhoHears:
    def test_a_broker_every_voice(self, world: World, told: dict[str, str]) -> None:
        answer = world.call("GET", path(told))

        assert words(answer) == ALL_WORDS
        counts = {said["voice"]: len(said["progress"]) for said in answer.json()["items"]}
        assert counts == {"child": 1, "parent": 0, "provider": 0}

    def test_the_family_every_voice(self, world: World, told: dict[str, str]) -> None:
        token = world.family_token(told["household"])

        assert words(world.call_with(token, "GET", path(told))) == ALL_WORDS

    def test_another_family_nothing(self, world: World, told: dict[str, str]) -> None:
        token = world.family_token(world.household())

        refused = world.call_with(token, "GET", path(told))
        absent = world.call_with(token, "GET", f"/v1/bookings/{new_id()}/feedback")

        assert refused.status_code == absent.status_code == 404
        assert refused.json()["title"] == absent.json()["title"]

    def test_the_provider_its_own_words(self, world: World, told: dict[str, str]) -> None:
        answer = world.call("GET", path(told), kind=ClientKind.PROVIDER)

        assert words(answer) == [("provider", "said by the provider")]

    def test_nothing_said(self, world: World) -> None:
        booking_id = attend_session(world, add_child(world), add_activity(world))

        assert words(world.call("GET", f"/v1/bookings/{booking_id}/feedback")) == []


def test_each_look_is_written_down(world: World, told: dict[str, str]) -> None:
    for kind in (ClientKind.BROKER, ClientKind.PROVIDER):
        assert world.call("GET", path(told), kind=kind).status_code == 200

    with transaction(world.sessions, world.authority_id) as session:
        looks = session.scalar(
            select(func.count()).where(
                AuditEntry.action == "feedback.read",
                AuditEntry.child_id == told["child"],
                AuditEntry.object_id == told["booking"],
            )
        )
    assert looks == 2
