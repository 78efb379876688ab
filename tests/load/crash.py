"""Servers killed, asked to end, and their databases stopped, all in the middle of bookings."""

import asyncio
import signal
import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.load.clients import Client, Record
from tests.load.history import Order, check_history, check_limits, count_of
from tests.load.report import Report
from tests.load.stage import Stage
from tests.load.sustained import make_orders

PART = "crash"
CLIENTS = 12
LOAD_S = (0.3, 0.8)
SETTLE_WITHIN_S = 60
ORDERS_OF_A_DISASTER = 120
MIX = {"place": 80, "cancel": 20}


@dataclass(frozen=True)
class Size:
    """How many disasters of each kind."""

    kills: int
    database_stops: int
    terminations: int

    @property
    def all(self) -> int:
        """Count them."""
        return self.kills + self.database_stops + self.terminations


QUICK = Size(kills=10, database_stops=4, terminations=4)
FULL = Size(kills=100, database_stops=30, terminations=20)


@dataclass
class Damage:
    """What the disasters did to the clients."""

    record: Record = field(default_factory=Record)
    # By kind of disaster: requests it left without an answer, and those settled afterwards.
    unanswered: dict[str, int] = field(default_factory=dict)
    settled: int = 0
    unsettled: list[str] = field(default_factory=list)
    seconds_down: list[float] = field(default_factory=list)


async def run(stage: Stage, size: Size, report: Report, rng: Random) -> Damage:
    """Let the disasters happen one after the other, each under load, and count what is lost."""
    server = stage.server
    disasters: list[tuple[str, Callable[[], None]]] = [
        *[("SIGKILL", server.kill)] * size.kills,
        *[("stop of the database", lambda: server.kill_database(signal.SIGQUIT))]
        * size.database_stops,
        *[("SIGTERM", server.stop)] * size.terminations,
    ]
    rng.shuffle(disasters)
    orders = make_orders(stage, size.all * ORDERS_OF_A_DISASTER)
    damage = Damage()
    for number, (name, strike) in enumerate(disasters):
        await stage.renew_broker_token()
        await _strike_under_load(stage, name, strike, orders, damage, Random(number))
    _judge(stage, damage, size, report)
    return damage


async def _strike_under_load(
    stage: Stage,
    name: str,
    strike: Callable[[], None],
    orders: deque[Order],
    damage: Damage,
    rng: Random,
) -> None:
    stopped = asyncio.Event()

    async def be(number: int) -> None:
        client = Client(
            number, stage.server.port, damage.record, stage.broker_token, Random(rng.random())
        )
        # Whoever gets no answer waits until there is one.
        while not stopped.is_set() and not client.cut_off and await client.turn(orders, MIX):
            pass
        client.close()

    clients = [asyncio.create_task(be(number)) for number in range(CLIENTS)]
    await asyncio.sleep(rng.uniform(*LOAD_S))
    struck_at = time.perf_counter()
    # The clients go on meanwhile: a service that ends must not take on what it cannot do.
    await asyncio.to_thread(strike)
    stopped.set()
    await asyncio.gather(*clients)
    running = stage.server.process is not None and stage.server.process.poll() is None
    await asyncio.to_thread(stage.server.wait_until_ready if running else stage.server.start)
    damage.seconds_down.append(time.perf_counter() - struck_at)
    await _settle(stage, name, damage)


async def _settle(stage: Stage, name: str, damage: Damage) -> None:
    """Retry each request that went unanswered until it has its one answer."""
    open_orders = damage.record.open_orders()
    damage.unanswered[name] = damage.unanswered.get(name, 0) + len(open_orders)
    client = Client(-1, stage.server.port, damage.record, stage.broker_token, Random(0))
    for key, (_, order) in open_orders.items():
        deadline = time.perf_counter() + SETTLE_WITHIN_S
        if await client.settle(order, key, deadline=deadline):
            damage.settled += 1
        else:
            damage.unsettled.append(key)
    client.close()


def _judge(stage: Stage, damage: Damage, size: Size, report: Report) -> None:
    record = damage.record
    kept = stage.kept()
    history = check_history(record.events, kept)
    unanswered = sum(damage.unanswered.values())
    cancelled = record.answers["cancel 200"]
    report.tell(
        PART,
        "SIGKILLs, stops of the database, SIGTERMs",
        f"{size.kills}, {size.database_stops}, {size.terminations}",
    )
    enough = record.acknowledged >= size.all * 5
    report.judge(
        PART, "acknowledged bookings", record.acknowledged, f">= {size.all * 5}", met=enough
    )
    report.tell(PART, "acknowledged cancellations", cancelled)
    report.none_of(PART, "acknowledged bookings lost", count_of(history, "acknowledged booking"))
    report.none_of(PART, "differences from the clients' histories", history)
    limits = check_limits(kept, capacity=stage.capacity, month=stage.month)
    report.none_of(PART, "oversold or double entitlement", limits)
    report.judge(
        PART,
        "unknown answers settled by retrying",
        f"{damage.settled} of {unanswered}",
        "all, and some",
        met=damage.settled == unanswered > 0,
    )
    for name, number in damage.unanswered.items():
        report.tell(PART, f"of these, unknown after a {name}", number)
    report.none_of(PART, "answers that own up to a fault", record.answers["500 internal-error"])
    report.none_of(PART, "faults in the service's log", stage.server.faults())
    median_s = statistics.median(damage.seconds_down)
    report.tell(PART, "seconds until it serves again (median)", f"{median_s:.1f}")
    verified = stage.verify()
    report.judge(PART, "verify", verified, "0 breaches", met=verified.startswith("0 breaches"))
    report.details[PART] = {
        "answers": dict(record.answers),
        "unanswered": damage.unanswered,
        "longest_seconds_down": max(damage.seconds_down),
    }
