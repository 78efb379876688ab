"""`shortbreaks keys`: a new master key, and every child's key wrapped with it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from app.children.keys import count_by_master_key
from app.db import transaction
from app.encryption import MasterKeys
from tests.app.cli.conftest import Run
from tests.support.catalogue import add_child
from tests.support.passports import write_passport
from tests.support.world import World


@pytest.fixture
def named(run: Run, monkeypatch: pytest.MonkeyPatch, master_keys_file: Path) -> Run:
    """Run commands with the key file of the tests' service."""
    monkeypatch.setenv("SHORTBREAKS_DATA_KEYS_FILE", str(master_keys_file))
    return run


class TestKeys:
    def test_add_then_rotate(
        self, named: Run, world: World, master_keys: MasterKeys, master_keys_file: Path
    ) -> None:
        child_id = add_child(world)
        write_passport(world, child_id)
        before = master_keys.names

        added = named("keys", "add")
        rotated = named("keys", "rotate")

        assert added.exit_code == 0, added.output
        assert rotated.exit_code == 0, rotated.output
        [newest] = set(master_keys.names) - set(before)
        assert newest in added.stdout
        assert rotated.stdout.count("wraps new ones") == 1
        assert rotated.stdout.count("unused, may go") == len(before)
        with transaction(world.sessions, world.authority_id) as session:
            assert count_by_master_key(session) == {newest: 1}
        assert world.call("GET", f"/v1/children/{child_id}/passport").status_code == 200
        secrets = [key["k"] for key in json.loads(master_keys_file.read_text())["keys"]]
        assert not any(secret in added.output + rotated.output for secret in secrets)

    def test_rotate_names_what_is_lost(self, named: Run, world: World) -> None:
        child_id = add_child(world)
        write_passport(world, child_id)
        with transaction(world.sessions, world.authority_id) as session:
            session.execute(text("UPDATE child_keys SET master_key = 'gone'"))

        result = named("keys", "rotate")

        with transaction(world.sessions, world.authority_id) as session:
            session.execute(text("DELETE FROM child_keys"))
        assert result.exit_code == 1
        assert f"lost child_id={child_id}" in result.stderr

    def test_two_cannot_add_at_once(self, named: Run, master_keys_file: Path) -> None:
        turn = master_keys_file.with_name(f".{master_keys_file.name}.turn")
        turn.touch()
        result = named("keys", "add")
        turn.unlink()

        assert result.exit_code == 1
        assert str(turn) in result.stderr

    def test_the_first_makes_the_file(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "secrets" / "data-keys.json"
        monkeypatch.setenv("SHORTBREAKS_ENVIRONMENT", "production")
        monkeypatch.setenv("SHORTBREAKS_DATA_KEYS_FILE", str(file))

        for count in (1, 2):
            assert run("keys", "add").exit_code == 0
            assert len(MasterKeys.load(file).names) == count
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_file_that_cannot_be_written_is_told_of(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("SHORTBREAKS_DATA_KEYS_FILE", str(tmp_path / "file" / "keys.json"))

        result = run("keys", "add")

        assert result.exit_code == 1
        assert "cannot be written" in result.stderr

    def test_production_has_to_name_its_file(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("SHORTBREAKS_ENVIRONMENT", "production")
        monkeypatch.setenv("SHORTBREAKS_DATA_DIR", str(tmp_path))

        for command in ("add", "rotate"):
            assert run("keys", command).exit_code != 0
        assert list(tmp_path.iterdir()) == []
