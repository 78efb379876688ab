"""Questions of commissioning, asked through the API."""

from typing import Any

from app.access.scopes import ClientKind
from tests.support.jobs import work
from tests.support.world import World

MARCH = "2027-03"
FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
SWIMMING = {"text": "swimming", "feeling": "like", "voice": "child"}


RELEASED_SCENARIO = {
    "period": "2027-Q1",
    "changes": [{"kind": "add_offer", "interest": "swimming"}],
}

RELEASED_PLAN = {
    "period": "2027-Q1",
    "budget_pence": 1_000_000,
    "prices": [{"kind": "session", "pence": 20_000, "places": 10}],
}


def plan(world: World, *prices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Make a plan of March as the broker."""
    made = make(
        world,
        {"month": MARCH, "prices": prices, "budget_pence": 10_000_000, "months": 1, **fields},
    )
    assert made["status"] == "done", made
    return made


def make(
    world: World, body: dict[str, Any], kind: ClientKind = ClientKind.BROKER
) -> dict[str, Any]:
    """Start a plan, do its job as the worker does, and read what became of it."""
    answer = world.call("POST", "/v1/commissioning-plans", json=body, kind=kind)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['id']}"
    job = work(world, answer.json()["id"], kind)
    made: dict[str, Any] = world.call("GET", job["result_url"], kind=kind).json()
    assert made["status"] == job["status"]
    return made


def served(world: World, made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Read whom a plan serves."""
    answer = world.call("GET", f"/v1/commissioning-plans/{made['id']}/children?limit=200")
    assert answer.status_code == 200, answer.text
    return {row.pop("child_id"): row for row in answer.json()["items"]}


def ask(world: World, *changes: dict[str, Any], **about: Any) -> dict[str, Any]:
    """Ask a scenario; of March by the broker unless something else is said."""
    kind = about.pop("kind", ClientKind.BROKER)
    body = {"changes": changes, **(about or {"month": MARCH})}
    answer = world.call("POST", "/v1/scenarios", json=body, kind=kind)
    assert answer.status_code == 201, answer.text
    scenario: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/scenarios/{scenario['id']}"
    return scenario


def concerned(world: World, scenario: dict[str, Any]) -> dict[str, tuple[list[str], list[str]]]:
    """Read whom a scenario concerns: what each would lose and gain."""
    answer = world.call("GET", f"/v1/scenarios/{scenario['id']}/children?limit=200")
    assert answer.status_code == 200, answer.text
    return {row["child_id"]: (row["lost"], row["gained"]) for row in answer.json()["items"]}


def problem(answer: Any, status: int = 422) -> tuple[str, str]:
    """Give the field and rule of a refusal."""
    assert answer.status_code == status, answer.text
    (error,) = answer.json()["errors"]
    return error["field"], error["rule"]
