"""Bringing a database to the newest schema: the two roles first, then Alembic as the owner."""

from functools import cache
from importlib.resources import files

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from app.db import API_ROLE, OWNER_ROLE, make_engine

# Two processes that start at once must not migrate at once.
MIGRATION_LOCK = 7_305_411


def ensure_roles(url: str) -> None:
    """Create the owning and the serving role where they are missing, and let us act as both."""
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        for role in (OWNER_ROLE, API_ROLE):
            _ensure_role(connection, role)
        # The database's owner gives the new owner a place to put tables in.
        connection.execute(
            sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(sql.Identifier(OWNER_ROLE))
        )
        connection.execute(
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(API_ROLE))
        )


def _ensure_role(connection: psycopg.Connection, role: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if found is None:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").format(
                sql.Identifier(role)
            )
        )
    member = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [role]).fetchone()
    if member != (True,):
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))


def alembic_config() -> Config:
    """Point Alembic at the migrations of the installed package."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    return config


def migrate(owner_url: str) -> None:
    """Create the roles and bring the schema to the newest revision."""
    ensure_roles(owner_url)
    engine = make_engine(owner_url, role=OWNER_ROLE, pool_size=2)
    try:
        with engine.begin() as guard, engine.connect() as connection:
            guard.execute(text("SET LOCAL lock_timeout = '60s'"))
            guard.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def check_serving_role(engine: Engine) -> None:
    """Refuse to serve in a role that row-level security does not bind."""
    with engine.connect() as connection:
        unbound = connection.scalar(
            text(
                "SELECT rolsuper OR rolbypassrls OR EXISTS ("
                "  SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relkind = 'r')"
                " FROM pg_roles WHERE rolname = current_user"
            )
        )
    if unbound:
        raise SystemExit("The serving role must not own tables or bypass row-level security.")


@cache
def newest_revision() -> str | None:
    """Name the schema this version of the service needs."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()
