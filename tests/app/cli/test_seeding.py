"""`shortbreaks seed`: the credentials file, written again with secrets that work."""

import json
import stat
from pathlib import Path
from typing import Any

from tests.app.cli.conftest import Run
from tests.support.world import World

SMALL = ("seed", "--authorities", 2, "--children", 5, "--sessions", 6, "--seed", 77)


def read(path: Path) -> list[dict[str, Any]]:
    document = json.loads(path.read_text())
    assert set(document) == {"authorities"}
    authorities: list[dict[str, Any]] = document["authorities"]
    return authorities


class TestSeed:
    def test_twice_makes_the_authorities_once_and_the_secrets_anew(
        self, run: Run, world: World, tmp_path: Path
    ) -> None:
        file = tmp_path / "credentials.json"
        file.touch(mode=0o644)
        assert run(*SMALL, "--credentials", file).exit_code == 0
        first = read(file)
        result = run(*SMALL, "--credentials", file)
        assert result.exit_code == 0, result.output
        second = read(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert list(tmp_path.iterdir()) == [file]
        assert [one["id"] for one in second] == [one["id"] for one in first]
        assert len({one["name"] for one in second}) == 2
        for old, new in zip(first, second, strict=True):
            assert set(new) == {"id", "name", "clients"}
            assert set(new["clients"]) == {"broker", "commissioner", "provider", "family_app"}
            for kind, client in new["clients"].items():
                assert set(client) == {"client_id", "client_secret"}
                form = {"grant_type": "client_credentials"}
                answer = world.http.post("/oauth/token", data=form | client)
                assert answer.status_code == 200
                answer = world.http.post("/oauth/token", data=form | old["clients"][kind])
                assert answer.status_code == 401

    def test_the_broker_sees_all_that_was_asked_for(
        self, run: Run, world: World, tmp_path: Path
    ) -> None:
        file = tmp_path / "credentials.json"
        run(*SMALL, "--credentials", file)
        broker = read(file)[0]["clients"]["broker"]
        form = {"grant_type": "client_credentials"}
        token = world.http.post("/oauth/token", data=form | broker).json()["access_token"]
        assert len(world.call_with(token, "GET", "/v1/children").json()["items"]) == 5
        assert len(world.call_with(token, "GET", "/v1/sessions").json()["items"]) == 6
