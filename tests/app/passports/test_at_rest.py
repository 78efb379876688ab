"""Passports at rest: nothing of them can be read in tables, files, logs or errors, nor be moved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import sql

from app.access.scopes import ClientKind
from app.embedded_postgres import EmbeddedPostgres
from app.encryption import DataKey
from app.ids import new_id
from tests.support.briefings import ask, brief, place
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.passports import PASSPORT, consent, put_passport, write_passport
from tests.support.world import World

Move = Callable[[psycopg.Connection[Any], str, str], None]
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


@pytest.fixture
def marker() -> str:
    """Make a word that no other test has written."""
    return f"Zqx{new_id().hex}"


def marked(marker: str) -> dict[str, str]:
    return {name: f"{marker} {name}" for name in PASSPORT}


def administrator(postgres: EmbeddedPostgres) -> psycopg.Connection[Any]:
    """Connect as whoever has the machine: no row is hidden from them."""
    return psycopg.connect(postgres.url("postgres", "postgres").replace("+psycopg", ""))


def forms_of(marker: str) -> tuple[bytes, bytes]:
    """Give a word as it stands in text, and in a column of bytes that is written out as hex."""
    return marker.encode(), marker.encode().hex().encode()


def tables_with(postgres: EmbeddedPostgres, marker: str) -> set[str]:
    """Copy every table out, as a dump does, and name those in which the word is."""
    found = set()
    with administrator(postgres) as connection, connection.cursor() as cursor:
        tables = [row[0] for row in cursor.execute(TABLES)]
        assert {"passport_versions", "child_keys", "audit_entries", "events"} <= set(tables)
        for table in tables:
            statement = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
            with cursor.copy(statement) as copy:
                content = b"".join(bytes(part) for part in copy)
            if any(form in content for form in forms_of(marker)):
                found.add(table)
    return found


def files_with(postgres: EmbeddedPostgres, marker: str) -> list[Path]:
    """Write all that is in memory to disk, and list the files in whose bytes the word is."""
    with administrator(postgres) as connection:
        connection.autocommit = True
        connection.execute("CHECKPOINT")
    files = [path for path in postgres.data_dir.rglob("*") if path.is_file()]
    assert len(files) > 100
    return [path for path in files if any(form in path.read_bytes() for form in forms_of(marker))]


def live_with_it(world: World, marker: str) -> str:
    """Write, read and share a passport full of the word; give the child."""
    child_id = add_child(world)
    write_passport(world, child_id, **marked(marker))
    put_passport(world, child_id, marked(marker), seen='"1"')
    consent(world, child_id)
    session_id = add_session(world, add_activity(world))
    place(world, child_id, session_id)
    assert marker in ask(world, session_id).text
    for path in ("passport", "passport/versions", "passport/versions/1", "flag"):
        assert world.call("GET", f"/v1/children/{child_id}/{path}").status_code == 200
    return child_id


class TestAtRest:
    def test_no_table_and_no_file_holds_a_word_of_it(
        self, world: World, postgres: EmbeddedPostgres, marker: str
    ) -> None:
        live_with_it(world, marker)

        assert tables_with(postgres, marker) == set()
        assert files_with(postgres, marker) == []

    def test_control_what_is_not_sealed_is_found(
        self,
        world: World,
        postgres: EmbeddedPostgres,
        marker: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(DataKey, "seal", lambda key, place, text: text.encode())
        monkeypatch.setattr(DataKey, "open", lambda key, place, sealed: sealed.decode())
        live_with_it(world, marker)

        assert tables_with(postgres, marker) == {"passport_versions"}
        assert files_with(postgres, marker) != []

    def test_no_key_is_in_a_table_or_a_file(
        self, world: World, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        used = []
        make = AESGCM.generate_key
        monkeypatch.setattr(
            AESGCM, "generate_key", lambda bit_length: used.append(make(bit_length)) or used[-1]
        )
        write_passport(world, add_child(world))

        [secret] = used
        with administrator(postgres) as connection:
            keys = connection.execute("SELECT wrapped FROM child_keys").fetchall()
        assert keys
        assert not any(secret in bytes(wrapped) for (wrapped,) in keys)


def test_no_log_and_no_refusal_repeats_a_word_of_it(
    world: World, marker: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    child_id = live_with_it(world, marker)
    texts = marked(marker)
    refusals = [
        put_passport(world, child_id, texts | {"flag": f"{marker}\n{marker}"}),
        put_passport(world, child_id, texts | {marker: marker}),
        put_passport(world, child_id, texts | {"medical": [marker]}),
        put_passport(world, child_id, texts | {"medical": f"{marker}\x00"}),
        put_passport(world, child_id, texts),
        put_passport(world, child_id, texts, seen='"9"'),
        put_passport(world, str(new_id()), texts),
        put_passport(world, child_id, texts, kind=ClientKind.PROVIDER),
    ]

    assert [answer.status_code for answer in refusals] == [422, 422, 422, 422, 428, 412, 404, 403]
    assert not any(marker in answer.text + str(answer.headers) for answer in refusals)
    written = capfd.readouterr()
    logged = "\n".join(r.getMessage() for r in caplog.records)
    assert "write_passport" in written.out
    assert marker not in written.out + written.err + logged


def to_another_column(connection: psycopg.Connection[Any], mine: str, theirs: str) -> None:
    connection.execute(
        "UPDATE passport_versions SET medical = flag WHERE child_id = %s AND version = 2", [mine]
    )


def to_another_version(connection: psycopg.Connection[Any], mine: str, theirs: str) -> None:
    connection.execute(
        "UPDATE passport_versions new SET medical = old.medical FROM passport_versions old"
        " WHERE new.child_id = %s AND new.version = 2"
        " AND old.child_id = new.child_id AND old.version = 1",
        [mine],
    )


def from_another_child(connection: psycopg.Connection[Any], mine: str, theirs: str) -> None:
    connection.execute(
        "UPDATE passport_versions new SET medical = old.medical FROM passport_versions old"
        " WHERE new.child_id = %s AND new.version = 2 AND old.child_id = %s AND old.version = 2",
        [mine, theirs],
    )


def with_its_key_from_another_child(
    connection: psycopg.Connection[Any], mine: str, theirs: str
) -> None:
    from_another_child(connection, mine, theirs)
    connection.execute(
        "UPDATE child_keys new SET key_id = old.key_id, wrapped = old.wrapped FROM child_keys old"
        " WHERE new.child_id = %s AND old.child_id = %s",
        [mine, theirs],
    )
    connection.execute(
        "UPDATE passport_versions new SET key_id = old.key_id FROM passport_versions old"
        " WHERE new.child_id = %s AND old.child_id = %s",
        [mine, theirs],
    )


MOVES: list[Move] = [
    to_another_column,
    to_another_version,
    from_another_child,
    with_its_key_from_another_child,
]


def tamper(postgres: EmbeddedPostgres, move: Move, mine: str, theirs: str) -> None:
    with administrator(postgres) as connection:
        move(connection, mine, theirs)
        changed = "SELECT count(*) FROM passport_versions WHERE child_id = %s AND medical IS NULL"
        assert connection.execute(changed, [mine]).fetchone() == (0,)


def child_with_two_versions(world: World, secret: str) -> str:
    child_id = add_child(world)
    write_passport(world, child_id, **marked(secret))
    assert put_passport(world, child_id, marked(secret), seen='"1"').status_code == 200
    return child_id


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
@pytest.mark.parametrize("tenant", ["same authority", "another authority"])
def test_what_was_moved_by_hand_is_not_shown(
    world: World, other_world: World, postgres: EmbeddedPostgres, move: Move, tenant: str
) -> None:
    mine = child_with_two_versions(world, "mine")
    theirs = child_with_two_versions(world if tenant == "same authority" else other_world, "theirs")
    consent(world, mine)
    session_id = add_session(world, add_activity(world))
    place(world, mine, session_id)
    assert brief(world, session_id)[0]["passport"]["medical"] == "mine medical"
    tamper(postgres, move, mine, theirs)

    answers = [world.call("GET", f"/v1/children/{mine}/passport"), ask(world, session_id)]

    with administrator(postgres) as connection:
        # A key that no longer opens would be in the way of whoever rotates keys after this.
        connection.execute("DELETE FROM child_keys WHERE child_id = %s", [mine])
    assert [answer.status_code for answer in answers] == [500, 500]
    assert not any("mine" in answer.text or "theirs" in answer.text for answer in answers)


def test_a_version_given_to_another_child_is_not_shown(
    world: World, postgres: EmbeddedPostgres
) -> None:
    mine, theirs = add_child(world), child_with_two_versions(world, "theirs")
    write_passport(world, mine)
    with administrator(postgres) as connection:
        connection.execute(
            "UPDATE passport_versions SET child_id = %s WHERE child_id = %s AND version = 2",
            [mine, theirs],
        )

    assert world.call("GET", f"/v1/children/{mine}/passport").status_code == 500


def test_with_its_key_a_childs_passport_is_gone(world: World, postgres: EmbeddedPostgres) -> None:
    child_id = child_with_two_versions(world, "mine")
    with administrator(postgres) as connection:
        connection.execute("DELETE FROM child_keys WHERE child_id = %s", [child_id])

    assert world.call("GET", f"/v1/children/{child_id}/passport").status_code == 500


def test_with_the_child_go_passport_and_key(world: World, postgres: EmbeddedPostgres) -> None:
    child_id = child_with_two_versions(world, "mine")
    with administrator(postgres) as connection:
        connection.execute("DELETE FROM children WHERE id = %s", [child_id])
        for table in ("passport_versions", "child_keys"):
            statement = sql.SQL("SELECT count(*) FROM {} WHERE child_id = %s")
            left = connection.execute(statement.format(sql.Identifier(table)), [child_id])
            assert left.fetchone() == (0,)
