"""`shortbreaks import`, with the tests' own database in place of the settings'."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from click.testing import Result
from sqlalchemy import update
from typer.testing import CliRunner

from app.authorities.models import Authority
from app.cli import importing
from app.db import transaction
from app.ids import new_id
from tests.support.world import World

HEADER = "provider_name,source_id,title,date,starts,ends,capacity\n"
GOOD = "Trent Judo,a1,Judo,2027-03-06,10:00,11:30,6\n"
BROKEN = "Other,a2,Swim,Quillfeather,10:00,11:00,6\n"

Run = Callable[..., Result]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command on a CSV file with these lines."""

    @contextmanager
    def open_database(_: Any) -> Iterator[Any]:
        yield SimpleNamespace(sessions=world.sessions)

    monkeypatch.setattr(importing, "open_database", open_database)
    cli = typer.Typer()
    cli.command()(importing.import_files)

    def run_on(lines: str, *options: str, authority: str | None = None) -> Result:
        file = tmp_path / "clubs.csv"
        file.write_text(HEADER + lines)
        named = ["--authority", authority or str(world.authority_id)]
        return CliRunner().invoke(cli, [str(file), "--kind", "csv", *named, *options])

    return run_on


def titles(world: World) -> list[str]:
    answer = world.call("GET", "/v1/activities").json()
    return [activity["title"] for activity in answer["items"]]


def test_a_file_is_imported(run: Run, world: World) -> None:
    result = run(GOOD)

    assert result.exit_code == 0, result.output
    assert "Imported" in result.output
    assert titles(world) == ["Judo"]


def test_a_dry_run_changes_nothing(run: Run, world: World) -> None:
    result = run(GOOD, "--dry-run")

    assert result.exit_code == 0
    assert "nothing was changed" in result.output
    assert titles(world) == []


def test_errors_name_their_rows_and_reject_the_file(run: Run, world: World) -> None:
    result = run(GOOD + BROKEN)

    assert result.exit_code == 1
    assert "Rejected" in result.output
    assert "Write it like 2027-01-30." in result.output
    assert "Quillfeather" not in result.output
    assert titles(world) == []


def test_partial_takes_the_good_rows(run: Run, world: World) -> None:
    result = run(GOOD + BROKEN, "--partial")

    assert result.exit_code == 0
    assert "Write it like 2027-01-30." in result.output
    assert "Judo" in titles(world)


def test_an_authority_has_to_be_known(run: Run) -> None:
    result = run(GOOD, authority="Atlantis")

    assert result.exit_code == 1
    assert "No such authority" in result.output


def rename(world: World, name: str) -> None:
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(
            update(Authority).where(Authority.id == world.authority_id).values(name=name)
        )


def test_a_name_is_enough_unless_two_authorities_have_it(
    run: Run, world: World, other_world: World
) -> None:
    name = f"Authority {new_id()}"
    rename(world, name)
    assert run(GOOD, authority=name.upper()).exit_code == 0

    rename(other_world, name)
    result = run(GOOD, authority=name)

    assert result.exit_code == 1
    assert "More than one" in result.output
