"""A steady load for minutes: as many bookings as a hundred clients can make."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tests.load import floor, processor
from tests.load.clients import MIX, Client, Record, percentile
from tests.load.history import Order, check_history, check_limits
from tests.load.report import Report
from tests.load.stage import LONDON, Stage

PART = "sustained"
CLIENTS = 100
FAMILY_OF = 10
SESSIONS_OF_A_MONTH = 60
MONTHS = 12
# Two fundings a month, and a fourth of it in reserve.
BOOKINGS_OF_A_CHILD = 2 * MONTHS
TARGET_PER_S = 150.0
MOST_PER_S = 300.0


@dataclass(frozen=True)
class Size:
    """How long it lasts."""

    seconds: float
    clients: int = CLIENTS
    floor_transactions: int = 4_000


QUICK = Size(20)
FULL = Size(600)


async def run(stage: Stage, size: Size, report: Report, rng: Random) -> Record:
    """Book for as long as that."""
    wanted = int(MOST_PER_S * size.seconds)
    orders = make_orders(stage, wanted)
    record = Record()
    await stage.renew_broker_token()
    fresh = asyncio.create_task(stage.keep_broker_token_fresh())
    before = stage.processor_seconds()
    started = time.perf_counter()
    ends_at = started + size.seconds

    async def be(number: int) -> None:
        client = Client(
            number, stage.server.port, record, stage.broker_token, Random(f"client {number}")
        )
        while time.perf_counter() < ends_at and await client.turn(orders, MIX):
            pass
        client.close()

    await asyncio.gather(*(be(number) for number in range(size.clients)))
    took_s = time.perf_counter() - started
    after = stage.processor_seconds()
    fresh.cancel()
    assert orders, "there were too few orders for so fast a service"
    _judge(stage, record, report, size, took_s=took_s)
    if before is not None and after is not None:
        tell_costs(report, after.since(before), sum(record.answers.values()))
    measured = floor.measure(stage, transactions=size.floor_transactions)
    floor.judge(report, measured, record.acknowledged / took_s)
    return record


def make_orders(stage: Stage, wanted: int) -> deque[Order]:
    """Order for each child one free and one contributory activity in each of the months to come."""
    n_children = wanted // BOOKINGS_OF_A_CHILD + FAMILY_OF
    families = stage.add_families(n_children // FAMILY_OF + 1, children=FAMILY_OF)
    children = [child_id for family in families for child_id in family.child_ids]
    months = []
    first = stage.world.clock.now.astimezone(LONDON)
    for ahead in range(1, MONTHS + 1):
        year, month = divmod(first.year * 12 + first.month - 1 + ahead, 12)
        start = datetime(year, month + 1, 1, 8, tzinfo=LONDON)
        # Three a day, none at the same time.
        starts = [
            start + timedelta(days=number // 3, hours=3 * (number % 3))
            for number in range(SESSIONS_OF_A_MONTH)
        ]
        months.append(stage.add_sessions(starts, places=len(children)))
    return deque(
        Order(child_id, sessions[(2 * number + turn) % len(sessions)], funding)
        for sessions in months
        for turn, funding in enumerate(("free", "contributory"))
        for number, child_id in enumerate(children)
    )


def tell_costs(report: Report, costs: processor.Seconds, answers: int) -> None:
    """Tell what an answer costs: unlike a rate, it hardly depends on what else the machine does."""
    for name in ("server", "database", "harness"):
        each_ms = getattr(costs, name) / answers * 1000
        report.tell(PART, f"processor time of an answer, {name}", f"{each_ms:.1f} ms")


def _judge(stage: Stage, record: Record, report: Report, size: Size, *, took_s: float) -> None:
    kept = stage.kept()
    placed = record.seconds["place"]
    per_s = record.acknowledged / took_s
    p99_s = percentile(placed, 0.99)
    every = sum(record.answers.values())
    report.tell(PART, "clients, seconds", f"{size.clients}, {took_s:.0f}")
    report.judge(
        PART,
        "bookings a second",
        f"{per_s:.0f}",
        f">= {TARGET_PER_S:.0f}",
        met=per_s >= TARGET_PER_S,
    )
    report.tell(PART, "answers a second", f"{every / took_s:.0f}")
    report.tell(PART, "p50 of a booking", f"{percentile(placed, 0.5) * 1000:.0f} ms")
    report.judge(PART, "p99 of a booking", f"{p99_s * 1000:.0f} ms", "<= 1000 ms", met=p99_s <= 1)
    limited = sum(times for answer, times in record.answers.items() if answer.startswith("429"))
    report.none_of(PART, "answers of 500 and above", record.faults)
    report.none_of(PART, "answers 429", limited)
    limits = check_limits(kept, capacity=stage.capacity, month=stage.month)
    report.none_of(PART, "oversold or double entitlement", limits)
    history = check_history(record.events, kept)
    report.none_of(PART, "differences from the clients' histories", history)
    report.details[PART] = dict(record.answers)
