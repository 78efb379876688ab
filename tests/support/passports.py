"""Passports as a client writes them."""

from typing import Any

from tests.support.world import World

PASSPORT = {
    "communication": "Signs Makaton.",
    "routines": "Snack at eleven.",
    "behaviours": "Hums when it gets too much.",
    "medical": "Asthma, blue inhaler.",
    "good_to_know": "Loves trains.",
    "emergency_plan": "Ring 999, then his mum.",
    "equipment": "Powered chair.",
    "flag": "Say hello to Sam first, then his mum",
}


def put_passport(
    world: World, child_id: str, body: Any = None, *, seen: str | None = None, **who: Any
) -> Any:
    """Write a passport, over the version that was `seen`."""
    headers = {} if seen is None else {"If-Match": seen}
    path = f"/v1/children/{child_id}/passport"
    return world.call("PUT", path, json=PASSPORT if body is None else body, headers=headers, **who)


def write_passport(world: World, child_id: str, **texts: str) -> Any:
    """Write the first version of a passport."""
    answer = put_passport(world, child_id, PASSPORT | texts)
    assert answer.status_code == 201, answer.text
    return answer


def consent(world: World, child_id: str, *, given: bool = True, purpose: str = "sharing") -> None:
    """Say whether the passport may be shared with providers."""
    said = {"purpose": purpose, "given": given, "by": "parent"}
    answer = world.call("POST", f"/v1/children/{child_id}/consents", json=said)
    assert answer.status_code == 201, answer.text
