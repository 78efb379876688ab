"""Verification finds each kind of breach, planted behind the service's back, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

from app.db import API_ROLE, NO_TENANT, bind_tenant
from app.embedded_postgres import EmbeddedPostgres
from app.verification import checks
from app.verification.checks import OF_AN_AUTHORITY, OF_THE_DATABASE, Check
from app.verification.service import Finding, check_authority, check_database, verify
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.passports import write_passport
from tests.support.world import World


@pytest.fixture
def superuser(postgres: EmbeddedPostgres) -> Iterator[Connection]:
    """Do what the serving role cannot, constraints included, and take all of it back."""
    engine = create_engine(postgres.url("postgres", "postgres"))
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("SET LOCAL timezone = 'UTC'"))
        yield connection
        transaction.rollback()
    engine.dispose()


def found_in_authority(connection: Connection, world: World) -> dict[str, list[Finding]]:
    """Examine the world's authority as the service would, within the planting transaction."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        session.execute(text(f"SET LOCAL ROLE {API_ROLE}"))
        bind_tenant(session, world.authority_id)
        outcomes = list(check_authority(session, now=world.clock.now))
    return {outcome.check.name: list(outcome.findings) for outcome in outcomes if outcome.findings}


@pytest.fixture
def busy(world: World) -> dict[str, UUID]:
    """Fill the authority with one of everything that bookings leave behind."""
    offers = [{"need": "one_to_one", "kind": "limited", "per_session": 2}]
    service = {"need": "interpreter", "lead_days": 1, "cost_pence": 900, "per_week": 3}
    assert world.call("POST", "/v1/authority/support-services", json=service).status_code == 201
    activity_id = add_activity(world, offers=offers)
    attended = book(
        world, add_child(world), add_session(world, activity_id, world.clock.now + HOUR)
    )
    world.clock.now += HOUR
    for path, body in (
        ("attendance", {"attended": True}),
        ("feedback", {"voice": "child", "rating": 5}),
    ):
        answer = world.call("POST", f"/v1/bookings/{attended}/{path}", json=body)
        assert answer.status_code == 200, answer.text
    needs = [
        {"code": "one_to_one", "importance": "essential"},
        {"code": "interpreter", "importance": "essential"},
    ]
    child_id = add_child(world, needs=needs)
    write_passport(world, child_id)
    session_id, later_id = (
        add_session(world, activity_id, SATURDAY + timedelta(days=days)) for days in (0, 7)
    )
    ids = {
        name: UUID(book(world, child, session))
        for name, child, session in (
            ("pending", child_id, session_id),
            ("firm", add_child(world), session_id),
            ("ended", add_child(world), session_id),
        )
    }
    answer = world.call("POST", f"/v1/bookings/{ids['ended']}/cancel")
    assert answer.status_code == 200, answer.text
    return {
        **ids,
        "attended": UUID(attended),
        "child": UUID(child_id),
        "session": UUID(session_id),
        "later": UUID(later_id),
        "authority": world.authority_id,
    }


