"""Several children booked together."""

from typing import Any
from uuid import uuid4

from tests.support.world import World


def book_party(world: World, child_ids: list[str], session_id: str, **fields: Any) -> Any:
    """Book children together, with a key of its own unless one is given."""
    key, token = fields.pop("key", None) or str(uuid4()), fields.pop("token", None)
    body = {"child_ids": child_ids, "session_id": session_id, "funding": "free", **fields}
    headers = {"Idempotency-Key": key}
    if token is not None:
        return world.call_with(token, "POST", "/v1/bookings", json=body, headers=headers)
    return world.call("POST", "/v1/bookings", json=body, headers=headers)


def booked(answer: Any) -> list[dict[str, Any]]:
    """Give the bookings of a party that must have been made."""
    assert answer.status_code == 201, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def live_bookings(world: World, **query: str) -> list[dict[str, Any]]:
    """List the bookings that are not cancelled."""
    items = world.call("GET", "/v1/bookings", params=query).json()["items"]
    return [item for item in items if item["status"] != "cancelled"]
