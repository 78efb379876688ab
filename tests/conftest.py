"""The database and the service that tests run against: real ones, started once."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.db import API_ROLE, make_engine, make_session_factory
from app.embedded_postgres import EmbeddedPostgres
from app.encryption import MasterKeys
from app.main import create_app
from app.migrate import migrate
from app.rate_limits import RateLimiter, Rates
from tests.support.clock import NOON, SetClock
from tests.support.world import World, make_world


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """Start a PostgreSQL of our own, migrated; it may forget, so it need not sync."""
    # Not pytest's own folder: run by root, the server's account could not enter that.
    with TemporaryDirectory(prefix="shortbreaks-tests-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)
        server = EmbeddedPostgres(data_dir, options={"fsync": "off", "synchronous_commit": "off"})
        with server:
            migrate(server.url("postgres", "postgres"))
            yield server


@pytest.fixture(scope="session")
def engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """Connect in the serving role."""
    engine = make_engine(postgres.url(API_ROLE, "postgres"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Make sessions in the serving role."""
    return make_session_factory(engine)


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    """Make tokens with a key of this run."""
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    return Tokens(KeySet([key]), issuer="shortbreaks")


@pytest.fixture(scope="session")
def master_keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the file with the master keys of this run."""
    return tmp_path_factory.mktemp("keys") / "data-keys.json"


@pytest.fixture(scope="session")
def master_keys(master_keys_file: Path) -> MasterKeys:
    """Encrypt with keys of this run."""
    return MasterKeys.load_or_make(master_keys_file)


@pytest.fixture(scope="session")
def shared_clock() -> SetClock:
    """Give the clock of the service, which `clock` sets back after each test."""
    return SetClock()


@pytest.fixture
def clock(shared_clock: SetClock) -> Iterator[SetClock]:
    """Give the service's clock."""
    shared_clock.now = NOON
    yield shared_clock
    shared_clock.now = NOON


@pytest.fixture(scope="session")
def application(
    sessions: sessionmaker[Session],
    tokens: Tokens,
    shared_clock: SetClock,
    master_keys: MasterKeys,
) -> FastAPI:
    """Put the service together once."""
    # The clock stands still and all tests call from one address: a minute lasts the whole run.
    many = "1000000/minute"
    rates = Rates(family=many, tokens_of_address=many, unreadable=many)
    limiter = RateLimiter(rates, shared_clock)
    return create_app(
        sessions,
        tokens,
        clock=shared_clock,
        master_keys=master_keys,
        rate_limiter=limiter,
    )


@pytest.fixture
def http(application: FastAPI) -> Iterator[TestClient]:
    """Call the service."""
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def world(http: TestClient, sessions: sessionmaker[Session], clock: SetClock) -> World:
    """Make an authority of the test's own, with a client of each kind."""
    return make_world(http, sessions, clock)


@pytest.fixture
def other_world(http: TestClient, sessions: sessionmaker[Session], clock: SetClock) -> World:
    """Make a second authority, none of whose rows the first may see."""
    return make_world(http, sessions, clock, name="Cheshire East")
