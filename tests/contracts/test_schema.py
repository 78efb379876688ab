"""The schema: every table, present and future, keeps the tenants apart.

The same rules are asked of the models and of the live catalogue, and `TestTheRulesThemselves`
shows that each of them fails a table that breaks it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors as postgres_errors
from sqlalchemy import Connection, Engine, Index, Table, UniqueConstraint, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from app.db import API_ROLE, OWNER_ROLE, TABLES_WITHOUT_TENANT, make_engine
from app.embedded_postgres import EmbeddedPostgres
from app.ids import new_id
from app.migrate import alembic_config, migrate
from app.tables import metadata
from tests.support.schema import RULES, ForeignKey, foreign_keys, relax, values_of_keys

TENANT_TABLES = sorted(
    (table for table in metadata.tables.values() if table.name not in TABLES_WITHOUT_TENANT),
    key=lambda table: table.name,
)


@pytest.fixture(scope="module")
def spare(postgres: EmbeddedPostgres) -> str:
    """Make a second database that a test may break."""
    administrator = make_engine(postgres.url("postgres", "postgres"), role="postgres")
    with administrator.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE spare"))
    administrator.dispose()
    url = postgres.url("postgres", "spare")
    migrate(url)
    return url


@pytest.fixture(scope="module")
def spare_engine(spare: str) -> Iterator[Engine]:
    engine = make_engine(spare, role="postgres", pool_size=1)
    yield engine
    engine.dispose()


@pytest.fixture
def breakable(spare_engine: Engine) -> Iterator[Connection]:
    """Open a transaction as superuser that is always rolled back."""
    with spare_engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
class TestModels:
    def test_the_tenant_comes_first(self, table: Table) -> None:
        keys = [
            list(table.primary_key.columns),
            *(list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)),
            *(list(i.columns) for i in table.indexes if isinstance(i, Index) and i.unique),
        ]

        assert not table.c.authority_id.nullable
        assert {key[0].name for key in keys} == {"authority_id"}

    def test_references_cannot_cross_tenants(self, table: Table) -> None:
        for key in table.foreign_key_constraints:
            if key.referred_table.name not in TABLES_WITHOUT_TENANT:
                pairs = [(e.parent.name, e.column.name) for e in key.elements]
                assert pairs[0] == ("authority_id", "authority_id"), key.name


class TestDatabase:
    def test_has_the_tables_of_the_models(self, breakable: Connection) -> None:
        names = set(breakable.scalars(text(RULES["tables"])))

        assert len(names) > 20
        assert names == {table.name for table in TENANT_TABLES} | TABLES_WITHOUT_TENANT

    @pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "tables"])
    def test_keeps_the_rule(self, breakable: Connection, rule: str) -> None:
        found = breakable.scalars(text(RULES[rule]), {"exempt": list(TABLES_WITHOUT_TENANT)})

        assert list(found) == []

    def test_the_serving_role_is_bound(self, breakable: Connection) -> None:
        role = breakable.execute(
            text(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
                " (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid)"
                " FROM pg_roles WHERE rolname = :role"
            ),
            {"role": API_ROLE},
        ).one()

        assert tuple(role) == (False, False, False, False, 0)

    @pytest.mark.parametrize(
        "table",
        [
            *("audit_entries", "events", "consents", "booking_changes", "passport_versions"),
            *("goal_progress", "progressions", "wish_actions"),
            *("brochures", "brochure_documents", "brochure_sessions"),
            *("gap_releases", "gap_release_cells", "authority_sizes", "locality_declarations"),
        ],
    )
    @pytest.mark.parametrize(
        "statement", ["DELETE FROM {}", "UPDATE {} SET authority_id = authority_id", "TRUNCATE {}"]
    )
    def test_what_is_append_only_stays(
        self, sessions: sessionmaker[Session], table: str, statement: str
    ) -> None:
        with sessions(info={"authority_id": new_id()}) as session:
            with pytest.raises(DBAPIError) as refusal:
                session.execute(text(statement.format(table)))
            assert isinstance(refusal.value.orig, postgres_errors.InsufficientPrivilege)

    def test_a_transaction_needs_a_tenant(self, sessions: sessionmaker[Session]) -> None:
        with sessions() as session, pytest.raises(RuntimeError, match="no tenant"):
            session.execute(text("SELECT 1"))


def all_foreign_keys() -> list[ForeignKey]:
    found = foreign_keys(TENANT_TABLES, TABLES_WITHOUT_TENANT)
    assert len(found) > 15
    return found


@pytest.mark.parametrize("key", all_foreign_keys(), ids=str)
def test_a_row_cannot_refer_to_another_tenants(breakable: Connection, key: ForeignKey) -> None:
    mine, theirs, parent_id = new_id(), new_id(), new_id()
    relax(breakable, key.child, keep=key.name)
    relax(breakable, key.parent, keep="")
    insert(breakable, key.parent, {"authority_id": theirs, "id": parent_id})
    row = values_of_keys(metadata.tables[key.child]) | {key.column: parent_id}

    with pytest.raises(DBAPIError) as refusal, breakable.begin_nested():
        insert(breakable, key.child, row | {"authority_id": mine})
    assert isinstance(refusal.value.orig, postgres_errors.ForeignKeyViolation)

    # Only the tenant was wrong with it.
    insert(breakable, key.child, row | {"authority_id": theirs})


def insert(connection: Connection, table: str, values: dict[str, Any]) -> None:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


BROKEN = {
    "tenant column": "CREATE TABLE broken (id uuid PRIMARY KEY)",
    "nullable tenant": "CREATE TABLE broken (id uuid, authority_id uuid)",
    "unique keys": "CREATE TABLE broken (authority_id uuid NOT NULL, id uuid PRIMARY KEY)",
    "row security": "CREATE TABLE broken (authority_id uuid NOT NULL)",
    "policies": "CREATE TABLE broken (authority_id uuid NOT NULL);"
    "CREATE POLICY tenant ON broken USING (authority_id IS NOT NULL)",
    "loose policies": "CREATE TABLE broken (authority_id uuid NOT NULL);"
    "CREATE POLICY tenant ON broken USING (true) WITH CHECK (true)",
    "foreign keys": "CREATE TABLE broken (authority_id uuid NOT NULL, child_id uuid);"
    "ALTER TABLE children ADD UNIQUE (id);"
    "ALTER TABLE broken ADD FOREIGN KEY (child_id) REFERENCES children (id)",
    "views": "CREATE VIEW broken AS SELECT id FROM children",
    "materialised views": "CREATE MATERIALIZED VIEW broken AS SELECT id FROM children",
    "owners": f"CREATE TABLE broken (authority_id uuid); ALTER TABLE broken OWNER TO {API_ROLE}",
}


class TestTheRulesThemselves:
    def test_each_has_a_breach(self) -> None:
        assert set(BROKEN) == set(RULES) - {"tables"}

    @pytest.mark.parametrize("rule", BROKEN)
    def test_a_breach_is_found(self, breakable: Connection, rule: str) -> None:
        breakable.execute(text(f"GRANT CREATE ON SCHEMA public TO {API_ROLE}"))
        breakable.execute(text(BROKEN[rule]))
        found = breakable.scalars(text(RULES[rule]), {"exempt": list(TABLES_WITHOUT_TENANT)})

        assert any("broken" in line for line in found)


def is_ours(item: Any, name: str, kind: str, *_: Any) -> bool:
    table = name if kind == "table" else item.table.name
    return table in metadata.tables or table not in TABLES_WITHOUT_TENANT


class TestMigrations:
    def test_are_numbered_with_one_head(self) -> None:
        revisions = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())[::-1]

        assert [r.revision for r in revisions] == [f"{n:04d}" for n in range(1, len(revisions) + 1)]
        assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1

    def test_make_what_the_models_say(self, breakable: Connection) -> None:
        # The queue's tables come with its library and have no models.
        ours = {"compare_type": True, "include_object": is_ours}
        context = MigrationContext.configure(breakable, opts=ours)

        assert compare_metadata(context, metadata) == []

    def test_can_be_taken_back_and_made_again(self, spare: str) -> None:
        engine = make_engine(spare, role=OWNER_ROLE, pool_size=1)
        config = alembic_config()
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
            left = list(connection.scalars(text(RULES["tables"])))
            connection.rollback()
            command.upgrade(config, "head")
            again = set(connection.scalars(text(RULES["tables"])))
        engine.dispose()

        assert left == ["alembic_version"]
        assert again == set(metadata.tables) | TABLES_WITHOUT_TENANT
