"""Verification of rounds: each kind of breach is found, and nothing else."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from app.verification.checks import Check
from tests.app.verification.planted_rounds import PLANTED_ROUNDS
from tests.app.verification.test_service import found_in_authority
from tests.support.allocated_rounds import allocate_and_offer
from tests.support.world import World


@pytest.fixture
def rounded(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, UUID]:
    """Fill the authority with one of everything that rounds leave behind."""
    return allocate_and_offer(world, monkeypatch)


class TestRounds:
    def test_clean(self, world: World, rounded: dict[str, UUID], superuser: Connection) -> None:
        assert found_in_authority(superuser, world) == {}

    @pytest.mark.parametrize(
        ("check", "statements", "facts"),
        PLANTED_ROUNDS,
        ids=[check.name for check, _, _ in PLANTED_ROUNDS],
    )
    def test_planted(
        self,
        world: World,
        rounded: dict[str, UUID],
        superuser: Connection,
        check: Check,
        statements: list[str],
        facts: dict[str, Any],
    ) -> None:
        for statement in statements:
            # A superuser is bound by no policy: narrow it to this test's authority.
            where = " AND " if " WHERE " in statement else " WHERE "
            planted = text(f"{statement}{where}authority_id = :authority")
            values = {name: id_ for name, id_ in rounded.items() if f":{name}" in planted.text}
            superuser.execute(planted, {**values, "authority": world.authority_id})

        found = found_in_authority(superuser, world)

        told = [finding.facts for finding in found[check.name]]
        wanted = {name: str(rounded.get(str(value), value)) for name, value in facts.items()}
        assert any({name: str(fact.get(name)) for name in wanted} == wanted for fact in told), told
