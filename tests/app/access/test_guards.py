"""The caller and the session of a request."""

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from app import api
from app.access.guards import SessionDep, check_routes
from app.access.tokens import Tokens
from app.main import create_app
from tests.support.world import World


class TestGetSession:
    @pytest.mark.parametrize("path", ["/v1/children", "/v1/authority"])
    def test_one_request_is_one_transaction(self, world: World, path: str) -> None:
        world.call("GET", path)
        begun = []
        event.listen(world.sessions, "after_begin", listener := lambda *_: begun.append(1))
        answer = world.call("GET", path)
        event.remove(world.sessions, "after_begin", listener)

        assert answer.status_code == 200
        assert len(begun) == 1


class TestCheckRoutes:
    def test_passes_the_service(self, application: FastAPI) -> None:
        check_routes(application)

    def test_stops_a_route_without_a_scope(
        self, sessions: sessionmaker[Session], tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unguarded = APIRouter(prefix="/v1")

        @unguarded.get("/open")
        def read(session: SessionDep) -> str:
            return "anybody"

        monkeypatch.setattr(api, "v1", unguarded)

        with pytest.raises(RuntimeError, match="GET /v1/open names no scope"):
            create_app(sessions, tokens)
