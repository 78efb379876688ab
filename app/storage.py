"""Opening the database that the settings name: the embedded one, unless there is a URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.db import API_ROLE, make_engine, make_session_factory
from app.embedded_postgres import SUPERUSER, EmbeddedPostgres
from app.migrate import check_serving_role, migrate
from app.settings import Settings

EMBEDDED_DATABASE = "postgres"


@dataclass(frozen=True)
class Database:
    """An open database: an engine in the serving role, and sessions on it."""

    engine: Engine
    sessions: sessionmaker[Session]


@contextmanager
def open_database(settings: Settings, *, newest: bool = True) -> Iterator[Database]:
    """Start or reach the database, bring it to the `newest` schema, and open a pool on it."""
    if settings.database_url is not None:
        serving_url = settings.database_url.get_secret_value()
        owner_url = (settings.owner_database_url or settings.database_url).get_secret_value()
        with _pool(settings, serving_url, owner_url, newest=newest) as database:
            yield database
        return
    server = EmbeddedPostgres(settings.data_dir)
    # Watched, so that a server killed under a running service comes back by itself.
    server.start(watch=True)
    try:
        with _pool(
            settings,
            server.url(API_ROLE, EMBEDDED_DATABASE),
            server.url(SUPERUSER, EMBEDDED_DATABASE),
            newest=newest,
        ) as database:
            yield database
    finally:
        server.stop()


@contextmanager
def _pool(
    settings: Settings, serving_url: str, owner_url: str, *, newest: bool
) -> Iterator[Database]:
    if newest:
        migrate(owner_url)
    engine = make_engine(serving_url, pool_size=settings.pool_size)
    try:
        check_serving_role(engine)
        yield Database(engine, make_session_factory(engine))
    finally:
        engine.dispose()
