"""Rounds through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.world import World

QUARTER = "2027-Q2"
# A Saturday of the quarter, in summer time.
SATURDAY = datetime(2027, 4, 3, 9, 0, tzinfo=UTC)
ROUND = {
    "quarter": QUARTER,
    "title": "Short breaks, April to June 2027",
    "publish_on": "2027-03-01",
    "choices_open_at": "2027-03-02T09:00:00Z",
    "choices_close_at": "2027-03-16T23:59:59Z",
    "offers_by": "2027-03-22T12:00:00Z",
    "closes_at": "2027-03-31T12:00:00Z",
}
OPENS = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
CLOSES = datetime(2027, 3, 16, 23, 59, 59, tzinfo=UTC)


def make_round(world: World, **changes: Any) -> dict[str, Any]:
    """Plan a round."""
    answer = world.call("POST", "/v1/rounds", json=ROUND | changes)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def publish(world: World, round_id: str) -> dict[str, Any]:
    """Publish a round."""
    answer = world.call("POST", f"/v1/rounds/{round_id}/publish", headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def open_round(world: World, **changes: Any) -> str:
    """Publish a round, and let the time come in which families choose."""
    round_id: str = publish(world, make_round(world, **changes)["id"])["id"]
    world.clock.now = OPENS + timedelta(minutes=1)
    return round_id


def wanted(*session_ids: str, month: str = "2027-04", funding: str = "free") -> dict[str, Any]:
    """List sessions of a month, the one wanted most at the head."""
    choices = [{"session_id": str(id_), "funding": funding} for id_ in session_ids]
    return {"months": [{"month": month, "choices": choices}]}


def choose(
    world: World,
    round_id: str,
    child_id: str,
    body: dict[str, Any],
    *,
    if_match: str | None = None,
    token: str | None = None,
) -> Any:
    """Choose for a child."""
    headers = {} if if_match is None else {"If-Match": if_match}
    path = f"/v1/rounds/{round_id}/choices/{child_id}"
    if token is not None:
        return world.call_with(token, "PUT", path, json=body, headers=headers)
    return world.call("PUT", path, json=body, headers=headers)
