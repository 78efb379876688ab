"""Jobs: how far they are, stopped, and taken up again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import matching
from app.allocations import working
from tests.support.allocations import read, start
from tests.support.bookings import slug
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.jobs import work
from tests.support.rounds import SATURDAY, open_round
from tests.support.world import World


@pytest.fixture
def round_id(world: World) -> str:
    """Publish a round with two places that three children could take."""
    add_session(world, add_activity(world), SATURDAY, capacity=2)
    for _ in range(3):
        add_child(world)
    return open_round(world)


class TestJobs:
    def test_a_job_tells_how_far_it_is(self, world: World, round_id: str) -> None:
        started = start(world, round_id, preview=True)
        job = started.json()
        assert started.headers["Location"] == f"/v1/jobs/{job['id']}"
        assert (job["status"], job["progress"]["done"]) == ("queued", 0)

        done = work(world, job["id"])

        assert done["progress"]["done"] == done["progress"]["total"] > 9
        events = world.call("GET", f"/v1/jobs/{job['id']}/events")
        assert events.headers["content-type"].startswith("text/event-stream")
        assert events.text.count("event: progress") == 1
        assert '"status":"done"' in events.text

    def test_a_queued_job_is_cancelled_at_once(self, world: World, round_id: str) -> None:
        job = start(world, round_id, preview=True).json()
        path = f"/v1/jobs/{job['id']}/cancel"
        first, second = world.call("POST", path), world.call("POST", path)
        assert (first.json()["status"], second.json()["status"]) == ("cancelled", "cancelled")

        assert work(world, job["id"])["status"] == "cancelled"
        assert read(world, job["result_url"])["status"] == "cancelled"

    def test_only_before_the_choices_have_closed_a_preview(
        self, world: World, round_id: str
    ) -> None:
        refused = start(world, round_id)
        assert (refused.status_code, slug(refused)) == (409, "choices-still-open")

    def test_another_client_does_not_see_it(
        self, world: World, other_world: World, round_id: str
    ) -> None:
        job = start(world, round_id, preview=True).json()
        for path in (f"/v1/jobs/{job['id']}", job["result_url"]):
            assert other_world.call("GET", path).status_code == 404


class TestResuming:
    def test_a_killed_workers_job_is_taken_up_again(
        self, world: World, round_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = start(world, round_id, preview=True).json()

        def killed(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(working, "run", killed)
            with pytest.raises(KeyboardInterrupt):
                work(world, job["id"])
        # Its claim stands for as long as it may only be slow.
        assert work(world, job["id"])["status"] == "running"
        world.clock.now += timedelta(minutes=6)

        assert work(world, job["id"])["status"] == "done"
        assert len(read(world, job["result_url"])["items"]) == 2

    def test_a_running_job_stops_before_its_next_stage(
        self, world: World, round_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = start(world, round_id, preview=True).json()
        solve = working.run

        def run_and_cancel(*args: Any) -> Any:
            answer = world.call("POST", f"/v1/jobs/{job['id']}/cancel")
            assert answer.json()["status"] == "cancelling"
            return solve(*args)

        monkeypatch.setattr(working, "run", run_and_cancel)

        assert work(world, job["id"])["status"] == "cancelled"
        assert read(world, job["result_url"])["items"] == []

    def test_what_the_checker_does_not_accept_is_not_kept(
        self, world: World, round_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = matching.allocate

        def oversell(problem: Any, **options: Any) -> Any:
            return real(replace(problem, capacity=problem.capacity + 1), **options)

        job = start(world, round_id, preview=True).json()
        monkeypatch.setattr(matching, "allocate", oversell)

        after = work(world, job["id"])

        assert (after["status"], after["failure"]) == ("failed", "not_proved")
        assert read(world, job["result_url"])["items"] == []
