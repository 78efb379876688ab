"""Short volleys, each aimed at one promise: requests that are sent at the same moment."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from tests.load.clients import Client, Record
from tests.load.history import Order, check_history, check_limits
from tests.load.stage import Stage

DAYS_AHEAD = timedelta(days=35)
SAME_KEY = 4
KILLED_AFTER_S = 0.6
SETTLE_WITHIN_S = 60


class Volleys:
    """Clients who wait for each other before they ask."""

    def __init__(self, stage: Stage, rng: Random) -> None:
        self.stage = stage
        self.rng = rng
        self.record = Record()
        # What a volley saw by itself.
        self.found: list[str] = []
        self._clients: list[Client] = []

    def clients(self, count: int) -> list[Client]:
        """Give as many clients."""
        while len(self._clients) < count:
            self._clients.append(
                Client(
                    len(self._clients),
                    self.stage.server.port,
                    self.record,
                    self.stage.broker_token,
                    Random(self.rng.random()),
                )
            )
        return self._clients[:count]

    async def fire(self, orders: Sequence[Order], *, key: str | None = None) -> None:
        """Place all orders at once, each by a client of its own, with one key or one each."""
        clients = self.clients(len(orders))
        await asyncio.gather(
            *(
                client.place(order, key or client.new_key())
                for client, order in zip(clients, orders, strict=True)
            )
        )

    def children(self, count: int) -> list[str]:
        """Add children."""
        return self.stage.add_families(1, children=count)[0].child_ids

    def sessions(self, count: int, *, places: int) -> list[str]:
        """Add sessions of one month, none at the time of another."""
        return self.stage.add_sessions(
            [
                self.stage.world.clock.now + DAYS_AHEAD + timedelta(minutes=number)
                for number in range(count)
            ],
            places=places,
            lasting=timedelta(seconds=30),
        )

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()

    def violations(self) -> list[str]:
        """List what differs from what the clients were told, and what is sold too often."""
        kept = self.stage.kept()
        limits = check_limits(kept, capacity=self.stage.capacity, month=self.stage.month)
        # A build that answers nothing but its own faults would sell nothing too often.
        faults = [f"{n} times a fault" for n in [self.record.answers["500 internal-error"]] if n]
        return check_history(self.record.events, kept) + limits + faults + self.found


async def fire_all(stage: Stage, rng: Random) -> list[str]:
    """Fire every volley, kill the server in the last, and list the violations."""
    await stage.renew_broker_token()
    volleys = Volleys(stage, rng)
    await fire_for_places(volleys)
    await fire_for_entitlement(volleys)
    await fire_with_one_key(volleys)
    await free_what_is_waited_for(volleys)
    await read_at_once(volleys)
    await kill_amid(volleys)
    volleys.close()
    return volleys.violations()


async def fire_for_places(volleys: Volleys, *, children: int = 16, places: int = 3) -> None:
    """Send many children after a few places."""
    for session_id in volleys.sessions(2, places=places):
        await volleys.fire(
            [Order(child_id, session_id, "free") for child_id in volleys.children(children)]
        )


async def fire_for_entitlement(volleys: Volleys, *, children: int = 4, sessions: int = 8) -> None:
    """Send a child after many sessions of one month."""
    for child_id in volleys.children(children):
        targets = volleys.sessions(sessions, places=children)
        await volleys.fire([Order(child_id, session_id, "free") for session_id in targets])


async def fire_with_one_key(volleys: Volleys, *, children: int = 4) -> None:
    """Send the same request several times at once, and once more when it has been answered."""
    [session_id] = volleys.sessions(1, places=children)
    for child_id in volleys.children(children):
        order = Order(child_id, session_id, "free")
        key = volleys.clients(1)[0].new_key()
        await volleys.fire([order] * SAME_KEY, key=key)
        await volleys.fire([order], key=key)


async def free_what_is_waited_for(
    volleys: Volleys, *, places: int = 3, rounds: int = 2, newcomers: int = 6
) -> None:
    """Free all places of a session while others ask for them: they are those in line's."""
    for session_id in volleys.sessions(rounds, places=places):
        first, line = volleys.children(places), volleys.children(places + 1)
        for child_id in first:
            [client] = volleys.clients(1)
            await client.place(Order(child_id, session_id, "free"), client.new_key())
        await volleys.fire(
            [Order(child_id, session_id, "free", waitlist=True) for child_id in line]
        )
        held = [
            booking.id
            for booking in volleys.stage.kept()
            if booking.session_id == session_id and booking.status == "confirmed"
        ]
        late = [Order(id_, session_id, "free") for id_ in volleys.children(newcomers)]
        # Others than those who ask for places meanwhile.
        clients = volleys.clients(newcomers + len(held))[newcomers:]
        await asyncio.gather(
            *(client.cancel(id_) for client, id_ in zip(clients, held, strict=True)),
            volleys.fire(late),
        )
        # Once more, now that all of them are free.
        await volleys.fire(late)
        await asyncio.to_thread(volleys.stage.work_round)
        volleys.found += [
            f"child {booking.child_id} has passed those who wait"
            for booking in volleys.stage.kept()
            if booking.session_id == session_id
            and booking.status == "confirmed"
            and booking.child_id not in {*first, *line}
        ]


async def read_at_once(volleys: Volleys, *, children: int = 8) -> None:
    """Read a booking by another connection as soon as it has been acknowledged."""
    [session_id] = volleys.sessions(1, places=children)
    booker, reader = volleys.clients(2)
    for child_id in volleys.children(children):
        answer = await booker.place(Order(child_id, session_id, "free"), booker.new_key())
        if answer is not None and answer.status == 201:
            await reader.read(answer.json()["id"])


async def kill_amid(volleys: Volleys, *, children: int = 400, clients: int = 8) -> None:
    """Kill the server while it books, and retry what went unanswered."""
    stage = volleys.stage
    [session_id] = volleys.sessions(1, places=children)
    orders = [Order(child_id, session_id, "free") for child_id in volleys.children(children)]

    async def be(client: Client) -> None:
        client.cut_off = False
        while orders and not client.cut_off:
            await client.place(orders.pop(), client.new_key())

    at_work = [asyncio.create_task(be(client)) for client in volleys.clients(clients)]
    await asyncio.sleep(KILLED_AFTER_S)
    await asyncio.to_thread(stage.server.kill)
    await asyncio.gather(*at_work)
    await asyncio.to_thread(stage.server.start)
    deadline = asyncio.get_running_loop().time() + SETTLE_WITHIN_S
    [client] = volleys.clients(1)
    for key, (_, order) in volleys.record.open_orders().items():
        await client.settle(order, key, deadline=deadline)


async def fire_around(
    volleys: Volleys, instant: datetime, *, children: int = 3, each_side: int = 3
) -> tuple[list[str], list[str]]:
    """Send each child after sessions just before and just after an instant, all at once.

    Gives the children and the sessions.
    """
    minute = timedelta(minutes=1)
    sessions = volleys.stage.add_sessions(
        [instant + number * minute for number in range(-each_side, each_side)],
        places=children,
        lasting=minute / 2,
    )
    child_ids = volleys.children(children)
    for child_id in child_ids:
        await volleys.fire([Order(child_id, session_id, "free") for session_id in sessions])
    return child_ids, sessions
