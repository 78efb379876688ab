"""What clients did and were told, and whether what the service has kept agrees with it.

A client writes down that it asks, and then `ok`, `fail` or `unknown`: `unknown` if the connection
ended first. Nothing else is believed: the checker knows none of the service's counters.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Phase = Literal["invoke", "ok", "fail", "unknown"]
Action = Literal["place", "cancel", "read", "accept", "decline"]

ACTIVE = ("held", "confirmed", "attended", "no_show")


@dataclass(frozen=True, slots=True)
class Order:
    """What a booking is asked for with."""

    child_id: str
    session_id: str
    funding: str
    waitlist: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a client's diary."""

    at: float
    client: int
    # The same for an invocation and for its end.
    call: int
    phase: Phase
    action: Action
    # The Idempotency-Key of a booking; else the id of the booking that it is about.
    key: str
    order: Order | None = None
    # What an `ok` named, and in which status.
    booking_id: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A booking as the service has kept it."""

    id: str
    child_id: str
    session_id: str
    funding: str
    status: str
    # How many offers of a place it has that nobody has answered, and that were accepted.
    open_offers: int = 0
    accepted_offers: int = 0

    @property
    def takes_place(self) -> bool:
        """Tell whether a place is taken by it, or kept for it."""
        return self.status in ACTIVE or self.open_offers > 0

    @property
    def order(self) -> tuple[str, str, str]:
        """Give what it was asked for with."""
        return (self.child_id, self.session_id, self.funding)


@dataclass(frozen=True, slots=True)
class Call:
    """An invocation and its end; without an end it is unknown."""

    begun: Event
    ended: Event | None

    @property
    def phase(self) -> Phase:
        """Give how it ended."""
        return "unknown" if self.ended is None else self.ended.phase

    def precedes(self, other: "Call") -> bool:
        """Tell whether it had ended when the other began."""
        return self.ended is not None and self.ended.at <= other.begun.at


def pair(events: Iterable[Event]) -> list[Call]:
    """Bring each invocation together with its end."""
    begun: dict[int, Event] = {}
    ended: dict[int, Event] = {}
    for event in events:
        found = begun if event.phase == "invoke" else ended
        if event.call in found:
            raise ValueError(f"call {event.call} has two of {event.phase}")
        found[event.call] = event
    if ended.keys() - begun.keys():
        raise ValueError("an end without an invocation")
    return [Call(event, ended.get(call)) for call, event in begun.items()]


def verdict(attempts: Sequence[Call]) -> Phase:
    """Tell what became of one key, whose attempts are in order.

    A refusal settles what was unknown before it: had that been done, the key would be known.
    """
    if any(attempt.phase == "ok" for attempt in attempts):
        return "ok"
    return attempts[-1].phase


def check_history(events: Iterable[Event], kept: Sequence[Kept]) -> list[str]:
    """List each way in which what was kept differs from what clients were told."""
    calls = sorted(pair(events), key=lambda call: call.begun.at)
    by_key: dict[str, list[Call]] = defaultdict(list)
    # By booking: what ended it, and what made a place of its waiting.
    cancels: dict[str, list[Call]] = defaultdict(list)
    accepts: dict[str, list[Call]] = defaultdict(list)
    reads = []
    for call in calls:
        match call.begun.action:
            case "place":
                by_key[call.begun.key].append(call)
            case "cancel" | "decline":
                cancels[call.begun.key].append(call)
            case "accept":
                accepts[call.begun.key].append(call)
            case "read":
                reads.append(call)
    return [
        *_check_places(by_key, kept),
        *_check_cancels(cancels, kept),
        *_check_waiting(by_key, accepts, kept),
        *_check_reads(reads, by_key, cancels),
    ]


def _check_places(by_key: Mapping[str, list[Call]], kept: Sequence[Kept]) -> list[str]:
    found = []
    times_kept = Counter(booking.id for booking in kept)
    by_id = {booking.id: booking for booking in kept}
    told: dict[str, str] = {}
    # By order: how many unknown requests may have been done.
    unknown: Counter[tuple[str, str, str]] = Counter()
    for key, attempts in by_key.items():
        order = attempts[0].begun.order
        assert order is not None
        wanted = (order.child_id, order.session_id, order.funding)
        oks = [attempt for attempt in attempts if attempt.phase == "ok"]
        ids = {attempt.ended.booking_id for attempt in oks if attempt.ended}
        if len(ids) > 1:
            found.append(f"key {key} was answered with {len(ids)} bookings")
        if any(ok.precedes(other) for ok in oks for other in attempts if other.phase == "fail"):
            found.append(f"key {key} was refused after it had been granted")
        for booking_id in ids:
            if booking_id is None:
                found.append(f"key {key} was granted without a booking")
                continue
            if told.setdefault(booking_id, key) != key:
                found.append(f"booking {booking_id} was told to two keys")
            if times_kept[booking_id] != 1:
                found.append(f"acknowledged booking {booking_id} is kept {times_kept[booking_id]}x")
            elif by_id[booking_id].order != wanted:
                found.append(f"booking {booking_id} is not what was asked for")
        if verdict(attempts) == "unknown":
            unknown[wanted] += 1
    for booking in kept:
        if booking.id in told:
            continue
        if unknown[booking.order] > 0:
            unknown[booking.order] -= 1
        else:
            found.append(f"booking {booking.id} is kept, and nobody was told of it")
    return found


def _check_cancels(cancels: Mapping[str, list[Call]], kept: Sequence[Kept]) -> list[str]:
    found = []
    for booking in kept:
        phases = {call.phase for call in cancels.get(booking.id, [])}
        if "ok" in phases and booking.status != "cancelled":
            found.append(f"booking {booking.id} was cancelled and is {booking.status}")
        if booking.status == "cancelled" and not phases & {"ok", "unknown"}:
            found.append(f"booking {booking.id} is cancelled, and nobody asked for it")
    return found


def _check_waiting(
    by_key: Mapping[str, list[Call]], accepts: Mapping[str, list[Call]], kept: Sequence[Kept]
) -> list[str]:
    told: dict[str | None, set[str | None]] = defaultdict(set)
    for attempts in by_key.values():
        for attempt in attempts:
            if attempt.phase == "ok" and attempt.ended:
                told[attempt.ended.booking_id].add(attempt.ended.status)
    found = []
    for booking in kept:
        phases = {call.phase for call in accepts.get(booking.id, [])}
        had_place = bool(told[booking.id] & set(ACTIVE)) or "ok" in phases
        if booking.status == "waitlisted" and had_place:
            found.append(f"booking {booking.id} waits for the place that it had")
        only_waited = told[booking.id] == {"waitlisted"}
        if booking.status in ACTIVE and only_waited and not phases & {"ok", "unknown"}:
            found.append(f"booking {booking.id} has a place that nobody has accepted")
        offers = booking.open_offers + booking.accepted_offers
        if offers > 1 or ("ok" in phases and booking.accepted_offers != 1):
            found.append(f"booking {booking.id} has {offers} offers of a place")
    return found


def _check_reads(
    reads: Iterable[Call], by_key: Mapping[str, list[Call]], cancels: Mapping[str, list[Call]]
) -> list[str]:
    found = []
    placed: dict[str, Call] = {}
    for attempts in by_key.values():
        for attempt in attempts:
            if attempt.phase == "ok" and attempt.ended and attempt.ended.booking_id:
                placed.setdefault(attempt.ended.booking_id, attempt)
    for read in reads:
        booking_id = read.begun.key
        if read.ended is None or booking_id not in placed or read.phase == "unknown":
            continue
        if not placed[booking_id].precedes(read):
            continue
        if read.phase == "fail":
            found.append(f"booking {booking_id} was acknowledged and could not be read")
            continue
        ended = read.ended
        asked = [call for call in cancels.get(booking_id, []) if call.begun.at <= ended.at]
        gone = any(call.phase == "ok" and call.precedes(read) for call in asked)
        seen = ended.status == "cancelled"
        if gone and not seen:
            found.append(f"booking {booking_id} was read as {ended.status} after its cancellation")
        if seen and not asked:
            found.append(f"booking {booking_id} was read as cancelled before anybody asked")
    return found


def check_limits(
    kept: Iterable[Kept],
    *,
    capacity: Mapping[str, int],
    month: Mapping[str, str],
    allowed: int = 1,
) -> list[str]:
    """List sessions with more children than places, and children with more than their months'."""
    kept = list(kept)
    active = [booking for booking in kept if booking.status in ACTIVE]
    taken = Counter(booking.session_id for booking in kept if booking.takes_place)
    used = Counter(
        (booking.child_id, month[booking.session_id], booking.funding) for booking in active
    )
    return [
        *(
            f"session {session_id} is oversold: {count} of {capacity[session_id]}"
            for session_id, count in taken.items()
            if count > capacity[session_id]
        ),
        *(
            f"child {child_id} has {count} {funding} bookings in {of}"
            for (child_id, of, funding), count in used.items()
            if count > allowed
        ),
    ]


def check_at_rest(
    kept: Sequence[Kept],
    *,
    capacity: Mapping[str, int],
    month: Mapping[str, str],
    allowed: int = 1,
) -> list[str]:
    """List who waits beside a free place that the child could take, once all is quiet."""
    taken = Counter(booking.session_id for booking in kept if booking.takes_place)
    used = Counter(
        (booking.child_id, month[booking.session_id], booking.funding)
        for booking in kept
        if booking.status in ACTIVE
    )
    return [
        f"booking {booking.id} waits beside a free place"
        for booking in kept
        if booking.status == "waitlisted"
        and not booking.open_offers
        and taken[booking.session_id] < capacity[booking.session_id]
        and used[booking.child_id, month[booking.session_id], booking.funding] < allowed
    ]


def count_of(violations: Iterable[str], text: str) -> int:
    """Count the violations that say something."""
    return sum(text in violation for violation in violations)
