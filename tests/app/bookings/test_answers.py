"""An answer is written from what the request already knows.

A read while the answer is written could fail with the database, and then as a fault of ours.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.world import World


def statements_of(world: World, call: Callable[[], Any]) -> list[str]:
    """List the statements that a successful call makes."""
    engine = world.sessions.kw["bind"]
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        answer = call()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert answer.is_success, answer.text
    return seen


@pytest.mark.parametrize("needs", [[], [{"code": "interpreter", "importance": "essential"}]])
def test_nothing_is_read_after_the_last_write(world: World, needs: list[dict[str, str]]) -> None:
    offers = [{"need": "interpreter", "kind": "on_request", "lead_days": 2, "cost_pence": 4500}]
    session_id = add_session(world, add_activity(world, offers=offers))
    child_id = add_child(world, needs=needs)
    body = {"child_id": child_id, "session_id": session_id, "funding": "free"}
    made: list[str] = []

    def book() -> Any:
        headers = {"Idempotency-Key": str(uuid4())}
        answer = world.call("POST", "/v1/bookings", json=body, headers=headers)
        made.append(answer.json()["id"])
        return answer

    def cancel() -> Any:
        return world.call("POST", f"/v1/bookings/{made[0]}/cancel")

    for call in (book, cancel):
        statements = statements_of(world, call)
        assert not statements[-1].startswith("SELECT"), statements[-1]
