"""Work on a closure that is cut short, done by two at once, or done by broken code."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from app.bookings.models import BookingChange
from app.closures import planning, queries
from app.db import API_ROLE, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.outbox.models import Event
from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.closing import booked_id, close, read_closure, work_on
from tests.support.live_server import at_once
from tests.support.races import add_children, breaches
from tests.support.world import World

CHILDREN = 8


class Cut(BaseException):
    """The worker is gone; nothing in the service may catch it."""


@pytest.fixture
def closure(world: World) -> dict[str, Any]:
    """Close a session of eight children of four families, all of whom could go elsewhere."""
    session_id = add_session(world, add_activity(world))
    add_session(world, add_activity(world), SATURDAY)
    for _ in range(CHILDREN // 2):
        for child_id in add_children(world, 2):
            booked_id(world, child_id, session_id)
    return close(world, session_id=session_id)


def cut_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let the worker die in the middle of a step: after what it did, before the commit."""
    steps = iter(range(count))
    done = planning.work_step

    def step(*args: Any, **kwargs: Any) -> bool:
        going_on = done(*args, **kwargs)
        if next(steps, None) is None:
            raise Cut
        return going_on

    monkeypatch.setattr("app.jobs.work_step", step)


def assert_whole(world: World, closure_id: str) -> None:
    """Every booking has ended once, every child has one plan, every family was told once."""
    closure = read_closure(world, closure_id)
    plans = closure["plans"]["items"]
    assert (closure["status"], closure["progress"]) == ("done", 1)
    assert len({plan["booking_id"] for plan in plans}) == len(plans) == CHILDREN
    assert len({plan["child_id"] for plan in plans}) == CHILDREN
    assert all(plan["alternatives"] for plan in plans)
    with transaction(world.sessions, world.authority_id) as session:
        ended = session.scalar(
            select(func.count())
            .select_from(BookingChange)
            .where(BookingChange.what == "booking.cancelled")
        )
        told = session.scalars(
            select(Event.child_id).where(Event.type == "closure.family_told")
        ).all()
    assert ended == CHILDREN
    assert len(told) == len(set(told)) == CHILDREN
    assert breaches(world) == []


class TestCutShort:
    # Eight steps end the bookings, four plan for the families, one is the last.
    @pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 11, 12])
    def test_goes_on_where_it_stopped(
        self,
        world: World,
        closure: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
        count: int,
    ) -> None:
        cut_after(monkeypatch, count)
        with pytest.raises(Cut):
            work_on(world, closure["id"])
        monkeypatch.undo()
        so_far = read_closure(world, closure["id"])
        assert so_far["status"] == "working"
        assert so_far["ended"] == min(count, CHILDREN)
        assert breaches(world) == []

        work_on(world, closure["id"])

        assert_whole(world, closure["id"])

    def test_again_changes_nothing(self, world: World, closure: dict[str, Any]) -> None:
        work_on(world, closure["id"])
        before = read_closure(world, closure["id"])

        work_on(world, closure["id"])

        assert read_closure(world, closure["id"]) == before


class TestFault:
    @pytest.mark.parametrize("part", ["_release", "_judge_all"])
    def test_one_familys_fault_keeps_no_other_waiting(
        self,
        world: World,
        closure: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
        part: str,
    ) -> None:
        unlucky = UUID(read_closure(world, closure["id"])["plans"]["items"][3]["child_id"])
        done = getattr(planning, part)

        def fail(*args: Any, **kwargs: Any) -> Any:
            result = done(*args, **kwargs)
            # The child itself, or it among its friends.
            if unlucky == args[2] or (part == "_judge_all" and unlucky in args[2]):
                raise ValueError
            return result

        monkeypatch.setattr(planning, part, fail)
        work_on(world, closure["id"])
        monkeypatch.undo()
        so_far = read_closure(world, closure["id"])
        assert so_far["status"] == "working"
        assert so_far["planned"] >= CHILDREN - 2

        work_on(world, closure["id"])

        assert_whole(world, closure["id"])


class TestTwoWorkers:
    def test_each_step_is_done_once(self, world: World, closure: dict[str, Any]) -> None:
        work_and_check(world, closure["id"])


def forget_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard away: released plans are taken for found ones, and planned again."""
    done = queries.next_child
    steps = iter(range(CHILDREN * 2))

    def next_child(
        session: Session, closure_id: UUID, state: str, *, passed_over: set[UUID]
    ) -> UUID | None:
        if next(steps, None) is not None:
            session.execute(
                text("UPDATE transition_plans SET state = 'released', planned_at = NULL")
            )
        return done(session, closure_id, state, passed_over=passed_over)

    monkeypatch.setattr("app.closures.queries.next_child", next_child)


def take_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard away: whoever comes works on the closure, as it believes it to be."""

    def lock_closure(session: Session, closure_id: UUID) -> Any:
        closure = queries.find_closure(session, closure_id)
        assert closure is not None
        time.sleep(0.02)
        return closure

    monkeypatch.setattr("app.closures.queries.lock_closure", lock_closure)


class TestControls:
    @pytest.mark.parametrize("break_it", [forget_state, take_no_lock])
    def test_broken_builds_are_caught(
        self,
        world: World,
        closure: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
        break_it: Callable[[pytest.MonkeyPatch], None],
    ) -> None:
        break_it(monkeypatch)

        # Told twice, not ended, or refused by a constraint or a deadlock: one of these.
        with pytest.raises((AssertionError, DBAPIError)):
            work_and_check(world, closure["id"])


def work_and_check(world: World, closure_id: str) -> None:
    """Let three workers at a closure, and then another; it must be whole."""
    at_once([lambda: work_on(world, closure_id)] * 3)
    work_on(world, closure_id)
    assert_whole(world, closure_id)


# A worker on the closure alone, as slow as one on a busy machine.
WORKER = """
import sys, time
from datetime import datetime
from uuid import UUID
from app.closures import planning
from app.db import make_engine, make_session_factory
from app.engine.warm import WarmCatalogues
from app import jobs
url, authority_id, closure_id, now = sys.argv[1:]
done = planning.work_step
def step(*args, **kwargs):
    going_on = done(*args, **kwargs)
    print("step", flush=True)
    time.sleep(0.05)
    return going_on
jobs.work_step = step
clock = lambda: datetime.fromisoformat(now)
sessions = make_session_factory(make_engine(url))
jobs.work_on_closure(sessions, clock, WarmCatalogues(), UUID(authority_id), UUID(closure_id))
"""


class TestKilled:
    def test_a_worker_that_is_killed_loses_nothing(
        self,
        world: World,
        closure: dict[str, Any],
        postgres: EmbeddedPostgres,
        sessions: sessionmaker[Session],
    ) -> None:
        for steps in (3, 4, 3):
            worker = subprocess.Popen(
                [
                    *(sys.executable, "-c", WORKER, postgres.url(API_ROLE, "postgres")),
                    *(str(world.authority_id), closure["id"], world.clock.now.isoformat()),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            assert worker.stdout is not None
            for _ in range(steps):
                assert worker.stdout.readline() == "step\n"
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            worker.stdout.close()
            assert breaches(world) == []
        assert read_closure(world, closure["id"])["status"] == "working"

        deadline = time.monotonic() + 30
        while read_closure(world, closure["id"])["status"] != "done":
            # The killed worker's transaction may still hold the closure for a moment.
            work_on(world, closure["id"])
            assert time.monotonic() < deadline

        assert_whole(world, closure["id"])
