"""The jobs: holds that run out, keys that nobody will use again, and the worker itself."""

import time
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import procrastinate
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.bookings.models import IdempotencyKey
from app.children.models import Interest
from app.concepts import encoder_version
from app.db import transaction
from app.jobs import (
    conninfo_of,
    end_expired_holds,
    forget_idempotency_keys,
    make_queue,
    read_interests_again,
    worker_beside,
)
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.world import World


def hold(world: World) -> str:
    """Hold a place for ten minutes."""
    body = {
        "child_id": add_child(world),
        "session_id": add_session(world, add_activity(world), capacity=1),
        "funding": "free",
        "hold_minutes": 10,
    }
    headers = {"Idempotency-Key": str(uuid4())}
    answer = world.call("POST", "/v1/bookings", json=body, headers=headers)
    assert answer.json()["status"] == "held", answer.text
    booking_id: str = answer.json()["id"]
    return booking_id


class TestEndExpiredHolds:
    def test_ends_those_that_have_run_out(
        self, world: World, sessions: sessionmaker[Session]
    ) -> None:
        booking_id = hold(world)
        end_expired_holds(sessions, world.clock)
        assert world.call("GET", f"/v1/bookings/{booking_id}").json()["status"] == "held"

        world.clock.now += timedelta(minutes=10)
        end_expired_holds(sessions, world.clock)

        booking = world.call("GET", f"/v1/bookings/{booking_id}").json()
        assert (booking["status"], booking["cancel_cause"]) == ("cancelled", "hold_expired")
        session = world.call("GET", f"/v1/sessions/{booking['session_id']}").json()
        assert session["places_left"] == 1


class TestForgetIdempotencyKeys:
    def test_keeps_them_for_72_hours(self, world: World, sessions: sessionmaker[Session]) -> None:
        hold(world)

        def kept() -> int | None:
            with transaction(sessions, world.authority_id) as session:
                return session.scalar(select(func.count()).select_from(IdempotencyKey))

        world.clock.now += timedelta(hours=72)
        forget_idempotency_keys(sessions, world.clock)
        assert kept() == 1
        world.clock.now += timedelta(seconds=1)
        forget_idempotency_keys(sessions, world.clock)
        assert kept() == 0


class TestReadInterestsAgain:
    def test_reads_what_another_encoder_read(
        self, world: World, sessions: sessionmaker[Session]
    ) -> None:
        add_child(world, interests=[{"text": "fishing", "feeling": "love", "voice": "child"}])
        with transaction(sessions, world.authority_id) as session:
            interest = session.scalars(select(Interest)).one()
            assert interest.phrases[0]["concepts"] == ["angling"]
            interest.phrases, interest.encoder = [], "another"

        read_interests_again(sessions, world.clock)

        with transaction(sessions, world.authority_id) as session:
            interest = session.scalars(select(Interest)).one()
            assert interest.phrases[0]["concepts"] == ["angling"]
            assert interest.encoder == encoder_version()


# What other tests have given rise to may take its time.
LEFT = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'end_expired_holds'")


class TestWorkerBeside:
    def test_runs_what_is_deferred_and_stops(
        self, world: World, sessions: sessionmaker[Session], engine: Engine
    ) -> None:
        booking_id = hold(world)
        world.clock.now += timedelta(minutes=11)
        queue = make_queue(engine, sessions, world.clock)
        elsewhere = procrastinate.SyncPsycopgConnector(conninfo=conninfo_of(engine))
        # Not the worker's own queue, whose connector it may be using.
        another = make_queue(engine, sessions, world.clock)
        with worker_beside(queue):
            # The worker may just have deferred it itself, as it does every minute.
            with (
                another.replace_connector(elsewhere) as sync,
                sync.open(),
                suppress(procrastinate.exceptions.AlreadyEnqueued),
            ):
                sync.tasks["end_expired_holds"].defer(timestamp=0)
            for _ in range(300):
                booking = world.call("GET", f"/v1/bookings/{booking_id}").json()
                with engine.connect() as connection:
                    left = connection.scalar(LEFT)
                if booking["status"] == "cancelled" and left == 0:
                    break
                time.sleep(0.1)

        assert booking["status"] == "cancelled"
        assert left == 0, "done jobs are removed"
