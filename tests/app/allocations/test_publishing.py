"""From an allocation to offers, and what comes free to the next child."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import transaction
from app.verification.service import check_authority
from tests.support.allocations import (
    allocate,
    given,
    publish_offers,
    read,
    start,
    url_of,
)
from tests.support.bookings import slug
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import CLOSES, SATURDAY, choose, open_round, wanted
from tests.support.waiting import answer_offer, offers, places_left, wait_for, work_round
from tests.support.world import World


@pytest.fixture
def scarce(world: World) -> tuple[str, str, list[str]]:
    """Two places that three children want, the round closed to choices."""
    lake = add_session(world, add_activity(world), SATURDAY, capacity=2)
    children = [add_child(world) for _ in range(3)]
    round_id = open_round(world)
    for child in children:
        choose(world, round_id, child, wanted(lake))
    return round_id, lake, children


def broken(world: World) -> list[Any]:
    """List what is wrong in the stored data."""
    with transaction(world.sessions, world.authority_id) as session:
        return [
            str(finding)
            for outcome in check_authority(session, now=world.clock.now)
            for finding in outcome.findings
            if not outcome.check.is_warning
        ]


class TestPublish:
    def test_places_become_offers(self, world: World, scarce: tuple[str, str, list[str]]) -> None:
        round_id, lake, _ = scarce
        allocation = allocate(world, round_id)

        published = publish_offers(world, allocation)

        assert published.status_code == 200, published.text
        assert published.json()["status"] == "published"
        assert published.json()["places"] == {"offered": 2}
        made = offers(world, session_id=lake)
        assert {offer["child_id"] for offer in made} == set(given(allocation))
        assert {(offer["source"], offer["status"]) for offer in made} == {("round", "open")}
        assert {offer["expires_at"] for offer in made} == {"2027-03-20T12:00:00Z"}
        assert places_left(world, lake) == 0
        assert world.call("GET", f"/v1/rounds/{round_id}").json()["status"] == "offers_out"

    def test_twice_is_once(self, world: World, scarce: tuple[str, str, list[str]]) -> None:
        round_id, lake, _ = scarce
        allocation = allocate(world, round_id)
        first, second = (publish_offers(world, allocation) for _ in range(2))

        assert (first.status_code, first.json()) == (second.status_code, second.json())
        assert len(offers(world, session_id=lake)) == 2

    def test_a_preview_has_no_effect(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, lake, _ = scarce
        allocation = allocate(world, round_id, preview=True)

        refused = publish_offers(world, allocation)

        assert (refused.status_code, slug(refused)) == (409, "allocation-not-publishable")
        assert offers(world, session_id=lake) == []
        assert places_left(world, lake) == 2
        assert world.call("GET", f"/v1/rounds/{round_id}").json()["status"] == "choices_open"

    def test_only_one_run_of_a_round(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, _, _ = scarce
        one, other = allocate(world, round_id), allocate(world, round_id, seed=8)
        publish_offers(world, one)

        refused = publish_offers(world, other)
        again = start(world, round_id)

        assert (refused.status_code, slug(refused)) == (409, "allocation-already-published")
        assert (again.status_code, slug(again)) == (409, "allocation-already-published")

    def test_what_no_longer_fits_is_skipped_with_its_reason(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, lake, _ = scarce
        allocation = allocate(world, round_id)
        late = add_child(world)
        body = {"child_id": late, "session_id": lake, "funding": "free"}
        headers = {"Idempotency-Key": "late"}
        assert world.call("POST", "/v1/bookings", json=body, headers=headers).status_code == 201

        published = publish_offers(world, allocation)

        assert published.json()["places"] == {"offered": 1, "skipped": 1}
        items = read(world, url_of(allocation))["items"]
        assert {item["skip_reason"] for item in items} == {None, "full"}
        assert broken(world) == []

    def test_families_need_time_to_answer(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        allocation = allocate(world, scarce[0])
        refused = publish_offers(world, allocation, answer_by=CLOSES.isoformat())
        assert refused.status_code == 422

    def test_support_is_kept_with_the_place(self, world: World) -> None:
        service = {"need": "makaton", "lead_days": 3, "cost_pence": 900, "per_week": 1}
        world.call("POST", "/v1/authority/support-services", json=service)
        activity = add_activity(
            world, offers=[{"need": "hoist", "kind": "limited", "per_session": 1}]
        )
        add_session(world, activity, SATURDAY, capacity=4)
        needs = [{"code": code, "importance": "essential"} for code in ("hoist", "makaton")]
        child = add_child(world, needs=needs)
        allocation = allocate(world, open_round(world))
        publish_offers(world, allocation)

        assert broken(world) == []
        [offer] = offers(world, child_id=child)
        taken = answer_offer(world, offer["id"], "accept")
        assert taken.status_code == 200, taken.text
        assert taken.json()["booking"]["status"] == "held"
        assert [task["need"] for task in taken.json()["booking"]["arrangements"]] == ["makaton"]
        assert broken(world) == []


class TestRefill:
    def test_a_declined_place_goes_to_the_next(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, lake, children = scarce
        allocation = allocate(world, round_id)
        publish_offers(world, allocation)
        [without] = set(children) - set(given(allocation))
        first, second = offers(world, session_id=lake)

        assert answer_offer(world, first["id"], "decline").status_code == 200
        # Nobody else takes it before the round's next child has been asked.
        other = add_child(world)
        body = {"child_id": other, "session_id": lake, "funding": "free"}
        refused = world.call("POST", "/v1/bookings", json=body, headers={"Idempotency-Key": "1"})
        assert slug(refused) == "session-full"
        work_round(world)

        by_status = {o["child_id"]: o["status"] for o in offers(world, session_id=lake)}
        assert by_status == {
            first["child_id"]: "declined",
            second["child_id"]: "open",
            without: "open",
        }
        [filled] = [one for one in read(world, url_of(allocation))["items"] if one["refilled"]]
        assert (filled["child_id"], filled["state"]) == (without, "offered")
        assert broken(world) == []

    def test_an_offer_that_runs_out_goes_on_too(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, lake, children = scarce
        allocation = allocate(world, round_id)
        publish_offers(world, allocation)
        [without] = set(children) - set(given(allocation))
        world.clock.now = datetime(2027, 3, 20, 12, 0, 1, tzinfo=UTC)

        work_round(world)

        made = {o["child_id"]: o["status"] for o in offers(world, session_id=lake)}
        assert made.pop(without) == "open"
        assert set(made.values()) == {"expired"}
        # Nobody of the round is left, so the second place is anybody's.
        assert places_left(world, lake) == 1
        assert broken(world) == []

    def test_the_round_comes_before_the_waiting_list(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, lake, children = scarce
        allocation = allocate(world, round_id)
        publish_offers(world, allocation)
        [without] = set(children) - set(given(allocation))
        waiting = add_child(world)
        wait_for(world, waiting, lake)
        for offer in offers(world, session_id=lake):
            assert answer_offer(world, offer["id"], "decline").status_code == 200

        work_round(world)

        opened = {o["child_id"]: o["source"] for o in offers(world, session_id=lake, status="open")}
        assert opened[without] == "round"
        assert len(opened) == 2

    def test_a_place_the_provider_took_away_leaves_the_child_in_the_round(
        self, world: World
    ) -> None:
        activity = add_activity(world)
        lake, pool = (
            add_session(world, activity, SATURDAY + timedelta(days=days), capacity=1)
            for days in range(2)
        )
        children = [add_child(world) for _ in range(2)]
        round_id = open_round(world)
        for child in children:
            choose(world, round_id, child, wanted(lake, pool))
        allocation = allocate(world, round_id)
        publish_offers(world, allocation)
        at_the_pool = {at: child for child, at in given(allocation).items()}[pool]
        cancelled = world.call(
            *("PATCH", f"/v1/sessions/{lake}"),
            json={"status": "cancelled"},
            headers={"If-Match": "*"},
        )
        assert cancelled.status_code == 200
        work_round(world)
        [left] = offers(world, status="open")
        assert (left["child_id"], left["session_id"]) == (at_the_pool, pool)

        answer_offer(world, left["id"], "decline")
        work_round(world)

        [next_] = offers(world, status="open")
        assert (next_["child_id"], next_["session_id"]) == (
            next(child for child in children if child != at_the_pool),
            pool,
        )
        assert broken(world) == []

    def test_a_second_place_goes_to_who_asked_for_it_when_nobody_else_can_have_it(
        self, world: World
    ) -> None:
        policy = {"starts_on": "2027-03-01", "free_per_month": 2}
        assert world.call("POST", "/v1/authority/policies", json=policy).status_code == 201
        activity = add_activity(world)
        lake, pool = (
            add_session(world, activity, SATURDAY + timedelta(days=days), capacity=1)
            for days in range(2)
        )
        children = [add_child(world) for _ in range(2)]
        round_id = open_round(world)
        for child in children:
            choose(world, round_id, child, wanted(lake, pool))
        publish_offers(world, allocate(world, round_id))
        [first] = offers(world, session_id=lake)

        answer_offer(world, first["id"], "decline")
        work_round(world)

        other = next(child for child in children if child != first["child_id"])
        assert {one["session_id"] for one in offers(world, status="open", child_id=other)} == {
            lake,
            pool,
        }
        assert broken(world) == []

    def test_what_cannot_be_offered_goes_to_the_next(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, lake, children = scarce
        allocation = allocate(world, round_id)
        elsewhere = add_session(world, add_activity(world), SATURDAY + timedelta(days=1))
        booked = next(iter(given(allocation)))
        body = {"child_id": booked, "session_id": elsewhere, "funding": "free"}
        headers = {"Idempotency-Key": "1"}
        assert world.call("POST", "/v1/bookings", json=body, headers=headers).status_code == 201

        published = publish_offers(world, allocation)
        assert published.json()["places"] == {"offered": 1, "skipped": 1}
        work_round(world)

        assert {offer["child_id"] for offer in offers(world, session_id=lake)} == set(children) - {
            booked
        }
        assert broken(world) == []


class TestWhy:
    def test_a_family_sees_its_own_once_offers_are_out(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, _, _ = scarce
        household = world.household()
        mine, foreign = add_child(world, household_id=household), add_child(world)
        allocation = allocate(world, round_id)
        family = world.family_token(household)
        path = f"{url_of(allocation)}/children"

        runs = f"/v1/rounds/{round_id}/allocations"
        assert world.call_with(family, "GET", f"{path}/{mine}").status_code == 404
        assert world.call_with(family, "GET", runs).json()["items"] == []
        publish_offers(world, allocation)
        [seen] = world.call_with(family, "GET", runs).json()["items"]
        assert (seen["id"], seen["seed"]) == (allocation["id"], allocation["seed"])
        # Whose places they are is no family's business.
        assert world.call_with(family, "GET", url_of(allocation)).status_code == 403
        assert world.call_with(family, "GET", f"{path}/{mine}").status_code == 200
        assert world.call_with(family, "GET", f"{path}/{foreign}").status_code == 404

    def test_prices_tell_what_one_more_place_is_worth(
        self, world: World, scarce: tuple[str, str, list[str]]
    ) -> None:
        round_id, lake, _ = scarce
        allocation = allocate(world, round_id)
        found = world.call("GET", f"{url_of(allocation)}/sessions").json()["items"]
        [free] = [row for row in found if row["funding"] == "free"]

        assert (free["session_id"], free["wanted"], free["ranked"], free["given"]) == (
            lake,
            3,
            3,
            2,
        )
        # Somebody has none: one more place is one more child.
        assert free["price"]["placed"] == 1

    def test_equity_counts_add_up(self, world: World, scarce: tuple[str, str, list[str]]) -> None:
        allocation = allocate(world, scarce[0])
        rows = world.call("GET", f"{url_of(allocation)}/equity").json()["rows"]

        april = [row for row in rows if (row["month"], row["funding"]) == ("2027-04", "free")]
        for plan in ("allocation", "first_come", "lottery"):
            for dimension in ("age", "need", "area", "waiting", "setting"):
                of_it = [r for r in april if (r["plan"], r["dimension"]) == (plan, dimension)]
                assert sum(row["placed"] for row in of_it) == 2
                assert sum(row["asked"] for row in of_it) == 3
        assert {row["share_placed"] for row in april if row["dimension"] == "need"} == {0.6667}
