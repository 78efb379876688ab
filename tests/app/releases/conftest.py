"""What tests of releases start from."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine

from app.embedded_postgres import EmbeddedPostgres


@pytest.fixture
def superuser(postgres: EmbeddedPostgres) -> Iterator[Connection]:
    """Do what the serving role cannot, and take all of it back."""
    engine = create_engine(postgres.url("postgres", "postgres"))
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
    engine.dispose()
