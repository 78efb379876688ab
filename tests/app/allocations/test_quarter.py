"""What a quarter can hold: nothing at all, clocks put forward, birthdays, children who leave."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.allocations import working
from app.db import transaction
from tests.support.allocations import allocate, given, publish_offers, read, start, url_of
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.jobs import work
from tests.support.races import breaches
from tests.support.rounds import CLOSES, SATURDAY, choose, open_round, wanted
from tests.support.waiting import offers
from tests.support.world import World

# Q1 of the year, before the tests' clock has come to it.
WINTER = {
    "quarter": "2027-Q1",
    "title": "Short breaks, January to March 2027",
    "closes_at": "2027-03-31T12:00:00Z",
}


def erase(world: World, child_id: str) -> None:
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(text("DELETE FROM children WHERE id = :id"), {"id": child_id})


class TestNothing:
    def test_an_empty_catalogue(self, world: World) -> None:
        add_child(world)
        round_id = open_round(world)

        for query in ({"format": "json"}, {"format": "html"}, {"format": "pdf"}):
            assert world.call("GET", f"/v1/rounds/{round_id}/brochure", params=query).is_success
        coverage = world.call("GET", f"/v1/rounds/{round_id}/coverage").json()
        assert (coverage["sessions"], len(coverage["missing"]["weekdays"])) == (0, 7)
        allocation = allocate(world, round_id)

        assert allocation["items"] == []
        published = publish_offers(world, allocation)
        assert (published.status_code, published.json()["places"]) == (200, {})
        assert breaches(world) == []

    def test_everybody_refuses_what_they_have_not_chosen(self, world: World) -> None:
        add_session(world, add_activity(world), SATURDAY, capacity=5)
        children = [add_child(world) for _ in range(2)]
        round_id = open_round(world)
        for child in children:
            answer = choose(world, round_id, child, {"months": [], "fill_in": False})
            assert answer.status_code == 200, answer.text

        assert allocate(world, round_id)["items"] == []

    def test_nobody_has_chosen(self, world: World) -> None:
        add_session(world, add_activity(world), SATURDAY, capacity=5)
        children = [add_child(world) for _ in range(2)]

        assert set(given(allocate(world, open_round(world)))) == set(children)


class TestClocksPutForward:
    def test_a_week_ends_by_the_local_clock(self, world: World) -> None:
        service = {"need": "makaton", "lead_days": 1, "cost_pence": 900, "per_week": 1}
        made = world.call("POST", "/v1/authority/support-services", json=service)
        assert made.status_code == 201
        activity = add_activity(world)
        # Summer time began in the morning of this Sunday: half an hour apart, in two weeks.
        sunday = datetime(2027, 3, 28, 22, 30, tzinfo=UTC)
        half_an_hour = timedelta(minutes=30)
        late, next_week = (
            add_session(world, activity, at, ends_at=at + half_an_hour, capacity=5)
            for at in (sunday, sunday + half_an_hour)
        )
        needs = [{"code": "makaton", "importance": "essential"}]
        children = [add_child(world, needs=needs) for _ in range(3)]
        round_id = open_round(world, **WINTER)

        allocation = allocate(world, round_id)

        assert len(given(allocation)) == 2
        assert set(given(allocation)) < set(children)
        assert set(given(allocation).values()) == {late, next_week}
        assert publish_offers(world, allocation).json()["places"] == {"offered": 2}
        assert breaches(world) == []

    def test_the_quarter_begins_at_local_midnight(self, world: World) -> None:
        activity = add_activity(world)
        add_session(world, activity, datetime(2027, 3, 31, 22, 30, tzinfo=UTC))
        first = add_session(world, activity, datetime(2027, 3, 31, 23, 0, tzinfo=UTC))
        child = add_child(world)

        allocation = allocate(world, open_round(world))

        [place] = allocation["items"]
        assert (place["child_id"], place["session_id"], place["month"]) == (
            child,
            first,
            "2027-04",
        )


class TestBirthday:
    def test_who_turns_nineteen_has_places_until_then(self, world: World) -> None:
        activity = add_activity(world)
        days = [datetime(2027, month, day, 9, tzinfo=UTC) for month, day in ((4, 10), (5, 9))]
        before = [add_session(world, activity, day) for day in days]
        for month, day in ((5, 10), (6, 5)):
            add_session(world, activity, datetime(2027, month, day, 9, tzinfo=UTC))
        child = add_child(world, date_of_birth="2008-05-10")
        round_id = open_round(world)
        refused = choose(world, round_id, child, wanted(*before[1:], month="2027-06"))
        assert refused.status_code == 422

        allocation = allocate(world, round_id)

        assert sorted(one["session_id"] for one in allocation["items"]) == sorted(before)
        assert {one["child_id"] for one in allocation["items"]} == {child}


class TestErased:
    def test_before_the_offers_go_out(self, world: World) -> None:
        lake = add_session(world, add_activity(world), SATURDAY, capacity=2)
        gone, stays = add_child(world), add_child(world)
        round_id = open_round(world)
        for child in (gone, stays):
            choose(world, round_id, child, wanted(lake))
        allocation = allocate(world, round_id)
        erase(world, gone)

        published = publish_offers(world, allocation)

        assert (published.status_code, published.json()["places"]) == (200, {"offered": 1})
        assert [offer["child_id"] for offer in offers(world)] == [stays]
        assert breaches(world) == []

    def test_while_the_run_goes_on(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        add_session(world, add_activity(world), SATURDAY, capacity=2)
        gone, stays = add_child(world), add_child(world)
        round_id = open_round(world)
        world.clock.now = CLOSES
        job = start(world, round_id).json()
        solve = working.run

        def solve_and_erase(*args: Any) -> Any:
            outcome = solve(*args)
            erase(world, gone)
            return outcome

        monkeypatch.setattr(working, "run", solve_and_erase)

        assert work(world, job["id"])["status"] == "done"
        allocation = read(world, job["result_url"])
        assert set(given(allocation)) == {stays}
        assert world.call("GET", f"{url_of(allocation)}/children/{gone}").status_code == 404
        assert breaches(world) == []
