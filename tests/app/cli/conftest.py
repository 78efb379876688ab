"""Commands run in this process, against the tests' own database."""

from collections.abc import Callable

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import cli
from app.db import API_ROLE
from app.embedded_postgres import EmbeddedPostgres

Run = Callable[..., Result]


@pytest.fixture
def run(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command and give what it printed and how it ended."""
    monkeypatch.setenv("SHORTBREAKS_DATABASE_URL", postgres.url(API_ROLE, "postgres"))
    monkeypatch.setenv("SHORTBREAKS_OWNER_DATABASE_URL", postgres.url("postgres", "postgres"))
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    return invoke
