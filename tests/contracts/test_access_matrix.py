"""Who may do what to whose: every operation x every kind of caller x whose object it is.

An operation without a line in `access_cells` fails `test_every_operation_has_cells`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.access.guards import PUBLIC_OPERATIONS
from app.access.scopes import ClientKind
from app.children import queries
from app.children.models import Child
from app.ids import new_id
from tests.contracts.access_cells import OPERATIONS
from tests.contracts.access_rules import (
    ABSENT,
    BARE_APP,
    BROKER,
    CALLERS,
    FAMILY,
    FOREIGN,
    NEIGHBOUR,
    NOBODY,
    OWN,
    TARGETS,
)
from tests.support.children import child_body
from tests.support.clock import NOON, SetClock
from tests.support.families import make_family
from tests.support.world import World, make_world

FILE = b'{"type": "provider", "source_id": "1", "name": "Anglers", "kind": "specialist"}'


@dataclass
class Stage:
    """Two authorities, two families of the first, and every caller's token."""

    world: World
    tokens: dict[str, str | None]
    ids: dict[str, dict[str, str]]

    def call(self, caller: str, name: str, target: str) -> Any:
        method, path = name.split(" ")
        operation, ids = OPERATIONS[name], self.ids[target]
        token = self.tokens[caller]
        headers = {"If-Match": "*", "Idempotency-Key": str(new_id())}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.world.http.request(
            method,
            path.format(**ids | {name: ids[of] for name, of in operation.path.items()}),
            json=operation.body(ids),
            data=operation.form,
            files=operation.form and {"file": FILE},
            headers=headers,
        )


@pytest.fixture(scope="module")
def stage(
    application: FastAPI, sessions: sessionmaker[Session], shared_clock: SetClock
) -> Iterator[Stage]:
    with TestClient(application, raise_server_exceptions=False) as http:
        world = make_world(http, sessions, shared_clock)
        elsewhere = make_world(http, sessions, shared_clock, name="Cheshire East")
        own = make_family(world, attends=str(world.provider_id))
        neighbour, foreign = make_family(world), make_family(elsewhere)
        shared_clock.now += timedelta(hours=2)
        for at, family in ((world, own), (world, neighbour), (elsewhere, foreign)):
            came = f"/v1/bookings/{family['attended_id']}/attendance"
            assert at.call("POST", came, json={"attended": True}).status_code == 200
        tokens = {kind.value: world.token(kind) for kind in ClientKind}
        yield Stage(
            world,
            {
                NOBODY: None,
                **{caller: tokens.get(caller) for caller in CALLERS},
                FAMILY: world.family_token(own["household_id"]),
                BARE_APP: tokens["family_app"],
            },
            {
                OWN: own,
                NEIGHBOUR: neighbour,
                FOREIGN: foreign,
                ABSENT: {name: str(new_id()) for name in own}
                | {"version": "1", "period": "2099-Q4"},
            },
        )
    shared_clock.now = NOON


def operations_of(application: FastAPI) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, operations in application.openapi()["paths"].items()
        for method in operations
        if (method, path) not in PUBLIC_OPERATIONS
    }


def test_every_operation_has_cells(application: FastAPI) -> None:
    operations = operations_of(application)

    assert operations
    assert operations == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_who_may(stage: Stage, name: str) -> None:
    assert set(OPERATIONS[name].cells) == set(CALLERS)
    wrong, refusals = {}, set()
    for caller in CALLERS:
        for target, expected in zip(TARGETS, OPERATIONS[name].cells[caller], strict=True):
            answer = stage.call(caller, name, target)
            if answer.status_code != expected:
                wrong[caller, target] = f"{answer.status_code} instead of {expected}"
            if expected in (404, 422):
                refusals.add(answer.text)

    assert wrong == {}
    # Not yours and not there cannot be told apart.
    assert len(refusals) <= 1


def test_lists_show_only_what_is_the_callers(stage: Stage) -> None:
    for path, name in (
        ("/v1/children", "child_id"),
        ("/v1/wishes", "wish_id"),
        ("/v1/offers", "offer_id"),
    ):
        seen = {}
        for caller in (BROKER, FAMILY, BARE_APP):
            token = stage.tokens[caller]
            assert token is not None
            answer = stage.world.call_with(token, "GET", f"{path}?limit=200")
            seen[caller] = {item["id"] for item in answer.json()["items"]}
        mine, theirs, foreign = (stage.ids[target][name] for target in TARGETS[:3])

        assert {mine, theirs} <= seen[BROKER]
        assert foreign not in seen[BROKER]
        assert mine in seen[FAMILY]
        assert not {theirs, foreign} & seen[FAMILY]
        assert seen[BARE_APP] == set()


CHILD_FIELDS = {
    *("id", "household_id", "given_name", "date_of_birth", "gender", "home", "travel"),
    *("communication", "preferences", "interests", "needs", "availability", "sen_types", "friends"),
    *("created_at", "updated_at"),
}


@pytest.mark.parametrize("caller", [BROKER, FAMILY])
def test_fields_of_a_child_by_role(stage: Stage, caller: str) -> None:
    child = stage.call(caller, "GET /v1/children/{child_id}", OWN).json()

    assert set(child) == CHILD_FIELDS
    assert set(child["home"]) == {"postcode", "latitude", "longitude"}
    assert set(child["travel"]) == {"max_km", "accessible_transport_only"}
    assert set(child["communication"]) == {"methods", "contact", "language"}
    assert set(child["preferences"]) == {"settings"}


@pytest.mark.parametrize("caller", [BROKER, FAMILY])
@pytest.mark.parametrize("name", ["id", "authority_id", "version", "created_at", "updated_at"])
def test_what_the_server_owns_never_binds(stage: Stage, caller: str, name: str) -> None:
    token = stage.tokens[caller]
    assert token is not None
    own = stage.ids[OWN]
    body = child_body(own["household_id"], **{name: str(new_id())})
    before = stage.call(caller, "GET /v1/children/{child_id}", OWN)

    created = stage.world.call_with(token, "POST", "/v1/children", json=body)
    changed = stage.world.call_with(
        token,
        "PATCH",
        f"/v1/children/{own['child_id']}",
        json={name: str(new_id())},
        headers={"If-Match": "*"},
    )

    assert created.status_code == changed.status_code == 422
    after = stage.call(caller, "GET /v1/children/{child_id}", OWN)
    assert (after.text, after.headers["ETag"]) == (before.text, before.headers["ETag"])


def test_the_matrix_sees_a_missing_check(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show that the cells fail a service that forgets whose child it is."""
    monkeypatch.setattr(queries, "readable_children", lambda caller: select(Child))

    with pytest.raises(AssertionError, match="200 instead of 404"):
        test_who_may(stage, "GET /v1/children/{child_id}")
