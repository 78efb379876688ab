"""`shortbreaks client`: each kind with what belongs to it."""

import re

import pytest

from app.access.scopes import ClientKind
from tests.app.cli.conftest import Run
from tests.support.world import World


def credentials(output: str) -> dict[str, str]:
    found = re.fullmatch(r"client_id     (\S{36})\nclient_secret (\S{43})\n", output)
    assert found, output
    return {"client_id": found[1], "client_secret": found[2]}


def scopes(world: World, output: str) -> set[str]:
    form = {"grant_type": "client_credentials", **credentials(output)}
    answer = world.http.post("/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    return set(answer.json()["scope"].split())


class TestClient:
    def test_an_operator_has_no_authority_and_can_open_one(self, run: Run, world: World) -> None:
        result = run("client", "--kind", "operator", "--name", "Helm")
        assert result.exit_code == 0, result.output
        assert scopes(world, result.stdout) == {"authorities:create", "authorities:write"}

    @pytest.mark.parametrize(
        "kind", [ClientKind.BROKER, ClientKind.FAMILY_APP, ClientKind.COMMISSIONER]
    )
    def test_others_belong_to_an_authority(self, run: Run, world: World, kind: ClientKind) -> None:
        result = run(
            "client", "--kind", kind.value, "--name", "X", "--authority", world.authority_id
        )
        assert result.exit_code == 0, result.output
        assert "catalogue:read" in scopes(world, result.stdout)

    @pytest.mark.parametrize("named", ["name", "id"])
    def test_a_provider_by_name_or_id(self, run: Run, world: World, named: str) -> None:
        provider = "mill lane anglers" if named == "name" else str(world.provider_id)
        result = run(
            *("client", "--kind", "provider", "--name", "X"),
            *("--authority", world.authority_id, "--provider", provider),
        )
        assert result.exit_code == 0, result.output
        assert scopes(world, result.stdout)

    @pytest.mark.parametrize(
        ("kind", "options", "said"),
        [
            ("operator", ["--authority", "Stoke-on-Trent"], "no --authority"),
            ("broker", [], "every other kind has one"),
            ("broker", ["--authority", "Nowhere at all"], "No such authority."),
            ("broker", ["--authority", ""], "No such authority."),
            ("provider", ["--authority", "AUTHORITY"], "has a --provider"),
            ("broker", ["--authority", "AUTHORITY", "--provider", "x"], "no other"),
            ("provider", ["--authority", "AUTHORITY", "--provider", "x"], "No such provider."),
            (
                "provider",
                ["--authority", "AUTHORITY", "--provider", ""],
                "cannot be a provider's name",
            ),
        ],
    )
    def test_says_what_does_not_fit(
        self, run: Run, world: World, kind: str, options: list[str], said: str
    ) -> None:
        given = [str(world.authority_id) if one == "AUTHORITY" else one for one in options]
        result = run("client", "--kind", kind, "--name", "X", *given)
        assert result.exit_code != 0
        assert said in " ".join(result.output.replace("│", " ").split())
