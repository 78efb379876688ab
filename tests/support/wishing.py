"""Wishes through the API: recorded, acted upon, looked at."""

from typing import Any
from uuid import UUID

from app.clock import local_date
from tests.support.world import World


def record_wish(world: World, child_id: str, text: str = "go fishing", **more: Any) -> str:
    """Record a wish and give its id."""
    voice, headers = more.pop("voice", "child"), more.pop("headers", {})
    body = {"child_id": child_id, "text": text, "voice": voice}
    answer = world.call("POST", "/v1/wishes", json=body, headers=headers, **more)
    assert answer.status_code == 201, answer.text
    wish_id: str = answer.json()["id"]
    return wish_id


def read_wish(world: World, wish_id: str) -> dict[str, Any]:
    """Read a wish."""
    answer = world.call("GET", f"/v1/wishes/{wish_id}")
    assert answer.status_code == 200, answer.text
    wish: dict[str, Any] = answer.json()
    return wish


def change_wish(world: World, wish_id: str, *, token: str = "", **patch: Any) -> Any:
    """Change a wish, whatever its version."""
    path, headers = f"/v1/wishes/{wish_id}", {"If-Match": "*"}
    if token:
        return world.call_with(token, "PATCH", path, json=patch, headers=headers)
    return world.call("PATCH", path, json=patch, headers=headers)


def act(world: World, wish_id: str | list[str], kind: str, /, **details: Any) -> Any:
    """Record today what was done for one wish or for several."""
    body = {"kind": kind, "happened_on": f"{local_date(world.clock.now)}", **details}
    named = {name: str(value) if isinstance(value, UUID) else value for name, value in body.items()}
    if isinstance(wish_id, list):
        return world.call("POST", "/v1/wishes/actions", json={"wish_ids": wish_id, **named})
    return world.call("POST", f"/v1/wishes/{wish_id}/actions", json=named)


def actions_of(world: World, wish_id: str) -> list[dict[str, Any]]:
    """List what was done for a wish."""
    answer = world.call("GET", f"/v1/wishes/{wish_id}/actions?limit=200")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
