"""Verification finds each kind of breach, planted behind the service's back, and nothing else."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.db import API_ROLE, NO_TENANT, bind_tenant
from app.verification import checks
from app.verification.checks import OF_AN_AUTHORITY, OF_THE_DATABASE, Check
from app.verification.service import Finding, check_authority, check_database, verify
from tests.app.verification.planted import DROP, PLANTED
from tests.app.verification.planted_commissioning import PLANTED_COMMISSIONING
from tests.app.verification.planted_gaps import PLANTED_GAPS
from tests.app.verification.planted_rounds import PLANTED_ROUNDS
from tests.support.allocated_rounds import allocate_and_offer
from tests.support.asked_questions import ask_everything
from tests.support.catalogue import add_child
from tests.support.gaps import refresh_all
from tests.support.world import World


def found_in_authority(connection: Connection, world: World) -> dict[str, list[Finding]]:
    """Examine the world's authority as the service would, within the planting transaction."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        session.execute(text(f"SET LOCAL ROLE {API_ROLE}"))
        bind_tenant(session, world.authority_id)
        outcomes = list(check_authority(session, now=world.clock.now))
    return {outcome.check.name: list(outcome.findings) for outcome in outcomes if outcome.findings}


class TestCheckAuthority:
    def test_clean(self, world: World, busy: dict[str, UUID], superuser: Connection) -> None:
        assert found_in_authority(superuser, world) == {}

    @pytest.mark.parametrize(
        ("check", "statements", "facts"), PLANTED, ids=[check.name for check, _, _ in PLANTED]
    )
    def test_planted(
        self,
        world: World,
        busy: dict[str, UUID],
        superuser: Connection,
        check: Check,
        statements: list[str],
        facts: dict[str, Any],
    ) -> None:
        for statement in statements:
            # A superuser is bound by no policy: narrow it to this test's authority.
            where = " AND " if " WHERE " in statement else " WHERE "
            narrowed = f"{statement}{where}authority_id = :authority"
            planted = text(narrowed if not statement.startswith(("ALTER", "DROP")) else statement)
            names = [name for name in busy if f":{name}" in planted.text]
            superuser.execute(planted, {name: busy[name] for name in names})

        found = found_in_authority(superuser, world)

        assert found, "nothing was found"
        told = [finding.facts for finding in found[check.name]]
        wanted = {name: str(busy.get(str(value), value)) for name, value in facts.items()}
        assert any({name: str(fact.get(name)) for name in wanted} == wanted for fact in told), told
        assert all(finding.authority_id == world.authority_id for finding in found[check.name])

    def test_every_rule_is_planted(self) -> None:
        every = (*PLANTED, *PLANTED_ROUNDS, *PLANTED_GAPS, *PLANTED_COMMISSIONING)
        planted = {check.name for check, _, _ in every}
        assert planted == {check.name for check in OF_AN_AUTHORITY}

    def test_moved_session_of_a_cancelled_booking(
        self, world: World, busy: dict[str, UUID], superuser: Connection
    ) -> None:
        superuser.execute(
            text("UPDATE bookings SET session_id = :later, month = '2027-02' WHERE id = :id"),
            {"later": busy["later"], "id": busy["ended"]},
        )

        assert found_in_authority(superuser, world) == {}

    def test_other_authority_is_not_seen(
        self, world: World, other_world: World, busy: dict[str, UUID], superuser: Connection
    ) -> None:
        superuser.execute(
            text("UPDATE sessions SET taken = 5 WHERE id = :id"), {"id": busy["session"]}
        )

        assert found_in_authority(superuser, other_world) == {}


class TestCheckDatabase:
    @pytest.mark.parametrize(
        ("check", "statement", "named"),
        [
            (checks.TENANCY, "ALTER TABLE bookings NO FORCE ROW LEVEL SECURITY", "bookings"),
            (checks.TENANCY, "ALTER TABLE bookings DISABLE ROW LEVEL SECURITY", "bookings"),
            (checks.TENANCY, "DROP POLICY tenant ON children", "children"),
            (checks.TENANCY, "CREATE POLICY all_rows ON needs USING (true)", "needs"),
            (checks.TENANCY, "CREATE TABLE notes (text text)", "notes"),
            (checks.SERVING_ROLE, f"ALTER ROLE {API_ROLE} BYPASSRLS", API_ROLE),
            (checks.SERVING_ROLE, f"ALTER TABLE sessions OWNER TO {API_ROLE}", API_ROLE),
            (
                checks.GUARDS,
                DROP.format("sessions", "ck_sessions_taken_within_capacity"),
                "ck_sessions_taken_within_capacity",
            ),
            (
                checks.GUARDS,
                "DROP INDEX uq_bookings_child_session_live",
                "uq_bookings_child_session_live",
            ),
        ],
    )
    def test_planted(self, superuser: Connection, check: Check, statement: str, named: str) -> None:
        superuser.execute(text(statement))
        superuser.execute(text(f"SET LOCAL ROLE {API_ROLE}"))
        info = {"authority_id": NO_TENANT}

        with Session(superuser, join_transaction_mode="create_savepoint", info=info) as session:
            findings = [f for outcome in check_database(session) for f in outcome.findings]

        assert [(f.check, list(f.facts.values())) for f in findings] == [(check, [named])]


class TestVerify:
    def test_examines_every_authority(
        self,
        world: World,
        other_world: World,
        busy: dict[str, UUID],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # The round takes days; by then the holds of the others would have run out.
        now = world.clock.now
        allocate_and_offer(other_world, monkeypatch)
        world.clock.now = now
        add_child(world, interests=[{"text": "fishing", "feeling": "love", "voice": "child"}])
        assert refresh_all(world)
        # Those of the days to come are not valid yet.
        other_world.tokens.clear()
        ask_everything(other_world)
        progress: list[tuple[int, int]] = []

        outcomes = list(
            verify(
                world.sessions,
                now=now,
                on_progress=lambda done, total: progress.append((done, total)),
            )
        )

        assert len(progress) >= 2
        assert progress[-1][0] == progress[-1][1]
        assert {outcome.check for outcome in outcomes} == {*OF_THE_DATABASE, *OF_AN_AUTHORITY}
        found = [finding for outcome in outcomes for finding in outcome.findings]
        clean = {None, world.authority_id, other_world.authority_id}
        assert not [finding for finding in found if finding.authority_id in clean]
        for check in OF_AN_AUTHORITY:
            if not check.is_warning:
                examined = sum(o.examined for o in outcomes if o.check == check)
                assert examined > 0, f"{check.name} has examined nothing"

    def test_line_names_ids_only(self, world: World) -> None:
        finding = Finding(checks.PLACES, world.authority_id, {"session_id": "s", "taken": 2})

        assert str(finding) == f"places authority_id={world.authority_id} session_id=s taken=2"
