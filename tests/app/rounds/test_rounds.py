"""A round's dates and steps, through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.db import transaction
from app.jobs import announce_choices
from app.outbox.models import Event
from app.rounds.errors import OutOfOrder, TooEarly, TooLate
from app.rounds.models import Round
from app.rounds.service import advance
from tests.support.rounds import CLOSES, OPENS, ROUND, make_round, open_round, publish
from tests.support.world import World

SECOND = timedelta(seconds=1)


def status(world: World, round_id: str) -> str:
    answer = world.call("GET", f"/v1/rounds/{round_id}")
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["status"]
    return found


def patch(world: World, round_id: str, if_match: str = "*", **changes: Any) -> Any:
    return world.call(
        "PATCH", f"/v1/rounds/{round_id}", json=changes, headers={"If-Match": if_match}
    )


def events(world: World, round_id: str) -> list[str]:
    with transaction(world.sessions, world.authority_id) as session:
        found = session.scalars(
            select(Event).where(Event.object_id == UUID(round_id)).order_by(Event.sequence)
        )
        return [event.type for event in found]


def step(world: World, round_id: str, to: str) -> bool:
    with transaction(world.sessions, world.authority_id) as session:
        row = session.scalars(select(Round).where(Round.id == UUID(round_id))).one()
        return advance(session, row, to, now=world.clock.now)


class TestCreate:
    def test_a_round_begins_as_a_draft(self, world: World) -> None:
        made = make_round(world)

        assert made["status"] == "draft"
        assert made["months"] == ["2027-04", "2027-05", "2027-06"]
        assert made["brochure_version"] is None
        assert events(world, made["id"]) == ["round.created"]

    def test_a_quarter_is_also_its_first_month(self, world: World) -> None:
        assert make_round(world, quarter="2027-04")["quarter"] == "2027-Q2"

    @pytest.mark.parametrize("quarter", ["2027-Q5", "2027-05", "2027", "1999-Q1", "2027-Q2 "])
    def test_other_words_are_no_quarter(self, world: World, quarter: str) -> None:
        answer = world.call("POST", "/v1/rounds", json=ROUND | {"quarter": quarter})
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        "changes",
        [
            {"publish_on": "2027-03-03"},
            {"choices_open_at": ROUND["choices_close_at"]},
            {"choices_close_at": ROUND["offers_by"]},
            {"offers_by": "2027-04-01T00:00:00Z"},
            {"offers_by": "2027-07-01T12:00:00Z", "closes_at": "2027-07-02T12:00:00Z"},
        ],
    )
    def test_dates_follow_one_another(self, world: World, changes: dict[str, str]) -> None:
        answer = world.call("POST", "/v1/rounds", json=ROUND | changes)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["rule"] in ("dates_order", "offers_by")

    def test_a_quarter_has_one_round(self, world: World) -> None:
        make_round(world)
        answer = world.call("POST", "/v1/rounds", json=ROUND)
        assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (409, "round-exists")


class TestRead:
    def test_families_see_what_is_published(self, world: World) -> None:
        made = make_round(world)
        family = world.family_token(world.household())
        path = f"/v1/rounds/{made['id']}"

        assert world.call_with(family, "GET", path).status_code == 404
        assert world.call_with(family, "GET", "/v1/rounds").json()["items"] == []
        publish(world, made["id"])
        assert world.call_with(family, "GET", path).json()["status"] == "published"
        [listed] = world.call_with(family, "GET", "/v1/rounds").json()["items"]
        assert listed["id"] == made["id"]

    def test_another_authority_sees_nothing(self, world: World, other_world: World) -> None:
        made = make_round(world)
        assert other_world.call("GET", f"/v1/rounds/{made['id']}").status_code == 404


class TestStatus:
    def test_choices_open_and_close_at_the_second(self, world: World) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        for moment, expected in (
            (OPENS - SECOND, "published"),
            (OPENS, "choices_open"),
            (CLOSES - SECOND, "choices_open"),
            (CLOSES, "choices_closed"),
        ):
            world.clock.now = moment
            assert status(world, round_id) == expected

    def test_a_draft_opens_nothing(self, world: World) -> None:
        round_id = make_round(world)["id"]
        world.clock.now = OPENS
        assert status(world, round_id) == "draft"

    def test_the_job_tells_of_it_once(self, world: World, sessions: sessionmaker[Session]) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        for moment in (OPENS - SECOND, OPENS, OPENS, CLOSES, CLOSES):
            world.clock.now = moment
            announce_choices(sessions, world.clock)

        assert events(world, round_id)[2:] == ["round.choices_open", "round.choices_closed"]

    def test_a_job_that_slept_tells_of_both(
        self, world: World, sessions: sessionmaker[Session]
    ) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        world.clock.now = CLOSES
        announce_choices(sessions, world.clock)

        assert events(world, round_id)[2:] == ["round.choices_open", "round.choices_closed"]

    def test_a_deadline_moved_on_opens_choices_again(
        self, world: World, sessions: sessionmaker[Session]
    ) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        world.clock.now = CLOSES
        announce_choices(sessions, world.clock)
        assert patch(world, round_id, choices_close_at="2027-03-20T12:00:00Z").status_code == 200
        announce_choices(sessions, world.clock)

        assert status(world, round_id) == "choices_open"
        assert events(world, round_id)[-1] == "round.choices_open"


class TestPublish:
    def test_not_before_its_day(self, world: World) -> None:
        made = make_round(world, publish_on="2027-03-02")
        path = f"/v1/rounds/{made['id']}/publish"
        # Midnight in London, which is midnight in winter.
        world.clock.now = datetime(2027, 3, 1, 23, 59, 59, tzinfo=UTC)
        answer = world.call("POST", path, headers={"If-Match": "*"})
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("round-too-early")
        assert answer.json()["facts"]["not_before"] == "2027-03-02T00:00:00+00:00"
        world.clock.now += SECOND
        assert world.call("POST", path, headers={"If-Match": "*"}).status_code == 200

    def test_not_after_the_choices_would_have_closed(self, world: World) -> None:
        made = make_round(world)
        world.clock.now = CLOSES
        answer = world.call("POST", f"/v1/rounds/{made['id']}/publish", headers={"If-Match": "*"})
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("round-too-late")

    def test_a_second_time_changes_nothing(self, world: World) -> None:
        made = make_round(world)
        path = f"/v1/rounds/{made['id']}/publish"
        first = world.call("POST", path, headers={"If-Match": '"1"'})
        # Its ETag is the old one, as when the first answer was lost.
        second = world.call("POST", path, headers={"If-Match": '"1"'})

        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json() == second.json()
        assert first.json()["brochure_version"] == 1
        assert events(world, made["id"]) == ["round.created", "round.published"]

    def test_insists_on_the_version_that_was_read(self, world: World) -> None:
        path = f"/v1/rounds/{make_round(world)['id']}/publish"
        assert world.call("POST", path).status_code == 428
        assert world.call("POST", path, headers={"If-Match": '"7"'}).status_code == 412


class TestUpdate:
    def test_a_draft_can_be_changed_as_a_whole(self, world: World) -> None:
        made = make_round(world)
        answer = patch(world, made["id"], '"1"', quarter="2027-Q3", title="Summer")

        assert answer.status_code == 200
        assert answer.json()["months"] == ["2027-07", "2027-08", "2027-09"]
        assert answer.headers["ETag"] == '"2"'
        assert patch(world, made["id"], '"1"', title="Late").status_code == 412

    @pytest.mark.parametrize(
        ("at", "field", "value"),
        [
            (OPENS - SECOND, "quarter", "2027-Q3"),
            (OPENS - SECOND, "publish_on", "2027-02-28"),
            (OPENS, "choices_open_at", "2027-03-03T09:00:00Z"),
        ],
    )
    def test_what_has_had_its_effect_stays(
        self, world: World, at: datetime, field: str, value: str
    ) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        world.clock.now = at
        answer = patch(world, round_id, **{field: value})
        assert answer.status_code == 409
        assert answer.json()["facts"]["field"] == field

    def test_a_deadline_does_not_move_into_the_past(self, world: World) -> None:
        round_id = open_round(world)
        answer = patch(world, round_id, choices_close_at="2027-03-02T09:00:30Z")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["rule"] == "in_the_past"

    def test_dates_stay_in_order(self, world: World) -> None:
        round_id = open_round(world)
        answer = patch(world, round_id, choices_close_at="2027-03-23T00:00:00Z")
        assert answer.json()["errors"][0]["rule"] == "dates_order"

    def test_another_rounds_quarter_is_taken(self, world: World) -> None:
        make_round(world)
        other = make_round(world, quarter="2027-Q3")
        assert patch(world, other["id"], quarter="2027-Q2").status_code == 409


class TestSteps:
    def test_one_after_the_other_and_in_time(self, world: World) -> None:
        round_id = open_round(world)
        close = f"/v1/rounds/{round_id}/close"
        with pytest.raises(TooEarly):
            step(world, round_id, "allocated")
        with pytest.raises(OutOfOrder):
            step(world, round_id, "offers_out")
        world.clock.now = CLOSES
        assert step(world, round_id, "allocated")
        assert not step(world, round_id, "allocated")
        assert status(world, round_id) == "allocated"
        assert patch(world, round_id, choices_close_at="2027-03-20T00:00:00Z").status_code == 409
        world.clock.now = datetime(2027, 3, 22, 12, 0, tzinfo=UTC)
        with pytest.raises(TooLate):
            step(world, round_id, "offers_out")
        world.clock.now -= SECOND
        assert step(world, round_id, "offers_out")
        assert world.call("POST", close, headers={"If-Match": "*"}).status_code == 409
        world.clock.now = datetime(2027, 3, 31, 12, 0, tzinfo=UTC)
        closed = world.call("POST", close, headers={"If-Match": "*"})
        assert closed.json()["status"] == "closed"
        assert world.call("POST", close, headers={"If-Match": '"1"'}).json() == closed.json()
        assert events(world, round_id)[-3:] == [
            "round.allocated",
            "round.offers_out",
            "round.closed",
        ]

    def test_a_draft_cannot_be_closed(self, world: World) -> None:
        made = make_round(world)
        answer = world.call("POST", f"/v1/rounds/{made['id']}/close", headers={"If-Match": "*"})
        assert answer.json()["type"].endswith("round-out-of-order")
        assert answer.json()["facts"]["status"] == "draft"
