"""What the live schema must keep to, as questions whose answer lists the breaches."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, LargeBinary, Table, Uuid, text
from sqlalchemy.dialects import postgresql

from app.db import API_ROLE, make_engine
from app.embedded_postgres import EmbeddedPostgres
from app.ids import new_id

TENANT_TABLES = """
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relname = ANY(:exempt)
"""
FIRST_COLUMN = """
    (SELECT attname FROM pg_attribute a WHERE a.attrelid = {table} AND a.attnum = {numbers})
"""
POLICIES = "SELECT 1 FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname"

RULES = {
    "tables": """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY relname
    """,
    "tenant column": f"""
        SELECT c.relname || ' has no authority_id' {TENANT_TABLES} AND NOT EXISTS (
            SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'authority_id')
    """,
    "nullable tenant": f"""
        SELECT c.relname || ' may have no tenant' {TENANT_TABLES} AND EXISTS (
            SELECT 1 FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname = 'authority_id' AND NOT a.attnotnull)
    """,
    "unique keys": f"""
        SELECT i.indexrelid::regclass || ' on ' || c.relname
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE i.indisunique AND c.oid IN (SELECT c.oid {TENANT_TABLES}) AND
            {FIRST_COLUMN.format(table="c.oid", numbers="i.indkey[0]")} <> 'authority_id'
    """,
    "row security": f"""
        SELECT c.relname || ' is open' {TENANT_TABLES}
            AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    """,
    "policies": f"""
        SELECT c.relname || ' lacks a policy' {TENANT_TABLES} AND (
            NOT EXISTS ({POLICIES}) OR EXISTS (
                {POLICIES} AND (p.qual IS NULL OR p.with_check IS NULL OR p.cmd <> 'ALL')))
    """,
    "loose policies": f"""
        SELECT c.relname || ' has a policy without the tenant' {TENANT_TABLES} AND EXISTS (
            {POLICIES} AND (p.qual NOT LIKE '%authority_id =%app.authority%'
                OR p.with_check NOT LIKE '%authority_id =%app.authority%'))
    """,
    "foreign keys": f"""
        SELECT k.conname || ' on ' || c.relname
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.contype = 'f' AND k.conrelid IN (SELECT c.oid {TENANT_TABLES})
            AND k.confrelid IN (SELECT c.oid {TENANT_TABLES}) AND NOT (
                {FIRST_COLUMN.format(table="k.conrelid", numbers="k.conkey[1]")} = 'authority_id'
                AND
                {FIRST_COLUMN.format(table="k.confrelid", numbers="k.confkey[1]")} = 'authority_id')
    """,
    "views": """
        SELECT c.relname || ' shows what its owner may see'
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind = 'v'
            AND NOT coalesce(c.reloptions::text[], '{}') && '{security_invoker=true}'
    """,
    "materialised views": """
        SELECT c.relname || ' cannot have row security'
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind = 'm'
    """,
    "owners": """
        SELECT c.relname || ' belongs to the serving role'
        FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'shortbreaks_api'
    """,
}


@dataclass(frozen=True)
class ForeignKey:
    """One reference between tables of tenants."""

    name: str
    child: str
    column: str
    parent: str

    def __str__(self) -> str:
        return self.name


def foreign_keys(tables: Iterable[Table], exempt: Collection[str]) -> list[ForeignKey]:
    """List the references between tables of tenants."""
    # A long name is shortened on its way into the database.
    name_of = postgresql.dialect().identifier_preparer.format_constraint
    return [
        ForeignKey(str(name_of(key)), table.name, key.column_keys[1], key.referred_table.name)
        for table in tables
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
        if key.referred_table.name not in exempt
    ]


def relax(connection: Connection, table: str, *, keep: str) -> None:
    """Drop every rule of a table but its primary key and one constraint, until the rollback."""
    constraints = connection.execute(
        text(
            "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass)"
            " AND contype IN ('c', 'f') AND conname <> :keep"
        ),
        {"table": table, "keep": keep},
    )
    for (name,) in constraints.all():
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    columns = connection.execute(
        text(
            "SELECT attname FROM pg_attribute a WHERE attrelid = CAST(:table AS regclass)"
            " AND attnum > 0 AND attnotnull AND NOT EXISTS (SELECT 1 FROM pg_index i"
            " WHERE i.indrelid = attrelid AND i.indisprimary AND attnum = ANY(i.indkey))"
        ),
        {"table": table},
    )
    for (name,) in columns.all():
        connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL"))


def values_of_keys(table: Table) -> dict[str, Any]:
    """Make up a value for each column of a primary key."""
    return {
        column.name: new_id()
        if isinstance(column.type, Uuid)
        else b"x"
        if isinstance(column.type, LargeBinary)
        else 1
        if isinstance(column.type, Integer)
        else "x"
        for column in table.primary_key.columns
    }


@contextmanager
def forbid(postgres: EmbeddedPostgres, right: str) -> Iterator[None]:
    """Take a right on a table, like `INSERT ON audit_entries`, from the service for a while."""
    administrator = make_engine(postgres.url("postgres", "postgres"), role="postgres")
    with administrator.connect() as connection:
        connection.execute(text(f"REVOKE {right} FROM {API_ROLE}"))
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text(f"GRANT {right} TO {API_ROLE}"))
            connection.commit()
    administrator.dispose()
