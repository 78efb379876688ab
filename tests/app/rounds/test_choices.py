"""Families' choices: ranked, changeable until the deadline, held to the rules of a booking."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.models import AuditEntry
from app.children.models import Child
from app.db import transaction
from app.ids import new_id
from app.outbox.models import Event
from app.rounds.models import Choice
from tests.support.bookings import book
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import (
    CLOSES,
    OPENS,
    SATURDAY,
    choose,
    make_round,
    open_round,
    publish,
    wanted,
)
from tests.support.world import World

SECOND = timedelta(seconds=1)


def slug(answer: Any) -> str:
    found: str = answer.json()["type"].split("/")[-1]
    return found


def read(world: World, round_id: str, child_id: str, token: str | None = None) -> Any:
    path = f"/v1/rounds/{round_id}/choices/{child_id}"
    return world.call("GET", path) if token is None else world.call_with(token, "GET", path)


@pytest.fixture
def round_id(world: World) -> str:
    return open_round(world)


@pytest.fixture
def child_id(world: World) -> str:
    return add_child(world)


@pytest.fixture
def activity(world: World) -> UUID:
    return add_activity(world)


class TestPut:
    def test_a_list_keeps_its_order(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        april = [add_session(world, activity, SATURDAY + timedelta(days=7 * n)) for n in range(3)]
        may = add_session(world, activity, SATURDAY + timedelta(days=35))
        body = {
            "fill_in": False,
            "months": [
                {"month": "2027-05", "choices": [{"session_id": may, "funding": "contributory"}]},
                wanted(april[2], april[0], april[1])["months"][0],
            ],
        }
        answer = choose(world, round_id, child_id, body)

        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] == '"1"'
        shown = answer.json()
        assert shown["fill_in"] is False
        assert [month["month"] for month in shown["months"]] == ["2027-04", "2027-05"]
        assert [(one["rank"], one["session_id"]) for one in shown["months"][0]["choices"]] == [
            (1, april[2]),
            (2, april[0]),
            (3, april[1]),
        ]
        stored = read(world, round_id, child_id)
        assert stored.json() == shown
        assert stored.headers["ETag"] == '"1"'

    def test_nothing_is_chosen_at_first(self, world: World, round_id: str, child_id: str) -> None:
        answer = read(world, round_id, child_id)
        assert answer.json()["months"] == []
        assert answer.json()["fill_in"] is True
        assert answer.json()["updated_at"] is None
        assert answer.headers["ETag"] == '"0"'
        assert choose(world, round_id, child_id, {"months": []}, if_match='"0"').status_code == 200

    def test_a_change_names_the_version_it_was_made_from(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        session = add_session(world, activity, SATURDAY)
        assert choose(world, round_id, child_id, wanted(session)).status_code == 200
        assert choose(world, round_id, child_id, {"months": []}).status_code == 428
        stale = choose(world, round_id, child_id, {"months": []}, if_match='"0"')
        assert stale.status_code == 412
        changed = choose(world, round_id, child_id, {"months": []}, if_match='"1"')
        assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')

    def test_the_same_again_changes_nothing(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        body = wanted(add_session(world, activity, SATURDAY))
        first = choose(world, round_id, child_id, body)
        world.clock.now += SECOND
        for if_match in (None, '"0"', '"1"'):
            again = choose(world, round_id, child_id, body, if_match=if_match)
            assert again.status_code == 200
            assert again.json() == first.json()
            assert again.headers["ETag"] == '"1"'

    def test_two_at_once_follow_one_another(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        sessions = [add_session(world, activity, SATURDAY + timedelta(days=n)) for n in range(6)]
        answers: list[int] = []

        def send(session_id: str) -> None:
            answers.append(choose(world, round_id, child_id, wanted(session_id)).status_code)

        threads = [Thread(target=send, args=(one,)) for one in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(answers) == [200] + [428] * 5
        assert len(read(world, round_id, child_id).json()["months"][0]["choices"]) == 1

    def test_it_is_written_down_by_ids_alone(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        session_id = add_session(world, activity, SATURDAY)
        choose(world, round_id, child_id, wanted(session_id))
        read(world, round_id, child_id)
        with transaction(world.sessions, world.authority_id) as session:
            mine = select(Event).where(Event.child_id == UUID(child_id))
            event = session.scalars(mine.where(Event.type == "choices.changed")).one()
            looks = session.scalars(
                select(AuditEntry.action).where(
                    AuditEntry.child_id == UUID(child_id), AuditEntry.action.like("choice.%")
                )
            ).all()
        assert event.sequence == 1
        assert sorted(looks) == ["choice.change", "choice.read"]


class TestDeadline:
    @pytest.mark.parametrize(
        ("moment", "expected"),
        [
            (OPENS - SECOND, "choices-not-open"),
            (OPENS, None),
            (CLOSES - SECOND, None),
            (CLOSES, "choices-closed"),
        ],
    )
    def test_holds_at_the_second(
        self, world: World, child_id: str, moment: Any, expected: str | None
    ) -> None:
        round_id = publish(world, make_round(world)["id"])["id"]
        world.clock.now = moment
        answer = choose(world, round_id, child_id, {"months": []})
        if expected is None:
            assert answer.status_code == 200
        else:
            assert (answer.status_code, slug(answer)) == (409, expected)

    def test_says_when_it_was(self, world: World, round_id: str, child_id: str) -> None:
        world.clock.now = CLOSES
        answer = choose(world, round_id, child_id, {"months": []})
        assert answer.json()["facts"]["deadline"] == CLOSES.isoformat()

    def test_what_was_chosen_stays_readable(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        body = wanted(add_session(world, activity, SATURDAY))
        chosen = choose(world, round_id, child_id, body).json()
        world.clock.now = CLOSES + timedelta(days=300)
        assert read(world, round_id, child_id).json() == chosen


class TestRules:
    def refused(self, world: World, round_id: str, child_id: str, *ids: str) -> Any:
        answer = choose(world, round_id, child_id, wanted(*ids))
        assert answer.status_code in (409, 422), answer.text
        assert read(world, round_id, child_id).headers["ETag"] == '"0"'
        return answer

    def test_a_full_session_may_be_chosen(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        session_id = add_session(world, activity, SATURDAY, capacity=1)
        assert book(world, add_child(world), session_id).status_code == 201
        assert choose(world, round_id, child_id, wanted(session_id)).status_code == 200

    def test_support_that_others_have_taken_may_come_free(
        self, world: World, round_id: str
    ) -> None:
        needs = {"needs": [{"code": "hoist", "importance": "essential"}]}
        offer = {"need": "hoist", "kind": "limited", "per_session": 1}
        session_id = add_session(world, add_activity(world, offers=[offer]), SATURDAY)
        assert book(world, add_child(world, **needs), session_id).status_code == 201
        child_id = add_child(world, **needs)
        assert slug(book(world, child_id, session_id)) == "support-unavailable"
        assert choose(world, round_id, child_id, wanted(session_id)).status_code == 200

    def test_the_activity_is_for_other_ages(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        fine = add_session(world, activity, SATURDAY)
        older = add_session(world, add_activity(world, min_age=14), SATURDAY + timedelta(days=1))
        answer = self.refused(world, round_id, child_id, fine, older)
        assert slug(answer) == "not-eligible"
        assert answer.json()["facts"]["session_id"] == older
        assert answer.json()["facts"]["reasons"][0]["reason"] == "age"

    def test_the_authority_serves_other_ages(
        self, world: World, round_id: str, activity: UUID
    ) -> None:
        grown = add_child(world, date_of_birth="2008-04-03")
        answer = self.refused(world, round_id, grown, add_session(world, activity, SATURDAY))
        assert slug(answer) == "policy-age"

    def test_the_support_is_not_to_be_had(
        self, world: World, round_id: str, activity: UUID
    ) -> None:
        child_id = add_child(world, needs=[{"code": "nurse", "importance": "essential"}])
        answer = self.refused(world, round_id, child_id, add_session(world, activity, SATURDAY))
        assert slug(answer) == "support-unavailable"

    def test_a_cancelled_session(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        session_id = add_session(world, activity, SATURDAY, status="cancelled")
        answer = self.refused(world, round_id, child_id, session_id)
        assert slug(answer) == "session-cancelled"

    def test_a_place_that_the_child_has(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        session_id = add_session(world, activity, SATURDAY)
        assert book(world, child_id, session_id).status_code == 201
        same = add_session(world, add_activity(world), SATURDAY)
        assert slug(self.refused(world, round_id, child_id, session_id)) == "already-booked"
        assert slug(self.refused(world, round_id, child_id, same)) == "session-overlap"

    def rule(self, answer: Any) -> tuple[str, str]:
        [problem] = answer.json()["errors"]
        return problem["field"], problem["rule"]

    def test_a_session_outside_the_quarter(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        # Summer time: the quarter begins at eleven in the evening by Greenwich.
        begins = datetime(2027, 3, 31, 23, 0, tzinfo=UTC)
        march = add_session(world, activity, begins - timedelta(minutes=1))
        answer = self.refused(world, round_id, child_id, march)
        field = "months.0.choices.0.session_id"
        assert self.rule(answer) == (field, "outside_quarter")
        april = add_session(world, activity, begins)
        assert choose(world, round_id, child_id, wanted(april)).status_code == 200

    def test_a_session_of_another_month(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        may = add_session(world, activity, SATURDAY + timedelta(days=35))
        answer = self.refused(world, round_id, child_id, may)
        assert self.rule(answer)[1] == "other_month"

    def test_a_month_outside_the_quarter(self, world: World, round_id: str, child_id: str) -> None:
        body = {"months": [{"month": "2027-07", "choices": []}]}
        answer = choose(world, round_id, child_id, body)
        assert self.rule(answer) == ("months.0.month", "outside_quarter")

    def test_a_session_that_is_not_there(
        self, world: World, other_world: World, round_id: str, child_id: str
    ) -> None:
        elsewhere = add_session(other_world, add_activity(other_world), SATURDAY)
        for session_id in (str(new_id()), elsewhere):
            answer = self.refused(world, round_id, child_id, session_id)
            assert self.rule(answer)[1] == "not_found"

    def test_a_funding_that_is_not_offered(
        self, world: World, round_id: str, child_id: str
    ) -> None:
        session_id = add_session(world, add_activity(world, funding=["contributory"]), SATURDAY)
        answer = self.refused(world, round_id, child_id, session_id)
        assert self.rule(answer) == ("months.0.choices.0.funding", "funding_not_offered")

    def test_a_session_twice(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        session_id = add_session(world, activity, SATURDAY)
        answer = self.refused(world, round_id, child_id, session_id, session_id)
        assert answer.json()["errors"][0]["rule"] == "repeated"


class TestSiblings:
    def test_go_together_once_both_say_so(self, world: World, round_id: str) -> None:
        household = world.household()
        one, other = (add_child(world, household_id=household) for _ in range(2))
        session_id = add_session(world, add_activity(world), SATURDAY)

        def link(child: str, sibling: str) -> Any:
            body = wanted(session_id)
            body["months"][0]["choices"][0]["siblings_together"] = [sibling]
            answer = choose(world, round_id, child, body)
            assert answer.status_code == 200, answer.text
            return answer.json()["months"][0]["choices"][0]

        assert link(one, other)["siblings_missing"] == [other]
        assert link(other, one)["siblings_missing"] == []
        [choice] = read(world, round_id, one).json()["months"][0]["choices"]
        assert (choice["siblings_together"], choice["siblings_missing"]) == ([other], [])

    def test_are_of_one_household(self, world: World, round_id: str, child_id: str) -> None:
        session_id = add_session(world, add_activity(world), SATURDAY)
        for stranger in (add_child(world), str(new_id()), child_id):
            body = wanted(session_id)
            body["months"][0]["choices"][0]["siblings_together"] = [stranger]
            answer = choose(world, round_id, child_id, body)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["rule"] == "not_a_sibling"


class TestWhoSees:
    def test_a_family_sees_and_changes_its_own_alone(
        self, world: World, round_id: str, activity: UUID
    ) -> None:
        household = world.household()
        mine, theirs = add_child(world, household_id=household), add_child(world)
        session_id = add_session(world, activity, SATURDAY)
        token = world.family_token(household)
        for child in (mine, theirs):
            assert choose(world, round_id, child, wanted(session_id)).status_code == 200

        assert read(world, round_id, mine, token).status_code == 200
        assert read(world, round_id, theirs, token).status_code == 404
        assert choose(world, round_id, theirs, {"months": []}, token=token).status_code == 404
        path = f"/v1/rounds/{round_id}/choices"
        [listed] = world.call_with(token, "GET", path).json()["items"]
        assert listed["child_id"] == mine

    def test_a_broker_pages_through_all(self, world: World, round_id: str, activity: UUID) -> None:
        session_id = add_session(world, activity, SATURDAY)
        children = [add_child(world) for _ in range(5)]
        for child in children:
            choose(world, round_id, child, wanted(session_id))
        path, seen = f"/v1/rounds/{round_id}/choices", []
        page = world.call("GET", path, params={"limit": 2}).json()
        while page["next_cursor"] is not None:
            assert len(page["items"]) == 2
            seen += page["items"]
            following = {"limit": 2, "cursor": page["next_cursor"]}
            page = world.call("GET", path, params=following).json()
        seen = [item["child_id"] for item in [*seen, *page["items"]]]
        assert seen == children

    def test_a_childs_end_is_its_choices_end(
        self, world: World, round_id: str, child_id: str, activity: UUID
    ) -> None:
        choose(world, round_id, child_id, wanted(add_session(world, activity, SATURDAY)))
        with transaction(world.sessions, world.authority_id) as session:
            assert len(session.scalars(select(Choice)).all()) == 1

            session.delete(session.scalars(select(Child).where(Child.id == UUID(child_id))).one())
        with transaction(world.sessions, world.authority_id) as session:
            assert session.scalars(select(Choice)).all() == []
