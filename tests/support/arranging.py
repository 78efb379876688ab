"""Bookings whose support has to be arranged, and changes of their tasks."""

from typing import Any

from tests.support.bookings import book
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.races import essential
from tests.support.world import World

HOIST = {"need": "hoist", "kind": "on_request", "lead_days": 2, "cost_pence": 4000}
BSL = {"need": "bsl", "kind": "on_request", "lead_days": 1, "cost_pence": 6000}
NOT_NEEDED = {"status": "waived", "reason": "his aunt comes along"}
AGAIN = {"status": "open", "reason": "the worker is ill"}


def book_with_needs(
    world: World, *needs: str, child: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    """Book a child with these essential needs; the provider arranges hoist and BSL."""
    child_id = add_child(world, needs=[essential(need) for need in needs], **child or {})
    session_id = add_session(world, add_activity(world, offers=[HOIST, BSL]))
    answer = book(world, child_id, session_id, **fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def change(world: World, task_id: str, patch: dict[str, Any], **how: Any) -> Any:
    """Change a support task as a broker who does not mind what was there before."""
    headers = how.pop("headers", {"If-Match": "*"})
    return world.call("PATCH", f"/v1/arrangements/{task_id}", json=patch, headers=headers, **how)


def changed(world: World, task_id: str, patch: dict[str, Any]) -> dict[str, Any]:
    """Change a support task, which must be allowed."""
    answer = change(world, task_id, patch)
    assert answer.status_code == 200, answer.text
    task: dict[str, Any] = answer.json()
    return task


def read(world: World, booking: dict[str, Any]) -> dict[str, Any]:
    """Read a booking as it is by now."""
    now: dict[str, Any] = world.call("GET", f"/v1/bookings/{booking['id']}").json()
    return now


def history(world: World, booking: dict[str, Any]) -> list[dict[str, Any]]:
    """Read every change of a booking."""
    path = f"/v1/bookings/{booking['id']}/history"
    items: list[dict[str, Any]] = world.call("GET", path).json()["items"]
    return items
