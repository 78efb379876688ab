"""Wishes corrected, closed, taken up again, met by word; and recorded once, however often sent."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any, ClassVar

import pytest

from app.access.scopes import ClientKind
from tests.support.bookings import slug
from tests.support.catalogue import add_child
from tests.support.races import breaches
from tests.support.wishing import change_wish, read_wish, record_wish
from tests.support.world import World

CLOSED = {"status": "closed", "reason": "plays the guitar instead"}
MET = {"status": "met", "reason": "has joined the main club by himself"}


class TestChanges:
    def test_other_words_name_other_concepts(self, world: World) -> None:
        wish_id = record_wish(world, add_child(world))

        answer = change_wish(world, wish_id, text="go swimming", voice="parent")

        wish = answer.json()
        assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
        assert (wish["text"], wish["voice"]) == ("go swimming", "parent")
        assert "swimming" in wish["concepts"]
        assert "angling" not in wish["concepts"]
        assert wish == read_wish(world, wish_id)

    @pytest.mark.parametrize(("patch", "met_by"), [(CLOSED, None), (MET, "word")])
    def test_ends_and_is_taken_up_again(
        self, world: World, patch: dict[str, str], met_by: str | None
    ) -> None:
        wish_id = record_wish(world, add_child(world))
        before = read_wish(world, wish_id)
        world.clock.now += timedelta(minutes=5)

        ended = change_wish(world, wish_id, **patch).json()

        assert (ended["status"], ended["reason"]) == (patch["status"], patch["reason"])
        assert (ended["met_by"], ended["met_booking_id"]) == (met_by, None)
        assert ended["ended_at"] == "2027-03-01T12:05:00Z"
        other = change_wish(world, wish_id, reason="because of the noise").json()
        assert other == {**ended, "reason": "because of the noise"}
        assert change_wish(world, wish_id, status="open").json() == before
        assert breaches(world) == []

    @pytest.mark.parametrize(
        ("first", "patch", "status", "told"),
        [
            ({}, {"status": "closed"}, 422, ("reason", "required")),
            ({}, {"status": "met"}, 422, ("reason", "required")),
            ({}, {"reason": "why not"}, 422, ("reason", "not_for_status")),
            (CLOSED, {"status": "open", "reason": "why"}, 422, ("reason", "not_for_status")),
            (CLOSED, {"reason": None}, 422, ("reason", "required")),
            (CLOSED, {"text": "go swimming"}, 409, "wish-not-open"),
            (CLOSED, MET, 409, "wish-not-open"),
            (MET, CLOSED, 409, "wish-not-open"),
            ({}, {"text": None}, 422, ("text", "missing")),
            ({}, {"status": "won"}, 422, ("status", "literal_error")),
            ({}, {"met_by": "attendance"}, 422, ("met_by", "extra_forbidden")),
            ({}, {"child_id": None}, 422, ("child_id", "extra_forbidden")),
        ],
    )
    def test_refusals(
        self, world: World, first: dict[str, str], patch: dict[str, Any], status: int, told: Any
    ) -> None:
        wish_id = record_wish(world, add_child(world))
        if first:
            assert change_wish(world, wish_id, **first).status_code == 200
        before = read_wish(world, wish_id)

        refused = change_wish(world, wish_id, **patch)

        assert refused.status_code == status, refused.text
        if status == 409:
            assert slug(refused) == told
        else:
            [problem] = refused.json()["errors"]
            assert (problem["field"], problem["rule"]) == told
        assert read_wish(world, wish_id) == before

    def test_needs_the_newest_version(self, world: World) -> None:
        path = f"/v1/wishes/{record_wish(world, add_child(world))}"

        assert world.call("PATCH", path, json=CLOSED).status_code == 428
        stale = world.call("PATCH", path, json=CLOSED, headers={"If-Match": '"2"'})
        assert stale.status_code == 412

    def test_a_family_closes_its_own_and_calls_none_met(self, world: World) -> None:
        household_id = world.household()
        own = record_wish(world, add_child(world, household_id=household_id))
        other = record_wish(world, add_child(world))
        family = world.family_token(household_id)

        assert change_wish(world, own, token=family, **MET).status_code == 403
        assert change_wish(world, own, token=family, **CLOSED).json()["status"] == "closed"
        assert change_wish(world, own, token=family, status="open").json()["status"] == "open"
        assert change_wish(world, other, token=family, **CLOSED).status_code == 404

    def test_many_changes_at_once_are_told_one_by_one(self, world: World) -> None:
        wish_id = record_wish(world, add_child(world))
        world.token(ClientKind.BROKER)
        together, answers = Barrier(6), []

        def change(n: int) -> None:
            together.wait()
            answers.append(change_wish(world, wish_id, text=f"go fishing {n}").status_code)

        threads = [Thread(target=change, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert answers == [200] * 6
        assert world.call("GET", f"/v1/wishes/{wish_id}").headers["ETag"] == '"7"'
        assert breaches(world) == []


class TestSentAgain:
    KEY: ClassVar = {"Idempotency-Key": "one wish"}

    def test_is_recorded_once(self, world: World) -> None:
        child_id = add_child(world)
        first = record_wish(world, child_id, headers=self.KEY)
        change_wish(world, first, text="go swimming")

        again = record_wish(world, child_id, headers=self.KEY)

        assert again == first
        assert len(world.call("GET", "/v1/wishes").json()["items"]) == 1
        assert record_wish(world, child_id) != first
        assert record_wish(world, child_id, headers={"Idempotency-Key": "two"}) != first

    def test_another_request_under_the_key(self, world: World) -> None:
        child_id = add_child(world)
        record_wish(world, child_id, headers=self.KEY)
        body = {"child_id": child_id, "text": "go swimming", "voice": "child"}

        refused = world.call("POST", "/v1/wishes", json=body, headers=self.KEY)

        assert (refused.status_code, slug(refused)) == (422, "idempotency-key-reused")

    def test_keys_belong_to_who_sends_them(self, world: World) -> None:
        household_id = world.household()
        child_id = add_child(world, household_id=household_id)
        record_wish(world, child_id, headers=self.KEY)
        family = world.family_token(household_id)
        body = {"child_id": child_id, "text": "go swimming", "voice": "child"}

        mine = world.call_with(family, "POST", "/v1/wishes", json=body, headers=self.KEY)

        assert mine.status_code == 201
        assert mine.json()["text"] == "go swimming"

    def test_at_once(self, world: World) -> None:
        child_id = add_child(world)
        world.token(ClientKind.BROKER)
        together, ids = Barrier(6), []

        def send() -> None:
            together.wait()
            ids.append(record_wish(world, child_id, headers=self.KEY))

        threads = [Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(ids) == 6
        assert len(set(ids)) == 1


def test_a_child_has_fifty_open_wishes_at_most(world: World) -> None:
    child_id = add_child(world)
    wishes = [record_wish(world, child_id, f"wish {n}") for n in range(50)]
    body = {"child_id": child_id, "text": "one more", "voice": "child"}

    refused = world.call("POST", "/v1/wishes", json=body)

    assert refused.json()["errors"][0]["rule"] == "too_many"
    change_wish(world, wishes[0], **CLOSED)
    assert world.call("POST", "/v1/wishes", json=body).status_code == 201
    assert change_wish(world, wishes[0], status="open").status_code == 422
