"""Two tenants on one connection: whatever fails in between, nobody sees the other's rows."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.children.models import Child
from app.db import API_ROLE, make_engine, make_session_factory, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.ids import new_id
from app.main import create_app
from tests.support.children import child_body, create_child
from tests.support.clock import SetClock
from tests.support.world import World, make_world

REQUESTS = 300


@pytest.fixture
def single(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """Open a pool that never has a second connection."""
    engine = make_engine(postgres.url(API_ROLE, "postgres"), pool_size=1)
    opened: list[Any] = []
    event.listen(engine, "connect", lambda connection, _: opened.append(connection))
    yield engine
    assert len(opened) == 1
    engine.dispose()


@pytest.fixture
def both(single: Engine, tokens: Tokens, clock: SetClock) -> Iterator[list[World]]:
    factory = make_session_factory(single)
    app = create_app(factory, tokens, clock=clock)
    with TestClient(app, raise_server_exceptions=False) as http:
        yield [make_world(http, factory, clock, name=name) for name in ("Stoke", "Leeds")]


def ids_in(answer: Any) -> set[str]:
    body = answer.json()
    return {item["id"] for item in body.get("items", [body]) if "id" in item}


def test_requests_of_two_tenants(both: list[World]) -> None:
    rng = random.Random(20270301)
    own = [{create_child(world)["id"]} for world in both]
    statuses = set()
    for _ in range(REQUESTS):
        me = rng.randrange(2)
        world, theirs = both[me], sorted(own[1 - me])
        match rng.choice(["list", "create", "read", "steal", "break", "patch", "invalid"]):
            case "list":
                answer = world.call("GET", "/v1/children?limit=200")
            case "create":
                answer = world.call("POST", "/v1/children", json=child_body(world.household()))
                own[me].add(answer.json()["id"])
            case "read":
                answer = world.call("GET", f"/v1/children/{rng.choice(sorted(own[me]))}")
            case "steal":
                answer = world.call("GET", f"/v1/children/{rng.choice(theirs)}")
                assert answer.status_code == 404
            case "break":
                # Fails after rows were written, so the transaction is rolled back.
                body = child_body(world.household(), friends=[rng.choice(theirs)])
                answer = world.call("POST", "/v1/children", json=body)
                assert answer.status_code == 422
            case "patch":
                answer = world.call(
                    "PATCH",
                    f"/v1/children/{rng.choice(theirs)}",
                    json={"given_name": "Mine"},
                    headers={"If-Match": "*"},
                )
                assert answer.status_code == 404
            case _:
                answer = world.call("GET", "/v1/children?cursor=crooked")
        statuses.add(answer.status_code)
        if answer.status_code < 300:
            assert ids_in(answer) <= own[me]

    assert statuses == {200, 201, 404, 422}
    for me, world in enumerate(both):
        assert ids_in(world.call("GET", "/v1/children?limit=200")) == own[me]


def test_sessions_of_two_tenants(both: list[World]) -> None:
    rng = random.Random(20270302)
    own = [{create_child(world)["id"]} for world in both]
    for _ in range(REQUESTS):
        me = rng.randrange(2)
        try:
            with transaction(both[me].sessions, both[me].authority_id) as session:
                seen = {str(child_id) for child_id in session.scalars(select(Child.id))}
                assert seen == own[me]
                if rng.random() < 0.3:
                    session.execute(text("SELECT 1/0"))
                if rng.random() < 0.3:
                    raise KeyError
        except KeyError:
            continue
        except Exception as error:
            if "division by zero" not in str(error):
                raise


def leaked(single: Engine, *, local: bool) -> int:
    """Bind a tenant, end the transaction, and count what the next one sees unbound."""
    bound = sessionmaker(single)
    with bound.begin() as session:
        authority_id = session.scalar(text("SELECT id FROM authorities ORDER BY id DESC LIMIT 1"))
        session.execute(
            text("SELECT set_config('app.authority', :id, :local)"),
            {"id": str(authority_id), "local": local},
        )
    with bound.begin() as session:
        return session.scalar(text("SELECT count(*) FROM entitlement_policies")) or 0


def test_a_tenant_bound_to_the_connection_would_leak(single: Engine, both: list[World]) -> None:
    assert leaked(single, local=True) == 0
    assert leaked(single, local=False) > 0
    with single.begin() as connection:
        connection.execute(text("SELECT set_config('app.authority', '', false)"))


def test_a_foreign_row_cannot_be_written(sessions: sessionmaker[Session], world: World) -> None:
    with (
        sessions(info={"authority_id": world.authority_id}) as session,
        pytest.raises(Exception, match="row-level security"),
    ):
        session.execute(
            text("INSERT INTO households VALUES (:authority, :id, NULL, now())"),
            {"authority": new_id(), "id": new_id()},
        )
