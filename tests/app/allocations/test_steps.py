"""Steps of an allocation out of turn: each is refused by its own name, and does nothing."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.allocations import allocate, publish_offers, read, start, url_of
from tests.support.bookings import slug
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.jobs import work
from tests.support.rounds import CLOSES, SATURDAY, choose, make_round, open_round, wanted
from tests.support.waiting import answer_offer, offers, places_left, work_round
from tests.support.world import World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def lake(world: World) -> str:
    """Make a session with one place."""
    return add_session(world, add_activity(world), SATURDAY, capacity=1)


@pytest.fixture
def round_id(world: World, lake: str) -> str:
    """Publish a round with one place that one child could take."""
    add_child(world)
    return open_round(world)


def close(world: World, round_id: str) -> Any:
    return world.call("POST", f"/v1/rounds/{round_id}/close", headers={"If-Match": "*"})


def move(world: World, round_id: str, **dates: str) -> Any:
    path = f"/v1/rounds/{round_id}"
    return world.call("PATCH", path, json=dates, headers={"If-Match": "*"})


class TestStarting:
    def test_a_draft_has_nothing_to_give_out_by(self, world: World) -> None:
        refused = start(world, make_round(world)["id"])
        assert (refused.status_code, slug(refused)) == (409, "round-not-published")

    def test_of_a_closed_round(self, world: World, round_id: str) -> None:
        publish_offers(world, allocate(world, round_id))
        assert slug(close(world, round_id)) == "round-too-early"
        world.clock.now += timedelta(days=16)
        assert close(world, round_id).status_code == 200

        for form in ({}, {"preview": True}):
            refused = start(world, round_id, **form)
            assert (refused.status_code, slug(refused)) == (409, "allocation-already-published")

    def test_a_deadline_moved_on_stops_the_run_that_had_begun(
        self, world: World, round_id: str
    ) -> None:
        world.clock.now = CLOSES
        job = start(world, round_id).json()
        moved = move(world, round_id, choices_close_at="2027-03-17T23:59:59Z")
        assert (moved.status_code, moved.json()["status"]) == (200, "choices_open")

        done = work(world, job["id"])

        assert (done["status"], done["failure"]) == ("failed", "round-too-early")
        assert read(world, job["result_url"])["items"] == []

    def test_a_list_sent_in_time_that_comes_after_the_run_began(
        self, world: World, round_id: str, lake: str
    ) -> None:
        child = add_child(world)
        world.clock.now = CLOSES
        job = start(world, round_id).json()
        # The service's clock as it was when the family's app sent the list.
        world.clock.now = CLOSES - MINUTE
        world.tokens.clear()
        refused = choose(world, round_id, child, wanted(lake))
        assert (refused.status_code, slug(refused)) == (409, "choices-closed")

        world.clock.now = CLOSES
        assert work(world, job["id"])["status"] == "done"
        # Moved on, the deadline opens the choices at once.
        assert slug(move(world, round_id, choices_close_at="2027-03-17T12:00:00Z")) == (
            "round-date-fixed"
        )

    def test_a_deadline_moved_on_takes_lists_at_once(
        self, world: World, round_id: str, lake: str
    ) -> None:
        child = add_child(world)
        world.clock.now = CLOSES
        job = start(world, round_id).json()
        world.call("POST", f"/v1/jobs/{job['id']}/cancel")
        move(world, round_id, choices_close_at="2027-03-17T23:59:59Z")

        assert choose(world, round_id, child, wanted(lake)).status_code == 200


class TestPublishing:
    @pytest.mark.parametrize(
        ("answer_by", "rule"),
        [("2027-03-17T00:30:00Z", "too_soon"), ("2027-03-31T12:00:01Z", "after_closing")],
    )
    def test_families_answer_within_the_round(
        self, world: World, round_id: str, answer_by: str, rule: str
    ) -> None:
        refused = publish_offers(world, allocate(world, round_id), answer_by=answer_by)

        assert refused.status_code == 422
        assert [(e["field"], e["rule"]) for e in refused.json()["errors"]] == [("answer_by", rule)]
        assert offers(world) == []

    def test_after_the_date_of_the_offers(self, world: World, round_id: str) -> None:
        allocation = allocate(world, round_id)
        world.clock.now += timedelta(days=6)

        refused = publish_offers(world, allocation, answer_by="2027-03-28T12:00:00Z")
        assert (refused.status_code, slug(refused)) == (409, "round-too-late")
        assert move(world, round_id, offers_by="2027-03-24T12:00:00Z").status_code == 200
        again = publish_offers(world, allocation, answer_by="2027-03-28T12:00:00Z")
        assert again.status_code == 200

    @pytest.mark.parametrize("ended", ["cancelled", "failed", "working"])
    def test_of_a_run_that_found_nothing(
        self, world: World, round_id: str, monkeypatch: pytest.MonkeyPatch, ended: str
    ) -> None:
        world.clock.now = CLOSES
        job = start(world, round_id).json()
        if ended == "cancelled":
            world.call("POST", f"/v1/jobs/{job['id']}/cancel")
        elif ended == "failed":
            monkeypatch.setattr("app.allocations.working.run", fail)
            work(world, job["id"])
        run = read(world, job["result_url"])
        assert run["status"] == ended

        refused = publish_offers(world, run)

        assert (refused.status_code, slug(refused)) == (409, "allocation-not-publishable")
        assert refused.json()["facts"]["status"] == ended


def fail(*_: Any) -> None:
    """Find nothing."""
    raise ValueError


class TestClosing:
    def test_what_comes_free_afterwards_is_anybodys(self, world: World, lake: str) -> None:
        for _ in range(2):
            add_child(world)
        round_id = open_round(world)
        allocation = allocate(world, round_id)
        publish_offers(world, allocation, answer_by="2027-03-31T12:00:00Z")
        [offer] = offers(world)
        world.clock.now += timedelta(days=14, hours=12, minutes=1)
        assert close(world, round_id).status_code == 200

        assert slug(answer_offer(world, offer["id"], "accept")) == "offer-expired"
        work_round(world)

        assert offers(world, status="open") == []
        assert places_left(world, lake) == 1

    def test_a_preview_changes_nothing(self, world: World, round_id: str, lake: str) -> None:
        def stored() -> tuple[Any, ...]:
            return (
                world.call("GET", f"/v1/rounds/{round_id}").json(),
                world.call("GET", f"/v1/sessions/{lake}").json(),
                offers(world),
                world.call("GET", "/v1/bookings").json(),
            )

        before = stored()
        preview = allocate(world, round_id, preview=True)

        assert preview["places"] == {"given": 1}
        assert stored() == before
        # And the run that follows is not bound by it.
        assert allocate(world, round_id, seed=8)["status"] == "done"
        assert read(world, url_of(preview))["status"] == "done"
