"""Allocations through the API, with the worker's part done in the test."""

from typing import Any

from tests.support.jobs import work
from tests.support.rounds import CLOSES
from tests.support.world import World


def start(world: World, round_id: str, **form: Any) -> Any:
    """Start a run."""
    return world.call("POST", f"/v1/rounds/{round_id}/allocations", json={"seed": 7, **form})


def allocate(world: World, round_id: str, **form: Any) -> dict[str, Any]:
    """Run an allocation to its end and read it."""
    if not form.get("preview"):
        world.clock.now = max(world.clock.now, CLOSES)
    started = start(world, round_id, **form)
    assert started.status_code == 202, started.text
    job = work(world, started.json()["id"])
    assert job["status"] == "done", job
    return read(world, job["result_url"])


def read(world: World, url: str) -> dict[str, Any]:
    """Read an allocation with all its places."""
    answer = world.call("GET", url, params={"limit": 200})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def url_of(allocation: dict[str, Any]) -> str:
    """Name an allocation."""
    return f"/v1/rounds/{allocation['round_id']}/allocations/{allocation['id']}"


def publish_offers(world: World, allocation: dict[str, Any], **form: Any) -> Any:
    """Offer the places."""
    body = {"answer_by": "2027-03-20T12:00:00Z", **form}
    return world.call("POST", f"{url_of(allocation)}/publish", json=body)


def given(allocation: dict[str, Any], funding: str = "free") -> dict[str, str]:
    """Tell who is given which session, by child."""
    return {
        place["child_id"]: place["session_id"]
        for place in allocation["items"]
        if place["funding"] == funding
    }


def why(world: World, allocation: dict[str, Any], child_id: str) -> dict[str, Any]:
    """Read why a child was not given what it wanted more."""
    answer = world.call("GET", f"{url_of(allocation)}/children/{child_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
