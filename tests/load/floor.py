"""The floor: pgbench runs the statements of one booking on the same database.

Two bookings are made through the application and their statements written down. What differs
between the two is what each transaction needs for itself: pgbench makes that from a number. It
has children of its own to book for, copies of the first, and sessions, so that no transaction
waits for another more than in the load beside it.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from fastapi.testclient import TestClient
from joserfc.jwk import KeySet, OKPKey
from psycopg import ClientCursor
from sqlalchemy import Connection, Engine, event, text

from app.access.tokens import Tokens
from app.db import API_ROLE
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.server_account import ServerAccount
from tests.load.report import Report
from tests.load.stage import Stage
from tests.support.bookings import book

PART = "floor"
CLIENTS = 20
SESSIONS = 60
# Literals as psycopg writes them: all that may differ from one booking to the next.
LITERAL = re.compile(r"'(?:[^']|'')*'")
COMMENT = re.compile(r"--[^\n]*")
UUID_LITERAL = re.compile(r"'[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}'")


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """Write down all statements that an engine executes, with their parameters in them."""
    written: list[str] = []

    def note(
        connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        many: bool,
    ) -> None:
        with ClientCursor(cursor.connection) as client:
            for values in parameters if many else [parameters]:
                # pgbench would take an apostrophe in a comment for the start of a literal.
                written.append(client.mogrify(COMMENT.sub("", statement), values))

    def begin(_: Connection) -> None:
        written.append("BEGIN")

    def commit(_: Connection) -> None:
        written.append("COMMIT")

    listeners: list[tuple[str, Callable[..., Any]]] = [
        ("before_cursor_execute", note),
        ("begin", begin),
        ("commit", commit),
    ]
    for name, listener in listeners:
        event.listen(engine, name, listener)
    yield written
    for name, listener in listeners:
        event.remove(engine, name, listener)


def capture(stage: Stage) -> tuple[list[str], list[str], str, list[str]]:
    """Make two bookings; give the statements of each, the first child and both sessions."""
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    application = create_app(
        stage.database.sessions, Tokens(KeySet([key]), issuer="floor"), clock=stage.world.clock
    )
    # Both at the same hour, so that only their ids tell them apart.
    starts_at = stage.world.clock.now + timedelta(days=40)
    sessions = stage.add_sessions([starts_at] * 2, places=1_000_000)
    [family] = stage.add_families(1, children=3)
    with TestClient(application) as http:
        stage.world.http = http
        # The first fills the caches: the catalogue, and the driver's prepared statements.
        assert book(stage.world, family.child_ids[2], sessions[0]).status_code == 201
        captured = []
        for child_id, session_id in zip(family.child_ids, sessions, strict=False):
            with statements_of(stage.database.engine) as written:
                assert book(stage.world, child_id, session_id).status_code == 201
            captured.append(list(written))
    return captured[0], captured[1], family.child_ids[0], sessions


def make_script(first: list[str], second: list[str], child_id: str, session_id: str) -> str:
    """Make a pgbench script of a booking, with what differed made from the client's number."""
    assert len(first) == len(second), "two bookings of different statements"
    made: dict[str, str] = {
        f"'{UUID(child_id).hex}'": _uuid_of("c", ":n"),
        f"'{UUID(session_id).hex}'": _uuid_of("5", f"(:n % {SESSIONS})"),
    }
    lines = ["\\set i :i + 1", "\\set n :client_id * 1000000 + :i"]
    for one, other in zip(first, second, strict=True):
        old, new = LITERAL.findall(one), LITERAL.findall(other)
        assert len(old) == len(new), "two bookings of different statements"
        for literal, changed in zip(old, new, strict=True):
            if literal != changed and literal not in made and UUID_LITERAL.fullmatch(literal):
                made[literal] = _uuid_of(f"{len(made):x}", ":n")
        lines.append(LITERAL.sub(lambda found: _instead_of(found[0], made), one).strip() + ";")
    return "\n".join(lines) + "\n"


