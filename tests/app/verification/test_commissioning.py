"""Verification finds scenarios and plans whose numbers do not agree."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from app.verification.checks import Check
from tests.app.verification.planted_commissioning import PLANTED_COMMISSIONING
from tests.app.verification.test_service import found_in_authority
from tests.support.asked_questions import ask_everything
from tests.support.world import World


@pytest.fixture
def asked(world: World) -> dict[str, UUID]:
    """Ask one of every question."""
    return ask_everything(world)


def test_clean(world: World, asked: dict[str, UUID], superuser: Connection) -> None:
    assert found_in_authority(superuser, world) == {}


def test_an_erased_child_is_no_longer_told_of(
    world: World, asked: dict[str, UUID], superuser: Connection
) -> None:
    # As the keys do when a child goes.
    for table in ("scenario_children", "plan_children"):
        rows = text(f"DELETE FROM {table} WHERE child_id IN (:angler, :swimmer)")
        assert superuser.execute(rows, {n: asked[n] for n in ("angler", "swimmer")}).rowcount == 1

    assert found_in_authority(superuser, world) == {}


@pytest.mark.parametrize(
    ("check", "statement", "facts"),
    PLANTED_COMMISSIONING,
    ids=[o[1] for o in PLANTED_COMMISSIONING],
)
def test_planted(
    world: World,
    asked: dict[str, UUID],
    superuser: Connection,
    check: Check,
    statement: str,
    facts: dict[str, Any],
) -> None:
    planted = text(f"{statement} AND authority_id = :authority")
    values = {"authority": world.authority_id} | asked
    superuser.execute(planted, {n: v for n, v in values.items() if f":{n}" in planted.text})

    found = found_in_authority(superuser, world)

    told = [finding.facts for finding in found[check.name]]
    wanted = {name: str(asked.get(str(value), value)) for name, value in facts.items()}
    assert any({name: str(one.get(name)) for name in wanted} == wanted for one in told), told
