"""Clients that book, wait, cancel, read and try again, and write down what they are told."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from random import Random
from uuid import UUID

from tests.load.connection import Answer, Connection, NotSent, Unanswered
from tests.load.history import Action, Event, Order, Phase

# What a client does next, by weight; and what it does besides, where places are short.
MIX: Mapping[str, int] = {"place": 80, "cancel": 8, "again": 6, "read": 6}
WAITING: Mapping[str, int] = {"waitlist": 25, "answer": 6}
# One of so many offers is declined.
DECLINES = 5
MOST_OFFERS = 20
PAUSE_S = 0.02


@dataclass
class Record:
    """Everything that all clients wrote down."""

    events: list[Event] = field(default_factory=list)
    # Seconds an answer took, by what was asked.
    seconds: dict[str, list[float]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    calls: count = field(default_factory=count)  # type: ignore[type-arg]

    def answered(self, action: str, answer: Answer, seconds: float) -> None:
        """Count an answer."""
        self.seconds.setdefault(action, []).append(seconds)
        good = answer.status < 400
        self.answers[f"{action} {answer.status}" if good else f"{answer.status} {answer.slug}"] += 1

    @property
    def faults(self) -> int:
        """Count the answers of 500 and above."""
        return sum(times for answer, times in self.answers.items() if answer.startswith("5"))

    @property
    def acknowledged(self) -> int:
        """Count the bookings that were granted, each once."""
        granted = (event for event in self.events if event.phase == "ok")
        return len({event.booking_id for event in granted if event.action == "place"})

    def open_orders(self) -> dict[str, tuple[int, Order]]:
        """List by key the orders whose clients know nothing, and the client."""
        known: dict[str, tuple[int, Order] | None] = {}
        for event in self.events:
            if event.action == "place" and event.order is not None:
                if event.phase in {"ok", "fail"}:
                    known[event.key] = None
                else:
                    known.setdefault(event.key, (event.client, event.order))
        return {key: value for key, value in known.items() if value is not None}


class Client:
    """One caller, with a connection of its own."""

    def __init__(
        self, number: int, port: int, record: Record, token: Callable[[], str], rng: Random
    ) -> None:
        self.number = number
        self.record = record
        self.rng = rng
        # Whether the last call went unanswered, or could not be made.
        self.cut_off = False
        self._token = token
        self._connection = Connection(port)
        # Bookings granted and not cancelled, and the key and order of each.
        self._mine: dict[str, tuple[str, Order]] = {}

    async def turn(self, orders: deque[Order], mix: Mapping[str, int]) -> bool:
        """Do one thing; tell whether there was an order to place if that was it."""
        [action] = self.rng.choices(list(mix), list(mix.values()))
        if action == "answer":
            await self.answer_offers()
        elif action in {"place", "waitlist"} or not self._mine:
            try:
                order = orders.popleft()
            except IndexError:
                return False
            if action == "waitlist":
                order = Order(order.child_id, order.session_id, order.funding, waitlist=True)
            await self.place(order, self.new_key())
        else:
            booking_id = self.rng.choice(list(self._mine))
            if action == "cancel":
                del self._mine[booking_id]
                await self.cancel(booking_id)
            elif action == "again":
                key, order = self._mine[booking_id]
                await self.place(order, key)
            else:
                await self.read(booking_id)
        return True

    def new_key(self) -> str:
        """Make an Idempotency-Key."""
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    async def place(self, order: Order, key: str) -> Answer | None:
        """Ask for a place."""
        body = {name: value for name, value in asdict(order).items() if value is not False}
        answer = await self._call("place", "/v1/bookings", key, order, body=body)
        if answer is not None and answer.status == 201:
            self._mine[answer.json()["id"]] = (key, order)
        return answer

    async def cancel(self, booking_id: str) -> Answer | None:
        """Give a place back."""
        return await self._call("cancel", f"/v1/bookings/{booking_id}/cancel", booking_id)

    async def answer_offers(self) -> int:
        """Answer the offers that stand open, and count them."""
        try:
            await self._connection.open()
            path = f"/v1/offers?status=open&limit={MOST_OFFERS}"
            listed = await self._ask("offers", "GET", path)
        except (NotSent, Unanswered):
            self.cut_off = True
            return 0
        offers = listed.json()["items"] if listed.status == 200 else []
        for offer in offers:
            verb: Action = "decline" if self.rng.randrange(DECLINES) == 0 else "accept"
            answer = await self.answer_offer(verb, offer)
            # What the child has used meanwhile may stand in the way: then it is for the next one.
            if verb == "accept" and answer is not None and answer.status == 409:
                await self.answer_offer("decline", offer)
        return len(offers)

    async def answer_offer(self, verb: Action, offer: dict[str, str]) -> Answer | None:
        """Accept or decline a place that is kept for a booking."""
        return await self._call(verb, f"/v1/offers/{offer['id']}/{verb}", offer["booking_id"])

    async def read(self, booking_id: str) -> Answer | None:
        """Look at a booking."""
        return await self._call("read", f"/v1/bookings/{booking_id}", booking_id, method="GET")

    async def _call(
        self,
        action: Action,
        path: str,
        key: str,
        order: Order | None = None,
        *,
        method: str = "POST",
        body: dict[str, str] | None = None,
    ) -> Answer | None:
        try:
            await self._connection.open()
        except NotSent:
            # Nothing was asked, so there is nothing to write down.
            self.cut_off = True
            return None
        call = next(self.record.calls)

        def note(phase: Phase, booking_id: str | None = None, status: str | None = None) -> None:
            at = time.perf_counter()
            self.record.events.append(
                Event(at, self.number, call, phase, action, key, order, booking_id, status)
            )

        note("invoke")
        try:
            used = key if action == "place" else None
            answer = await self._ask(action, method, path, key=used, body=body)
        except Unanswered:
            note("unknown")
            self.cut_off = True
            return None
        if answer.status in {200, 201}:
            said = answer.json()
            # Of an offer that was answered, what its booking is by that.
            said = said.get("booking", said)
            note("ok", said["id"], said["status"])
        elif answer.status >= 500:
            # "Try again": it may or may not have been done.
            note("unknown")
        else:
            note("fail")
        return answer

    async def _ask(
        self,
        action: str,
        method: str,
        path: str,
        *,
        key: str | None = None,
        body: dict[str, str] | None = None,
    ) -> Answer:
        started = time.perf_counter()
        answer = await self._connection.request(
            method, path, token=self._token(), key=key, body=body
        )
        self.cut_off = answer.status >= 500
        self.record.answered(action, answer, time.perf_counter() - started)
        return answer

    async def settle(self, order: Order, key: str, *, deadline: float) -> bool:
        """Ask again with the same key until there is a definite answer."""
        while time.perf_counter() < deadline:
            answer = await self.place(order, key)
            if answer is not None and answer.status < 500:
                return True
            await asyncio.sleep(PAUSE_S)
        return False

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def percentile(values: list[float], share: float) -> float:
    """Give the value below which a share of all lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
