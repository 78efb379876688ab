"""Verification finds gap facts that do not agree with themselves, the child or its bookings."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from app.verification.checks import Check
from tests.app.verification.planted_gaps import PLANTED_GAPS
from tests.app.verification.test_service import found_in_authority
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import MARCH, refresh_all
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}


@pytest.fixture
def judged(world: World) -> dict[str, UUID]:
    """Judge a month in which one child's want is met, one's a near miss, one's not on offer."""
    session_id = add_session(world, add_activity(world, concepts=["angling"]), SATURDAY)
    hoist = [{"code": "hoist", "importance": "essential"}]
    swimming = {"text": "swimming", "feeling": "like", "voice": "child"}
    met = add_child(world, interests=[FISHING])
    near = add_child(world, interests=[FISHING], needs=hoist)
    nothing = add_child(world, interests=[swimming])
    booking = book(world, met, session_id).json()["id"]
    assert refresh_all(world) == [MARCH]
    ids = {"met": met, "near": near, "nothing": nothing, "booking": booking}
    return {name: UUID(id_) for name, id_ in ids.items()}


def test_clean(world: World, judged: dict[str, UUID], superuser: Connection) -> None:
    assert found_in_authority(superuser, world) == {}


@pytest.mark.parametrize(
    ("check", "statements", "facts"), PLANTED_GAPS, ids=[one[1][-1] for one in PLANTED_GAPS]
)
def test_planted(
    world: World,
    judged: dict[str, UUID],
    superuser: Connection,
    check: Check,
    statements: list[str],
    facts: dict[str, Any],
) -> None:
    for statement in statements:
        joint = " AND " if " WHERE " in statement else " WHERE "
        planted = text(f"{statement}{joint}authority_id = :authority")
        values = {"authority": world.authority_id} | judged
        superuser.execute(planted, {n: v for n, v in values.items() if f":{n}" in planted.text})

    found = found_in_authority(superuser, world)

    told = [finding.facts for finding in found[check.name]]
    wanted = {name: str(judged.get(str(value), value)) for name, value in facts.items()}
    assert any({name: str(one.get(name)) for name in wanted} == wanted for one in told), told


def test_what_has_happened_since_is_the_workers_to_find(
    world: World, judged: dict[str, UUID], superuser: Connection
) -> None:
    path = f"/v1/bookings/{judged['booking']}/cancel"
    assert world.call("POST", path, json={}).status_code == 200

    assert found_in_authority(superuser, world) == {}
