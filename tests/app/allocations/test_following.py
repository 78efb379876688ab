"""Jobs over real HTTP: followed as they go, and stopped on the way."""

import json
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.access.scopes import ClientKind
from app.access.tokens import Tokens
from app.allocations import working
from app.engine.warm import WarmCatalogues
from app.kinds_of_work import KINDS
from app.main import create_app
from app.work.working import work_on_job
from tests.support.allocations import read, start
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.clock import SetClock
from tests.support.live_server import serve
from tests.support.rounds import SATURDAY, open_round
from tests.support.world import World, make_world

PATIENCE_S = 20
HALF_WAY = "judging 2027-05"


@pytest.fixture(scope="module")
def live(
    sessions: sessionmaker[Session], tokens: Tokens, shared_clock: SetClock
) -> Iterator[httpx.Client]:
    """Serve for this module, on a port of its own."""
    with serve(create_app(sessions, tokens, clock=shared_clock)) as client:
        yield client


@pytest.fixture
def world(live: httpx.Client, sessions: sessionmaker[Session], clock: SetClock) -> World:
    """Make an authority whose clients come over the network."""
    return make_world(live, sessions, clock)


@pytest.fixture
def job(world: World) -> dict[str, Any]:
    """Start a preview of a small round."""
    add_session(world, add_activity(world), SATURDAY, capacity=1)
    add_child(world)
    body: dict[str, Any] = start(world, open_round(world), preview=True).json()
    return body


def worker(world: World, job: dict[str, Any]) -> Thread:
    """Start a worker on the job."""
    ids = world.authority_id, UUID(job["id"])
    args = (world.sessions, world.clock, WarmCatalogues(), KINDS, *ids)
    thread = Thread(target=work_on_job, args=args)
    thread.start()
    return thread


def follow(world: World, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read the job's events until the stream ends."""
    headers = {"Authorization": f"Bearer {world.token(ClientKind.BROKER)}"}
    path = f"/v1/jobs/{job['id']}/events"
    client: Any = world.http
    with client.stream("GET", path, headers=headers) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


class TestFollowing:
    def test_tells_of_each_change_until_the_end(
        self, world: World, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen, run = Event(), working.run

        def run_once_seen(inputs: Any, warm: Any, seed: int, step: Any) -> Any:
            def step_and_wait(stage: str) -> None:
                step(stage)
                if stage == HALF_WAY:
                    assert seen.wait(timeout=PATIENCE_S)

            return run(inputs, warm, seed, step_and_wait)

        monkeypatch.setattr(working, "run", run_once_seen)
        events = follow(world, job)
        first = next(events)
        thread = worker(world, job)
        told = [first]
        for event in events:
            told.append(event)
            if event["progress"]["stage"] == HALF_WAY:
                seen.set()
        thread.join(timeout=PATIENCE_S)

        assert (first["status"], told[-1]["status"]) == ("queued", "done")
        assert HALF_WAY in [event["progress"]["stage"] for event in told]
        done = [event["progress"]["done"] for event in told]
        assert done == sorted(done)
        assert all(event["progress"]["done"] <= event["progress"]["total"] for event in told)

    def test_stops_a_run_on_its_way(
        self, world: World, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, stopped, run = Event(), Event(), working.run

        def run_until_stopped(*args: Any) -> Any:
            begun.set()
            assert stopped.wait(timeout=PATIENCE_S)
            return run(*args)

        monkeypatch.setattr(working, "run", run_until_stopped)
        thread = worker(world, job)
        assert begun.wait(timeout=PATIENCE_S)
        answer = world.call("POST", f"/v1/jobs/{job['id']}/cancel")
        assert answer.json()["status"] == "cancelling"
        stopped.set()

        told = list(follow(world, job))
        thread.join(timeout=PATIENCE_S)

        assert told[-1]["status"] == "cancelled"
        assert read(world, job["result_url"])["items"] == []
        refused = world.call("POST", f"/v1/jobs/{job['id']}/cancel")
        assert (refused.status_code, refused.json()["status"]) == (200, "cancelled")