def _instead_of(literal: str, made: Mapping[str, str]) -> str:
    if literal.startswith("'{") and f"'{literal[2:-2]}'" in made:
        one = made[f"'{literal[2:-2]}'"]
        return f"ARRAY[{one}::uuid]"
    return made.get(literal, literal)


def _uuid_of(kind: str, number: str) -> str:
    return f"(lpad('{kind}', 8, '0') || '-0000-7000-8000-' || lpad(({number})::text, 12, '0'))"


def add_copies(
    stage: Stage, child_id: str, session_id: str, *, children: int, clients: int
) -> None:
    """Copy the child and the session as often as the script counts."""
    copy = """
        INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object('id',
            {made}::uuid))).* FROM {table} one, generate_series(0, :last) AS i(i),
            generate_series(0, :clients) AS c(c) WHERE one.id = :id
    """
    made = {
        "children": _uuid_of("c", "c.c * 1000000 + i.i"),
        "sessions": _uuid_of("5", "i.i"),
    }
    url = _server(stage).url("postgres", "postgres")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor = ClientCursor(connection)
        for table, id_, last, others in (
            ("children", child_id, children, clients - 1),
            ("sessions", session_id, SESSIONS - 1, 0),
        ):
            statement = copy.format(table=table, made=made[table])
            for name, value in (("last", last), ("clients", others), ("id", f"'{id_}'")):
                statement = re.sub(rf"(?<!:):{name}\b", str(value), statement)
            cursor.execute(statement)


def _server(stage: Stage) -> EmbeddedPostgres:
    return EmbeddedPostgres(stage.data_dir)


def _pgbench(stage: Stage) -> Path:
    server = _server(stage)
    return ServerAccount.choose(server.cluster).find_binaries(server.home) / "pgbench"


@dataclass(frozen=True)
class Floor:
    """What pgbench measured."""

    per_s: float
    statements: int
    # Of processor time, by the database alone.
    database_ms: float | None


def measure(stage: Stage, *, transactions: int) -> Floor:
    """Run pgbench with as many bookings."""
    first, second, child_id, sessions = capture(stage)
    script = stage.data_dir / "booking.sql"
    script.write_text(make_script(first, second, child_id, sessions[0]))
    each = transactions // CLIENTS
    add_copies(stage, child_id, sessions[0], children=each, clients=CLIENTS)
    counted = text("SELECT count(*) FROM bookings")
    with stage.database.engine.connect() as connection:
        connection.execute(
            text("SELECT set_config('app.authority', :one, false)"),
            {"one": str(stage.world.authority_id)},
        )
        before = connection.scalar(counted) or 0
        connection.rollback()
        costs = stage.processor_seconds()
        found = subprocess.run(
            [
                str(_pgbench(stage)),
                *("--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}", "--jobs=1"),
                *(f"--transactions={each}", "--define=i=0", f"--file={script}"),
                *(f"--host={_server(stage).socket_dir}", "--username", API_ROLE, "postgres"),
            ],
            env={**os.environ, "PGOPTIONS": f"-c role={API_ROLE}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stderr[-2000:]
        after = stage.processor_seconds()
        connection.execute(
            text("SELECT set_config('app.authority', :one, false)"),
            {"one": str(stage.world.authority_id)},
        )
        made = (connection.scalar(counted) or 0) - before
        connection.invalidate()
    assert made == each * CLIENTS, f"pgbench made {made} bookings of {each * CLIENTS}"
    match = re.search(r"^tps = ([\d.]+)", found.stdout, re.MULTILINE)
    assert match, found.stdout
    database_ms = None
    if costs is not None and after is not None:
        database_ms = after.since(costs).database / made * 1000
    return Floor(float(match[1]), len(first), database_ms)


def judge(report: Report, floor: Floor, bookings_per_s: float) -> None:
    """Put both beside each other."""
    report.tell(PART, "statements of a booking, BEGIN and COMMIT included", floor.statements)
    report.tell(PART, "the same by pgbench, a second", f"{floor.per_s:.0f}")
    if floor.database_ms is not None:
        report.tell(PART, "processor time of it, database", f"{floor.database_ms:.1f} ms")
    report.tell(PART, "bookings a second to that", f"{bookings_per_s / floor.per_s:.2f}")
