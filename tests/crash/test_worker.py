"""Kill the worker while it offers places: no place is lost, and none is offered twice."""

import asyncio
import subprocess
import time
from random import Random

from app.clock import now_utc
from tests.load.history import Kept, Order
from tests.load.stage import Stage, open_stage
from tests.load.volleys import Volleys
from tests.support.server_process import COMMAND

SESSIONS = 12
KILLS = 2
WAIT_AT_MOST_S = 30
PAUSE_S = 0.005


async def free_places(stage: Stage) -> dict[str, str]:
    """Free a place in each session, with two in line; name the child that is next in each."""
    await stage.renew_broker_token()
    volleys = Volleys(stage, Random(1))
    sessions = volleys.sessions(SESSIONS, places=1)
    first, next_, last = (
        dict(zip(sessions, volleys.children(SESSIONS), strict=True)) for _ in "123"
    )
    await volleys.fire([Order(child, session, "free") for session, child in first.items()])
    for line in (next_, last):
        await volleys.fire(
            [Order(child, session, "free", waitlist=True) for session, child in line.items()]
        )
    clients = volleys.clients(SESSIONS)
    taken = [booking.id for booking in stage.kept() if booking.status == "confirmed"]
    await asyncio.gather(*(client.cancel(id_) for client, id_ in zip(clients, taken, strict=True)))
    volleys.close()
    return next_


def offered(stage: Stage) -> list[Kept]:
    return [booking for booking in stage.kept() if booking.open_offers]


def kill_after_an_offer(stage: Stage) -> int:
    """Start a worker, kill it as soon as it has offered something, and count all offers."""
    before = len(offered(stage))
    worker = subprocess.Popen(
        [*COMMAND, "worker"], env=stage.server.environment, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + WAIT_AT_MOST_S
        while len(offered(stage)) == before and time.monotonic() < deadline:
            time.sleep(PAUSE_S)
    finally:
        worker.kill()
        worker.wait()
    return len(offered(stage))


def test_a_killed_worker_loses_no_place() -> None:
    with open_stage(now=now_utc()) as stage:
        stage.server.options = ("--no-worker",)
        stage.server.start()
        next_ = asyncio.run(free_places(stage))
        assert offered(stage) == []

        counts = [kill_after_an_offer(stage) for _ in range(KILLS)]
        # What the round of the next minute does.
        stage.work_round()

        assert 0 < counts[0] < counts[1] < SESSIONS, "killed in the middle of its work"
        found = offered(stage)
        assert {booking.session_id: booking.child_id for booking in found} == next_
        assert {(booking.status, booking.open_offers) for booking in found} == {("waitlisted", 1)}
        assert len(found) == SESSIONS
        assert stage.verify().startswith("0 breaches")
