"""Policies, overrides and sessions that decide what a child may book, made through the API."""

from datetime import timedelta
from typing import Any

from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.world import World

MARCH = {"starts_on": "2027-03-01", "ends_on": "2027-03-31", "reason": "Panel of 12 February"}


def set_policy(world: World, starts_on: str = "2027-03-01", **fields: Any) -> None:
    """Decide what children may book; by default much of the month, so that the year decides."""
    body = {"starts_on": starts_on, "free_per_month": 5, "contributory_per_month": 5, **fields}
    answer = world.call("POST", "/v1/authority/policies", json=body)
    assert answer.status_code == 201, answer.text


def override(world: World, child_id: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """Put a list of overrides in the place of those that hold."""
    path = f"/v1/children/{child_id}/entitlement-overrides"
    answer = world.call("PUT", path, json={"items": [{**MARCH, **item} for item in items]})
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["items"]
    return listed


def entitlement(world: World, child_id: str, month: str = "2027-03") -> dict[str, Any]:
    """Read what a child may still book."""
    answer = world.call("GET", f"/v1/children/{child_id}/entitlements?month={month}")
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def place(world: World, days: int = 0, lasts: timedelta = timedelta(hours=2), **fields: Any) -> str:
    """Add a session of an activity of its own, some days after Saturday."""
    starts_at = SATURDAY + timedelta(days=days)
    return add_session(world, add_activity(world, **fields), starts_at, ends_at=starts_at + lasts)


def limits(allowed: float | None, used: float) -> dict[str, float | None]:
    """Write an allowance as it is read."""
    return {
        "allowed": allowed,
        "used": used,
        "remaining": None if allowed is None else allowed - used,
    }
