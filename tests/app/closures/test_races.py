"""Families book, wait and answer while their session closes: none is left behind."""

import time
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.access.scopes import ClientKind
from app.jobs import make_queue, worker_beside
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.closing import booked_id, close, read_closure, work_on
from tests.support.live_server import at_once
from tests.support.races import add_children, booking, breaches, outcome
from tests.support.waiting import booked
from tests.support.world import World

BROKER = ClientKind.BROKER


def closing(world: World, **target: str) -> Any:
    """Prepare a closure."""
    body = {"reason": "The lake is dry.", **target}
    return partial(world.call_with, world.token(BROKER), "POST", "/v1/closures", json=body)


def test_who_books_while_it_closes(world: World) -> None:
    session_id = add_session(world, add_activity(world), capacity=6)
    orders = [
        booking(world, child_id, session_id, waitlist=True) for child_id in add_children(world, 12)
    ]

    answers = at_once([*orders[:6], closing(world, session_id=session_id), *orders[6:]])

    closure = answers.pop(6)
    assert closure.status_code == 202
    assert {outcome(answer) for answer in answers} <= {"201", "session-cancelled"}
    made = {answer.json()["id"] for answer in answers if answer.is_success}
    work_on(world, closure.json()["id"])
    told = read_closure(world, closure.json()["id"])
    assert {plan["booking_id"] for plan in told["plans"]["items"]} == made
    assert {booked(world, booking_id)["status"] for booking_id in made} <= {"cancelled"}
    world.clock.now += timedelta(minutes=11)
    assert breaches(world) == []


def test_closed_twice_at_once_is_one_closure(world: World) -> None:
    activity_id = add_activity(world)
    session_id = add_session(world, activity_id)
    booked_id(world, add_child(world), session_id)

    answers = at_once([closing(world, activity_id=str(activity_id))] * 6)

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[0].json()["sessions"] == 1


def test_the_worker_is_told_at_once(
    world: World, sessions: sessionmaker[Session], engine: Engine
) -> None:
    session_id = add_session(world, add_activity(world))
    booking_id = booked_id(world, add_child(world), session_id)
    with worker_beside(make_queue(engine, sessions, world.clock)):
        closure = close(world, session_id=session_id)
        for _ in range(300):
            if read_closure(world, closure["id"])["status"] == "done":
                break
            time.sleep(0.1)

    assert booked(world, booking_id)["status"] == "cancelled"
