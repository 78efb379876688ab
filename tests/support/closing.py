"""Closures: a place to lose, the worker's part, and what is told afterwards."""

from typing import Any
from uuid import UUID

from app.engine.warm import WarmCatalogues
from app.jobs import work_on_closure
from tests.support.bookings import book
from tests.support.world import World

WARM = WarmCatalogues()


def close(world: World, **body: Any) -> dict[str, Any]:
    """Close something."""
    answer = world.call("POST", "/v1/closures", json={"reason": "The lake is dry.", **body})
    assert answer.status_code == 202, answer.text
    closure: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/closures/{closure['id']}"
    return closure


def work_on(world: World, closure_id: str) -> None:
    """Do what the worker does when a closure is made."""
    work_on_closure(
        world.sessions, lambda: world.clock.now, WARM, world.authority_id, UUID(closure_id)
    )


def read_closure(world: World, closure_id: str, **query: Any) -> dict[str, Any]:
    """Read a closure and its plans."""
    answer = world.call("GET", f"/v1/closures/{closure_id}", params={"limit": 200, **query})
    assert answer.status_code == 200, answer.text
    closure: dict[str, Any] = answer.json()
    return closure


def close_and_work(world: World, **body: Any) -> dict[str, Any]:
    """Close something, let the worker finish and read what came of it."""
    closure = close(world, **body)
    work_on(world, closure["id"])
    return read_closure(world, closure["id"])


def plans_by_child(closure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the plans of a closure in which every child lost one place."""
    plans = {plan["child_id"]: plan for plan in closure["plans"]["items"]}
    assert len(plans) == len(closure["plans"]["items"])
    return plans


def booked_id(world: World, child_id: str, session_id: str, **fields: Any) -> str:
    """Book and give the booking's id."""
    answer = book(world, child_id, session_id, **fields)
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_
