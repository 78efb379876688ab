"""Facts of a month as children, bookings and sessions change, through the API and the job."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from app.db import transaction
from app.gaps import refreshing, writing
from app.gaps.refreshing import due_months
from app.ids import made_at
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import (
    MARCH,
    Fact,
    facts_of,
    refresh,
    refresh_all,
    rows_of,
    version_of,
)
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
SWIMMING = {"text": "swimming", "feeling": "like", "voice": "parent"}


def patch(world: World, child_id: str, **fields: Any) -> None:
    etag = world.call("GET", f"/v1/children/{child_id}").headers["ETag"]
    answer = world.call(
        "PATCH", f"/v1/children/{child_id}", json=fields, headers={"If-Match": etag}
    )
    assert answer.status_code == 200, answer.text


def angling(world: World, **fields: Any) -> Any:
    return add_activity(world, concepts=["angling"], **fields)


class TestOutcomes:
    def test_an_empty_month_offers_nothing(self, world: World) -> None:
        child = add_child(world, interests=[FISHING, SWIMMING])

        assert refresh(world)

        nothing = Fact("nothing_on_offer")
        assert facts_of(world, child) == {"angling": nothing, "swimming": nothing}

    def test_a_new_session_serves_it(self, world: World) -> None:
        child = add_child(world, interests=[FISHING, SWIMMING])
        refresh(world)
        session = add_session(world, angling(world))

        assert refresh(world)

        assert facts_of(world, child)["angling"] == Fact("available", session_id=session)
        assert facts_of(world, child)["swimming"] == Fact("nothing_on_offer")

    def test_a_booking_meets_it_and_a_cancelled_one_does_not(self, world: World) -> None:
        child = add_child(world, interests=[FISHING])
        add_session(world, angling(world), SATURDAY - timedelta(days=1))
        session = add_session(world, angling(world))
        refresh(world)
        booking = book(world, child, session).json()["id"]

        assert refresh(world)
        assert facts_of(world, child) == {"angling": Fact("met", session_id=session)}

        assert world.call("POST", f"/v1/bookings/{booking}/cancel", json={}).status_code == 200
        assert refresh(world)
        assert facts_of(world, child)["angling"].outcome == "available"

    def test_the_last_place_taken_closes_it_to_others_and_freed_opens_it(
        self, world: World
    ) -> None:
        first, second = (add_child(world, interests=[FISHING]) for _ in range(2))
        session = add_session(world, angling(world), capacity=1)
        refresh(world)
        booking = book(world, first, session).json()["id"]

        refresh(world)
        assert facts_of(world, second)["angling"] == Fact("full", ("full",), (), session)

        world.call("POST", f"/v1/bookings/{booking}/cancel", json={})
        refresh(world)
        assert facts_of(world, second)["angling"] == Fact("available", session_id=session)

    def test_the_only_hoist_is_what_is_missing(self, world: World) -> None:
        child = add_child(
            world, interests=[FISHING], needs=[{"code": "hoist", "importance": "essential"}]
        )
        with_hoist = [{"need": "hoist", "kind": "provided"}]
        session = add_session(world, angling(world, offers=with_hoist))
        refresh(world)
        assert facts_of(world, child)["angling"].outcome == "available"

        rows_of(world, "UPDATE offers SET kind = 'on_request', lead_days = 60 RETURNING 1")
        move_version(world)
        refresh(world)
        assert facts_of(world, child)["angling"] == Fact(
            "lead_time", ("lead_time",), ("hoist",), session
        )

        rows_of(world, "DELETE FROM offers RETURNING 1")
        move_version(world)
        refresh(world)
        assert facts_of(world, child)["angling"] == Fact("need", ("need",), ("hoist",), session)

    def test_only_the_rule_of_the_month_is_pressure_of_the_cap(self, world: World) -> None:
        child = add_child(world, interests=[FISHING, SWIMMING])
        pool = add_activity(world, title="Swimming", concepts=["swimming"], funding=["free"])
        swim = add_session(world, pool, SATURDAY + timedelta(days=7))
        session = add_session(world, angling(world))
        book(world, child, session)

        refresh(world)

        assert facts_of(world, child) == {
            "angling": Fact("met", session_id=session),
            "swimming": Fact("entitlement", ("entitlement",), (), swim),
        }

    def test_a_new_interest_appears_and_one_given_up_goes(self, world: World) -> None:
        child = add_child(world, interests=[FISHING])
        refresh(world)

        patch(world, child, interests=[SWIMMING])
        assert refresh(world)

        assert set(facts_of(world, child)) == {"swimming"}

    def test_a_cancelled_session_is_a_miss(self, world: World) -> None:
        child = add_child(world, interests=[FISHING])
        session = add_session(world, angling(world))
        refresh(world)
        rows_of(world, "UPDATE sessions SET status = 'cancelled' RETURNING 1")
        move_version(world)

        refresh(world)

        assert facts_of(world, child)["angling"] == Fact("cancelled", ("cancelled",), (), session)

    def test_who_is_out_of_the_ages_is_not_judged(self, world: World) -> None:
        child = add_child(world, interests=[FISHING], date_of_birth="2008-02-28")
        of_age = add_child(world, interests=[FISHING], date_of_birth="2008-03-02")

        refresh(world)

        assert facts_of(world, child) == {}
        assert facts_of(world, of_age) != {}


class TestWhatIsJudgedAgain:
    def test_without_a_change_nothing_is_written(self, world: World) -> None:
        add_child(world, interests=[FISHING])
        add_session(world, angling(world))
        assert refresh(world)
        version = version_of(world)

        assert not refresh(world)

        assert version_of(world) == version

    def test_only_the_child_that_changed(self, world: World) -> None:
        child, _ = (add_child(world, interests=[FISHING]) for _ in range(2))
        add_session(world, angling(world))
        refresh(world)
        assert judged(world) == 2

        patch(world, child, travel={"max_km": 1})
        refresh(world)

        assert judged(world) == 1

    def test_only_those_who_want_what_a_session_serves(self, world: World) -> None:
        add_child(world, interests=[FISHING])
        add_child(world, interests=[SWIMMING])
        refresh(world)

        add_session(world, angling(world))
        refresh(world)

        assert judged(world) == 1

    def test_those_whose_words_a_session_is_like(self, world: World) -> None:
        otters = {"text": "the Oswestry Otters", "feeling": "love", "voice": "child"}
        child = add_child(world, interests=[otters], travel={"max_km": 5})
        far = add_activity(world, title="Oswestry Otters", latitude=54.0)
        near = add_activity(world, title="Oswestry Otters", min_age=12)
        add_session(world, far)
        session = add_session(world, near, capacity=1)
        other = add_child(world, date_of_birth="2013-01-01")
        booking = book(world, other, session).json()["id"]
        refresh(world)
        # Full and for older children: further away than the other, and it may not change.
        assert facts_of(world, child)[None].outcome == "distance"

        world.call("POST", f"/v1/bookings/{booking}/cancel", json={})
        refresh(world)

        assert facts_of(world, child)[None] == Fact("age", ("age",), (), session)

    def test_every_change_at_once_gives_what_a_new_build_gives(self, world: World) -> None:
        children = [add_child(world, interests=[FISHING, SWIMMING]) for _ in range(4)]
        pool = add_activity(world, title="Swimming", concepts=["swimming"])
        lake = angling(world)
        sessions = [
            add_session(world, at, SATURDAY + timedelta(days=day), capacity=2)
            for day, at in enumerate([lake, pool] * 3)
        ]
        refresh(world)
        for child, session in zip(children, sessions, strict=False):
            book(world, child, session)
        patch(world, children[0], interests=[SWIMMING], travel={"max_km": 5})
        rows_of(world, "DELETE FROM sessions WHERE id = :id RETURNING 1", id=UUID(sessions[5]))
        add_session(world, lake, SATURDAY + timedelta(days=9))
        rows_of(world, "UPDATE activities SET latitude = 54 WHERE id = :id RETURNING 1", id=pool)
        move_version(world)

        refresh(world)
        grown = [facts_of(world, child) for child in children]
        for table in ("gap_months", "gap_children", "gap_sessions"):
            rows_of(world, f"DELETE FROM {table} RETURNING 1")
        refresh(world)

        assert grown == [facts_of(world, child) for child in children]

    def test_an_older_look_does_not_overwrite_a_newer_one(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        child = add_child(world, interests=[FISHING])
        refresh(world)
        judge = refreshing.judge_month

        def overtaken(*args: Any) -> Any:
            monkeypatch.setattr(refreshing, "judge_month", judge)
            add_session(world, angling(world))
            assert refresh(world)
            return judge(*args)

        patch(world, child, travel={"max_km": 9})
        monkeypatch.setattr(refreshing, "judge_month", overtaken)

        assert not refresh(world)
        assert facts_of(world, child)["angling"].outcome == "available"

    def test_a_month_is_written_as_a_whole_or_not_at_all(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        child = add_child(world, interests=[FISHING])
        refresh(world)
        before = rows_of(world, "SELECT * FROM gap_months")
        add_session(world, angling(world))

        def cut_short(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(writing, "write_children", cut_short)
            with pytest.raises(KeyboardInterrupt):
                refresh(world)

        assert rows_of(world, "SELECT * FROM gap_months") == before
        assert rows_of(world, "SELECT * FROM gap_sessions") == []
        assert facts_of(world, child)["angling"].outcome == "nothing_on_offer"
        assert refresh(world)
        assert facts_of(world, child)["angling"].outcome == "available"

    def test_statements_do_not_grow_with_the_children(self, world: World, engine: Engine) -> None:
        add_session(world, angling(world))
        add_child(world, interests=[FISHING])
        few = statements_of(world, engine)
        for _ in range(5):
            add_child(world, interests=[FISHING], friends=[])
        assert statements_of(world, engine) == few < 40


class TestMonths:
    def test_the_month_of_now_and_those_with_sessions_are_judged(self, world: World) -> None:
        add_child(world, interests=[FISHING])
        add_session(world, angling(world), SATURDAY + timedelta(days=70))

        assert refresh_all(world) == [MARCH, "2027-04", "2027-05"], "the one between as well"
        assert refresh_all(world, at_once=False) == []

    def test_a_month_that_has_passed_is_looked_at_once_more(self, world: World) -> None:
        child = add_child(world, interests=[FISHING])
        session = add_session(world, angling(world), SATURDAY + timedelta(days=21))
        book(world, child, session)
        refresh_all(world)
        world.clock.now = SATURDAY + timedelta(days=27)
        assert refresh_all(world) == ["2027-04"]
        rows_of(world, "UPDATE bookings SET status = 'no_show' RETURNING 1")

        world.clock.now += timedelta(days=3)
        assert refresh_all(world) == [MARCH]
        assert facts_of(world, child)["angling"].outcome != "met"

        patch(world, child, interests=[SWIMMING])
        world.clock.now += timedelta(days=1)
        assert MARCH not in refresh_all(world)
        assert set(facts_of(world, child)) == {"angling"}

    def test_an_hour_without_events_is_looked_at_again(self, world: World) -> None:
        child = add_child(
            world, interests=[FISHING], needs=[{"code": "hoist", "importance": "essential"}]
        )
        april = SATURDAY + timedelta(days=35)
        late = [{"need": "hoist", "kind": "on_request", "lead_days": 30}]
        add_session(world, angling(world, offers=late), april)
        refresh_all(world)
        assert facts_of(world, child, "2027-04")["angling"].outcome == "available"

        world.clock.now += timedelta(days=14)
        assert refresh_all(world, at_once=False) == ["2027-04"]

        assert facts_of(world, child, "2027-04")["angling"].outcome == "lead_time"


class TestErasure:
    def test_an_erased_child_has_no_facts_and_the_months_say_so(self, world: World) -> None:
        child, other = (add_child(world, interests=[FISHING]) for _ in range(2))
        refresh(world)
        version = version_of(world)
        with transaction(world.sessions, world.authority_id) as session:
            session.execute(text("DELETE FROM children WHERE id = :id"), {"id": UUID(child)})

        assert facts_of(world, child) == {}
        assert facts_of(world, other) != {}
        assert version_of(world) > version

    def test_another_authority_sees_nothing(self, world: World, other_world: World) -> None:
        child = add_child(world, interests=[FISHING])
        refresh(world)

        assert facts_of(other_world, child) == {}
        assert rows_of(other_world, "SELECT * FROM gap_months") == []


def move_version(world: World) -> None:
    rows_of(world, "UPDATE catalogue_versions SET version = version + 1 RETURNING 1")


def judged(world: World) -> int:
    """Read how many children were judged the last time."""
    return int(rows_of(world, "SELECT judged FROM gap_months")[0][0])


def statements_of(world: World, engine: Engine) -> int:
    """Count the statements that a first look at a month takes."""
    for table in ("gap_months", "gap_children", "gap_sessions"):
        rows_of(world, f"DELETE FROM {table} RETURNING 1")
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        refresh(world)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


class TestSettling:
    def test_an_event_as_new_as_the_look_is_looked_at_twice(self, world: World) -> None:
        add_child(world, interests=[FISHING])
        (row,) = rows_of(world, "SELECT id FROM events ORDER BY id DESC LIMIT 1")
        world.clock.now = made_at(row.id) + timedelta(seconds=30)
        (month,) = refresh_all(world)

        def due(after: timedelta) -> list[str]:
            with transaction(world.sessions, world.authority_id) as session:
                return due_months(session, now=world.clock.now + after)

        assert due(timedelta(minutes=1)) == []
        assert due(timedelta(minutes=2)) == [month]
        world.clock.now += timedelta(minutes=2)
        refresh_all(world)
        assert due(timedelta(minutes=30)) == []
