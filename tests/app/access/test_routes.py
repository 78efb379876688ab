"""The token endpoint, over HTTP."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from app.access.models import AuditEntry, Client, FamilyGrant, RefreshToken
from app.access.scopes import ClientKind
from app.access.service import CODE_LIFETIME, REFRESH_LIFETIME
from app.authorities.models import Authority
from app.db import NO_TENANT, transaction
from tests.support.children import create_child
from tests.support.world import World

FAMILY_CODE = "urn:shortbreaks:family-code"


def ask(world: World, kind: ClientKind = ClientKind.FAMILY_APP, **form: str) -> Any:
    mine = world.credentials[kind]
    credentials = {"client_id": str(mine.client_id), "client_secret": mine.client_secret}
    return world.http.post("/oauth/token", data={**credentials, **form})


def code_for(world: World, household_id: str) -> str:
    answer = world.call("POST", f"/v1/households/{household_id}/family-codes")
    code: str = answer.json()["code"]
    return code


def granted(world: World) -> dict[str, Any]:
    answer = ask(world, grant_type=FAMILY_CODE, code=code_for(world, world.household()))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


class TestIssueToken:
    def test_client_credentials(self, world: World) -> None:
        answer = world.new_token(ClientKind.BROKER)

        assert answer["token_type"] == "Bearer"
        assert answer["expires_in"] <= 600
        assert "bookings:write" in answer["scope"].split()

    def test_fewer_scopes_on_request(self, world: World) -> None:
        answer = world.new_token(ClientKind.BROKER, scope="children:read")
        token = answer["access_token"]

        assert answer["scope"] == "children:read"
        assert world.call_with(token, "GET", "/v1/children").status_code == 200
        assert world.call_with(token, "GET", "/v1/wishes").status_code == 403

    @pytest.mark.parametrize(
        ("form", "status", "error"),
        [
            ({"grant_type": "client_credentials", "client_secret": "x"}, 401, "invalid_client"),
            ({"grant_type": "client_credentials", "client_id": "x"}, 401, "invalid_client"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
            (
                {"grant_type": "client_credentials", "scope": "authorities:create"},
                400,
                "invalid_scope",
            ),
            ({"grant_type": FAMILY_CODE, "code": "guess"}, 400, "invalid_grant"),
            ({"grant_type": FAMILY_CODE}, 400, "invalid_grant"),
            ({"grant_type": "refresh_token", "refresh_token": "guess"}, 400, "invalid_grant"),
        ],
    )
    def test_refusals(self, world: World, form: dict[str, str], status: int, error: str) -> None:
        answer = ask(world, **form)

        assert (answer.status_code, answer.json()["error"]) == (status, error)

    @pytest.mark.parametrize("kind", [k for k in ClientKind if k is not ClientKind.FAMILY_APP])
    def test_only_family_apps_take_codes(self, world: World, kind: ClientKind) -> None:
        code = code_for(world, world.household())

        assert ask(world, kind, grant_type=FAMILY_CODE, code=code).status_code == 400
        assert ask(world, grant_type=FAMILY_CODE, code=code).status_code == 200

    def test_a_code_of_another_authority_is_unknown(self, world: World, other_world: World) -> None:
        code = code_for(other_world, other_world.household())

        assert ask(world, grant_type=FAMILY_CODE, code=code).status_code == 400


class TestFamilyCode:
    def test_works_once(self, world: World) -> None:
        code = code_for(world, world.household())

        assert ask(world, grant_type=FAMILY_CODE, code=code).status_code == 200
        assert ask(world, grant_type=FAMILY_CODE, code=code).status_code == 400

    def test_of_two_at_once_one_wins(self, world: World) -> None:
        for _ in range(5):
            code = code_for(world, world.household())
            start = Barrier(2)

            def take(_: int, code: str = code, start: Barrier = start) -> int:
                start.wait()
                status: int = ask(world, grant_type=FAMILY_CODE, code=code).status_code
                return status

            with ThreadPoolExecutor(2) as pool:
                assert sorted(pool.map(take, range(2))) == [200, 400]

    def test_ends(self, world: World) -> None:
        code = code_for(world, world.household())
        world.clock.now += CODE_LIFETIME

        assert ask(world, grant_type=FAMILY_CODE, code=code).status_code == 400

    def test_opens_one_household(self, world: World) -> None:
        mine, theirs = create_child(world), create_child(world)
        token = world.family_token(mine["household_id"])

        assert world.call_with(token, "GET", f"/v1/children/{mine['id']}").status_code == 200
        assert world.call_with(token, "GET", f"/v1/children/{theirs['id']}").status_code == 404

    def test_without_one_a_family_app_sees_nobody(self, world: World) -> None:
        child = create_child(world)
        app = ClientKind.FAMILY_APP

        assert world.call("GET", "/v1/children", kind=app).json()["items"] == []
        assert world.call("GET", f"/v1/children/{child['id']}", kind=app).status_code == 404


class TestRefreshToken:
    def test_each_use_gives_the_next(self, world: World) -> None:
        first = granted(world)
        second = ask(world, grant_type="refresh_token", refresh_token=first["refresh_token"])

        assert second.status_code == 200
        assert second.json()["refresh_token"] != first["refresh_token"]
        third = second.json()["refresh_token"]
        assert ask(world, grant_type="refresh_token", refresh_token=third).status_code == 200

    def test_a_second_use_ends_the_grant(self, world: World) -> None:
        first = granted(world)
        second = ask(world, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()

        reuse = ask(world, grant_type="refresh_token", refresh_token=first["refresh_token"])

        assert (reuse.status_code, reuse.json()["error"]) == (400, "invalid_grant")
        for token in (first, second):
            answer = world.call_with(token["access_token"], "GET", "/v1/children")
            assert answer.status_code == 401
        after = ask(world, grant_type="refresh_token", refresh_token=second["refresh_token"])
        assert after.status_code == 400

    def test_ends(self, world: World) -> None:
        first = granted(world)
        world.clock.now += REFRESH_LIFETIME + timedelta(seconds=1)

        answer = ask(world, grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert answer.status_code == 400

    def test_no_secret_is_stored(self, world: World) -> None:
        token = granted(world)["refresh_token"]
        with transaction(world.sessions, world.authority_id) as session:
            stored = session.scalars(select(RefreshToken.token_sha256)).all()

        assert stored
        assert all(token.encode() not in secret for secret in stored)


def revoke_client(world: World) -> None:
    client_id = world.credentials[ClientKind.FAMILY_APP].client_id
    with transaction(world.sessions, NO_TENANT) as session:
        session.execute(update(Client).where(Client.id == client_id).values(active=False))


def revoke_grant(world: World) -> None:
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(update(FamilyGrant).values(revoked_at=world.clock.now))


def revoke_authority(world: World) -> None:
    with transaction(world.sessions, NO_TENANT) as session:
        wanted = Authority.id == world.authority_id
        session.execute(update(Authority).where(wanted).values(active=False))


class TestRevocation:
    @pytest.mark.parametrize("revoke", [revoke_client, revoke_grant, revoke_authority])
    def test_takes_effect_with_the_next_call(
        self, world: World, revoke: Callable[[World], None]
    ) -> None:
        token = granted(world)["access_token"]
        before = world.call_with(token, "GET", "/v1/children").status_code

        revoke(world)

        assert (before, world.call_with(token, "GET", "/v1/children").status_code) == (200, 401)


class TestAudit:
    def test_denied_calls_are_written_down(self, world: World, other_world: World) -> None:
        foreign = create_child(other_world)["id"]
        world.call("GET", f"/v1/children/{foreign}")
        world.call("GET", f"/v1/children/{foreign}", kind=ClientKind.PROVIDER)
        with transaction(world.sessions, world.authority_id) as session:
            outcomes = session.scalars(
                select(AuditEntry.outcome).where(AuditEntry.object_id == foreign)
            ).all()

        assert sorted(outcomes) == ["forbidden", "not-found"]
