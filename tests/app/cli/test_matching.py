"""`shortbreaks match`: the ranked matches of a child, whatever its authority."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.clock import now_utc
from app.db import transaction
from app.samples import queries
from app.samples.authorities import STOKE_SAMPLE
from app.samples.loading import Loaded, load_sample
from app.samples.worked_example import HOUSEHOLD, choose_month
from tests.app.cli.conftest import Run
from tests.support.world import World

SAMPLE = replace(STOKE_SAMPLE, name="Sample for match", n_children=3)


@pytest.fixture
def loaded(sessions: sessionmaker[Session]) -> Loaded:
    return load_sample(sessions, SAMPLE, now=now_utc(), on_progress=lambda *_: None)


@pytest.fixture
def maya(sessions: sessionmaker[Session], loaded: Loaded) -> str:
    with transaction(sessions, loaded.authority_id) as session:
        return str(queries.find_child(session, HOUSEHOLD))


class TestMatch:
    @pytest.mark.parametrize("authority", [(), ("--authority", SAMPLE.name)])
    def test_shows_matches_with_score_and_reasons(
        self, run: Run, maya: str, authority: tuple[str, ...]
    ) -> None:
        month = choose_month(now_utc())
        result = run("match", maya, "--month", month, "--limit", 2, *authority)
        assert result.exit_code == 0, result.output
        assert f"Matches in {month}" in result.stdout
        assert "Junior angling" in result.stdout
        assert result.stdout.count("+0.260 base") == 2
        assert result.stdout.count("base: open to this child") == 2
        assert "Support: ready" in result.stdout
        assert "Not put forward" in result.stdout
        assert max(map(len, result.stdout.splitlines())) <= 80

    def test_looks_for_the_child_in_the_authority_named_only(
        self, run: Run, maya: str, world: World
    ) -> None:
        result = run("match", maya, "--authority", world.authority_id)
        assert (result.exit_code, result.stderr) == (1, "No such child.\n")

    def test_an_unknown_child(self, run: Run, world: World) -> None:
        result = run("match", uuid4())
        assert (result.exit_code, result.stderr) == (1, "No such child.\n")

    def test_a_month_that_is_none(self, run: Run) -> None:
        result = run("match", uuid4(), "--month", "2027-13")
        assert result.exit_code == 2
        assert "YYYY-MM" in result.output