def book(world: World, child_id: str, session_id: str) -> str:
    """Book a free place and give the booking's id."""
    answer = world.call(
        "POST",
        "/v1/bookings",
        json={"child_id": child_id, "session_id": session_id, "funding": "free"},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201, answer.text
    booking_id: str = answer.json()["id"]
    return booking_id


HOUR = timedelta(hours=1)
DROP = "ALTER TABLE {} DROP CONSTRAINT {}"

# Each rule, what breaks it, and what the finding must name.
PLANTED: list[tuple[Check, list[str], dict[str, Any]]] = [
    (
        checks.PLACES,
        ["UPDATE sessions SET taken = taken + 1 WHERE id = :session"],
        {"session_id": "session", "taken": 3, "bookings": 2},
    ),
    (
        checks.PLACES,
        [
            DROP.format("sessions", "ck_sessions_taken_within_capacity"),
            "UPDATE sessions SET capacity = 1 WHERE id = :session",
        ],
        {"session_id": "session", "capacity": 1, "taken": 2},
    ),
    (
        checks.ENTITLEMENT,
        ["DELETE FROM entitlement_counters WHERE child_id = :child"],
        {"child_id": "child", "month": "2027-03", "used": 0, "bookings": 1},
    ),
    (
        checks.ENTITLEMENT,
        [
            DROP.format("entitlement_counters", "ck_entitlement_counters_used_allowed"),
            "UPDATE entitlement_counters SET allowed = 0 WHERE child_id = :child",
        ],
        {"child_id": "child", "used": 1, "allowed": 0},
    ),
    (
        checks.YEAR,
        ["UPDATE yearly_counters SET used = used + 1 WHERE child_id = :child"],
        {"child_id": "child", "year": "2026/27", "measure": "minutes", "used": 121},
    ),
    (
        checks.YEAR,
        [
            DROP.format("yearly_counters", "ck_yearly_counters_used_allowed"),
            "UPDATE yearly_counters SET allowed = 119 WHERE child_id = :child",
        ],
        {"child_id": "child", "used": 120, "allowed": 119},
    ),
    (
        checks.USES_ENTITLEMENT,
        [
            "UPDATE bookings SET uses_entitlement = false WHERE id = :firm",
            "UPDATE entitlement_counters SET used = 0 WHERE child_id ="
            " (SELECT child_id FROM bookings WHERE id = :firm)",
        ],
        {"booking_id": "firm", "status": "confirmed"},
    ),
    (
        checks.MONTH,
        ["UPDATE sessions SET starts_at = '2027-03-31T23:00Z', ends_at = '2027-04-01T01:00Z'"],
        {"booking_id": "firm", "month": "2027-03"},
    ),
    (
        checks.ONE_BOOKING,
        [
            "DROP INDEX uq_bookings_child_session_live",
            "UPDATE bookings SET child_id = :child WHERE id = :firm",
        ],
        {"child_id": "child", "session_id": "session", "bookings": 2},
    ),
    (
        checks.OVERLAP,
        [
            "UPDATE sessions SET starts_at = '2027-03-06T11:59Z', ends_at = '2027-03-06T13:00Z'"
            " WHERE id = :later",
            "UPDATE bookings SET child_id = :child, session_id = :later WHERE id = :firm",
        ],
        {"booking_id": "firm", "child_id": "child"},
    ),
    (
        checks.SESSION_SUPPORT,
        ["UPDATE session_support SET used = 2"],
        {"session_id": "session", "need": "one_to_one", "used": 2, "bookings": 1},
    ),
    (
        checks.SESSION_SUPPORT,
        [
            DROP.format("session_support", "ck_session_support_used_allowed"),
            "UPDATE session_support SET allowed = 0",
        ],
        {"session_id": "session", "used": 1, "allowed": 0},
    ),
    (
        checks.SERVICE_WEEKS,
        ["DELETE FROM support_service_weeks"],
        {"week": "2027-W09", "used": 0, "arrangements": 1},
    ),
    (
        checks.SERVICE_WEEKS,
        [
            DROP.format("support_service_weeks", "ck_support_service_weeks_used_allowed"),
            "UPDATE support_service_weeks SET allowed = 0",
        ],
        {"week": "2027-W09", "used": 1, "allowed": 0},
    ),
    (
        checks.CANCELLED,
        ["UPDATE bookings SET limited_needs = '[\"hoist\"]' WHERE id = :ended"],
        {"booking_id": "ended"},
    ),
    (
        checks.CANCELLED,
        ["UPDATE arrangements SET booking_id = :ended"],
        {"booking_id": "ended"},
    ),
    (
        checks.ATTENDANCE,
        ["UPDATE bookings SET status = 'no_show' WHERE id = :firm"],
        {"booking_id": "firm", "status": "no_show"},
    ),
    (
        checks.FEEDBACK,
        ["UPDATE feedback SET booking_id = :firm"],
        {"booking_id": "firm"},
    ),
    (
        checks.EVENTS,
        ["DELETE FROM events WHERE object_id = :firm"],
        {"booking_id": "firm", "version": 1, "events": 0},
    ),
    (
        checks.EVENTS,
        ["UPDATE events SET sequence = 3 WHERE object_id = :ended AND sequence = 1"],
        {"booking_id": "ended", "version": 2, "events": 2},
    ),
    (
        checks.HISTORY,
        ["DELETE FROM booking_changes WHERE booking_id = :ended AND version = 2"],
        {"booking_id": "ended", "version": 2, "changes": 1},
    ),
    (
        checks.HISTORY,
        ["UPDATE booking_changes SET status = 'held' WHERE booking_id = :firm"],
        {"booking_id": "firm", "version": 1, "changes": 1},
    ),
    (
        checks.LOST_BOOKINGS,
        [
            "DELETE FROM bookings WHERE id = :firm",
            "UPDATE sessions SET taken = 1 WHERE id = :session",
        ],
        {"booking_id": "firm"},
    ),
    (
        checks.IDEMPOTENCY,
        ["UPDATE idempotency_keys SET status = NULL WHERE booking_ids[1] = :pending"],
        {},
    ),
    (
        checks.IDEMPOTENCY,
        ["UPDATE idempotency_keys SET booking_ids[1] = :session WHERE booking_ids[1] = :pending"],
        {},
    ),
    (
        checks.OLD_HOLDS,
        ["UPDATE bookings SET hold_expires_at = '2027-03-01T10:59Z' WHERE id = :pending"],
        {"booking_id": "pending"},
    ),
    (
        checks.AGES,
        ["UPDATE children SET date_of_birth = '2008-03-06' WHERE id = :child"],
        {"booking_id": "pending"},
    ),
    (
        checks.PASSPORTS,
        ["UPDATE passport_versions SET version = 2"],
        {"child_id": "child", "versions": 1},
    ),
    (checks.PASSPORTS, ["DELETE FROM child_keys"], {"child_id": "child"}),
]


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
        assert {check.name for check, _, _ in PLANTED} == {c.name for c in OF_AN_AUTHORITY}

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
        self, world: World, other_world: World, busy: dict[str, UUID]
    ) -> None:
        progress: list[tuple[int, int]] = []

        outcomes = list(
            verify(
                world.sessions,
                now=world.clock.now,
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
