"""The launch-day rush: ten times as many families after the places as there are."""

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from tests.load.clients import MIX, WAITING, Client, Record, percentile
from tests.load.history import Order, check_at_rest, check_history, check_limits, count_of
from tests.load.report import Report
from tests.load.stage import Family, Stage

PART = "rush"
DEMAND = 10
PLACES_OF_A_SESSION = 10
# One of five clients is a broker at the telephone; the others are families' apps.
BROKERS = 5
# One child of four is asked for twice at the same time, by its family and by a broker.
ASKED_FOR_TWICE = 4
FUNDINGS = ("free", "contributory")


@dataclass(frozen=True)
class Size:
    """How large the rush is."""

    clients: int
    places: int
    # Seconds that a client takes to read an answer, on average. Without, the next call follows at
    # once: then no answer can take less than the clients divided by the answers a second.
    think_s: float = 0.0


QUICK = Size(clients=100, places=200)
FULL = Size(clients=500, places=1_000)


async def run(stage: Stage, size: Size, report: Report, rng: Random) -> Record:
    """Let the rush happen, and see what is left of it."""
    starts = [
        stage.world.clock.now + timedelta(days=35, hours=3 * number)
        for number in range(size.places // PLACES_OF_A_SESSION)
    ]
    sessions = stage.add_sessions(starts, places=PLACES_OF_A_SESSION)
    families = [number for number in range(size.clients) if number % BROKERS]
    # Each child is asked for with both fundings, and some of them twice.
    wanted = size.places * DEMAND * ASKED_FOR_TWICE // (2 * ASKED_FOR_TWICE + 2)
    invited = stage.add_families(len(families), children=max(1, wanted // len(families)))
    late = stage.add_families(1, children=len(sessions))[0].child_ids
    mix = {**MIX, **WAITING}

    record = Record()
    await stage.renew_broker_token()
    work = make_orders(invited, sessions, brokers=size.clients - len(families), rng=rng)
    clients = [
        asyncio.create_task(
            _be(
                stage,
                number,
                orders,
                family,
                record,
                mix,
                Random(f"client {number}"),
                think_s=size.think_s,
            )
        )
        for number, (family, orders) in enumerate(work)
    ]
    started = time.perf_counter()
    await asyncio.gather(*clients)
    took_s = time.perf_counter() - started

    offers_meanwhile = sum(booking.open_offers for booking in stage.kept())
    afterwards = Client(-1, stage.server.port, record, stage.broker_token, Random("afterwards"))
    await come_to_rest(stage, afterwards)
    refused_in_vain = await _try_what_is_left(stage, sessions, late, afterwards)
    afterwards.close()
    report.tell(PART, "offers that nobody had answered in the rush", offers_meanwhile)
    _judge(stage, record, report, size, took_s=took_s, refused_in_vain=refused_in_vain)
    return record


def make_orders(
    families: list[Family], sessions: list[str], *, brokers: int, rng: Random
) -> list[tuple[Family | None, deque[Order]]]:
    """Deal out the orders: families ask for their own children, brokers for anybody's.

    What is popular is asked for more: places of the first sessions go first.
    """
    work: list[tuple[Family | None, deque[Order]]] = [(family, deque()) for family in families]
    at_the_telephone: list[deque[Order]] = [deque() for _ in range(brokers)]
    for family, orders in list(work):
        assert family is not None
        for child_id in family.child_ids:
            twice = rng.randrange(ASKED_FOR_TWICE) == 0
            for funding in FUNDINGS:
                orders.append(Order(child_id, _popular(sessions, rng), funding))
                if twice:
                    order = Order(child_id, _popular(sessions, rng), funding)
                    rng.choice(at_the_telephone).append(order)
        rng.shuffle(orders)
    return work + [(None, orders) for orders in at_the_telephone]


def _popular(sessions: list[str], rng: Random) -> str:
    return sessions[int(len(sessions) * rng.random() ** 1.5)]


async def _be(
    stage: Stage,
    number: int,
    orders: deque[Order],
    family: Family | None,
    record: Record,
    mix: dict[str, int],
    rng: Random,
    *,
    think_s: float,
) -> None:
    await asyncio.sleep(rng.uniform(0, 2 * think_s))
    token = stage.broker_token
    if family is not None:
        mine = await stage.family_token(family)
        token = lambda: mine  # noqa: E731 - the family's token, which outlives the rush
    client = Client(number, stage.server.port, record, token, rng)
    while await client.turn(orders, mix):
        await asyncio.sleep(rng.uniform(0, 2 * think_s))
    client.close()


async def come_to_rest(stage: Stage, client: Client) -> None:
    """Answer whatever is offered until nothing is offered any more.

    Beside the service's worker this one does its rounds, so that none has to be waited for.
    """
    going_on = True
    while going_on:
        await asyncio.to_thread(stage.work_round)
        going_on = False
        while await client.answer_offers():
            going_on = True


async def _try_what_is_left(
    stage: Stage, sessions: list[str], children: list[str], client: Client
) -> list[str]:
    """Ask for a place wherever one is left, now that all is quiet: "full" would be wrong."""
    kept = stage.kept()
    wrong = check_at_rest(kept, capacity=stage.capacity, month=stage.month)
    taken = Counter(booking.session_id for booking in kept if booking.takes_place)
    for session_id, child_id in zip(sessions, children, strict=True):
        if taken[session_id] < stage.capacity[session_id]:
            answer = await client.place(Order(child_id, session_id, "free"), client.new_key())
            if answer is None or answer.status != 201:
                wrong.append(f"{session_id}: {answer and answer.slug}")
    return wrong


def _judge(
    stage: Stage,
    record: Record,
    report: Report,
    size: Size,
    *,
    took_s: float,
    refused_in_vain: list[str],
) -> None:
    kept = stage.kept()
    limits = check_limits(kept, capacity=stage.capacity, month=stage.month)
    history = check_history(record.events, kept)
    answered = [second for seconds in record.seconds.values() for second in seconds]
    tries = sum(event.phase == "invoke" for event in record.events if event.action == "place")
    report.tell(PART, "clients, places, tries", f"{size.clients}, {size.places}, {tries}")
    report.tell(PART, "seconds between an answer and the next call", size.think_s)
    report.tell(PART, "acknowledged bookings", record.acknowledged)
    statuses = Counter(booking.status for booking in kept)
    report.tell(PART, "now", ", ".join(f"{n} {status}" for status, n in sorted(statuses.items())))
    report.tell(PART, "answers a second", f"{len(answered) / took_s:.0f}")
    p99_s = percentile(answered, 0.99)
    report.tell(PART, "p50", f"{percentile(answered, 0.5) * 1000:.0f} ms")
    report.judge(PART, "p99", f"{p99_s * 1000:.0f} ms", "<= 1000 ms", met=p99_s <= 1)
    report.none_of(PART, "oversold sessions", count_of(limits, "oversold"))
    report.none_of(PART, "double entitlement", count_of(limits, "bookings in"))
    report.none_of(PART, 'wrong "full" or waiting at rest', refused_in_vain)
    accepted = sum(booking.accepted_offers for booking in kept)
    report.tell(PART, "offers accepted", accepted)
    report.none_of(PART, "double offers", count_of(history, "offers of a place"))
    report.none_of(PART, "answers of 500 and above", record.faults)
    report.none_of(PART, "differences from the clients' histories", history)
    report.none_of(PART, "requests without an answer", list(record.open_orders()))
    verified = stage.verify()
    report.judge(PART, "verify", verified, "0 breaches", met=verified.startswith("0 breaches"))
    report.details[PART] = dict(record.answers)
