"""Bookings made through the API."""

from typing import Any
from uuid import uuid4

from tests.support.world import World


def book(world: World, child_id: str, session_id: str, **fields: Any) -> Any:
    """Book, with a key of its own unless one is given."""
    key = fields.pop("key", None) or str(uuid4())
    body = {"child_id": child_id, "session_id": session_id, "funding": "free", **fields}
    return world.call("POST", "/v1/bookings", json=body, headers={"Idempotency-Key": key})


def slug(answer: Any) -> str:
    """Give the reason of a refusal."""
    return str(answer.json()["type"].rsplit("/", 1)[-1])
