"""Wishes, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from app.access.models import AuditEntry
from app.db import transaction
from app.ids import new_id
from app.outbox.models import Event
from tests.support.children import create_child
from tests.support.world import World


def record(world: World, child_id: str, text: str = "go fishing with others") -> dict[str, Any]:
    answer = world.call(
        "POST", "/v1/wishes", json={"child_id": child_id, "text": text, "voice": "child"}
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


class TestRecordWish:
    def test_names_what_it_is_about(self, world: World) -> None:
        child_id = create_child(world)["id"]
        wish = record(world, child_id)

        assert wish["status"] == "open"
        assert "angling" in wish["concepts"]
        assert world.call("GET", f"/v1/wishes/{wish['id']}").json() == wish

    def test_keeps_what_no_concept_names(self, world: World) -> None:
        wish = record(world, create_child(world)["id"], text="zzkrx")

        assert (wish["text"], wish["concepts"]) == ("zzkrx", [])

    def test_leaves_traces(self, world: World) -> None:
        child_id = create_child(world)["id"]
        wish = record(world, child_id)
        with transaction(world.sessions, world.authority_id) as session:
            actions = session.scalars(
                select(AuditEntry.action).where(AuditEntry.object_id == wish["id"])
            ).all()
            events = session.scalars(select(Event).where(Event.object_id == wish["id"])).all()

        assert actions == ["wish.create"]
        assert [(e.type, str(e.child_id)) for e in events] == [("wish.recorded", child_id)]

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"text": " "}, 422),
            ({"text": "x" * 501}, 422),
            ({"voice": "neighbour"}, 422),
            ({"status": "met"}, 422),
            ({"concepts": ["angling"]}, 422),
            ({"child_id": str(new_id())}, 404),
        ],
    )
    def test_refusals(self, world: World, changes: dict[str, Any], status: int) -> None:
        child_id = create_child(world)["id"]
        body = {"child_id": child_id, "text": "go fishing", "voice": "child", **changes}

        assert world.call("POST", "/v1/wishes", json=body).status_code == status


class TestListWishes:
    def test_filters(self, world: World) -> None:
        wishes = [record(world, create_child(world)["id"]) for _ in range(2)]

        def listed(query: str) -> Any:
            return world.call("GET", f"/v1/wishes?{query}").json()["items"]

        assert listed("") == wishes
        assert listed(f"child_id={wishes[1]['child_id']}") == wishes[1:]
        assert listed("status=open") == wishes
        assert listed("status=met") == []

    def test_pages(self, world: World) -> None:
        child_id = create_child(world)["id"]
        wishes = [record(world, child_id) for _ in range(3)]
        first = world.call("GET", "/v1/wishes?limit=2").json()
        second = world.call("GET", f"/v1/wishes?limit=2&cursor={first['next_cursor']}").json()

        assert first["items"] + second["items"] == wishes
        assert second["next_cursor"] is None
