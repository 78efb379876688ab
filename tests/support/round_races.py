"""Races about a round's places: given out, answered, passed on; each asserts who may have won.

They stand apart from their tests because the controls run them too, against broken builds. What
a control passes as `harm` lets the others come exactly when the broken build is not looking.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.access.scopes import ClientKind
from app.allocations import refilling
from app.bookings.cancelling import expire_offers
from app.db import transaction
from app.engine.warm import WarmCatalogues
from app.outbox.models import Event as OutboxEvent
from matching.allocation.lottery import draw_order
from tests.support.allocations import allocate, given, publish_offers, read, start, url_of
from tests.support.catalogue import add_activity, add_session
from tests.support.jobs import work
from tests.support.live_server import at_once
from tests.support.races import add_children, booking, breaches, outcome
from tests.support.rounds import CLOSES, SATURDAY, choose, open_round, wanted
from tests.support.waiting import answer_offer, booked, offers, work_round
from tests.support.world import World

Call = Callable[[], Any]
SEED = 7
PATIENCE_S = 20
ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Harm:
    """When a broken build has looked at what is about to change, and when that has changed."""

    looked: Event = field(default_factory=Event)
    changed: Event = field(default_factory=Event)

    def look(self) -> None:
        """Let what has just been read change before anything is done with it."""
        self.looked.set()
        assert self.changed.wait(timeout=PATIENCE_S)


def after_a_look(harm: Harm | None, call: Call) -> Any:
    """Make a call, in a control only when the broken build has looked."""
    if harm is not None:
        assert harm.looked.wait(timeout=PATIENCE_S)
    return call()


def closed_round(
    world: World, *, places: Sequence[int], children: int
) -> tuple[str, list[str], list[str]]:
    """Let children choose the sessions of a round in one order; give round, sessions, children."""
    activity = add_activity(world)
    sessions = [
        add_session(world, activity, SATURDAY + timedelta(days=number), capacity=count)
        for number, count in enumerate(places)
    ]
    ids = add_children(world, children)
    round_id = open_round(world)
    for child in ids:
        answer = choose(world, round_id, child, wanted(*sessions))
        assert answer.status_code == 200, answer.text
    world.clock.now = CLOSES
    # Of one instant for all threads.
    world.token(ClientKind.BROKER)
    return round_id, sessions, ids


def published_round(
    world: World, *, places: Sequence[int], children: int
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Let the offers of a round go out; give the allocation, the sessions and the children."""
    round_id, sessions, ids = closed_round(world, places=places, children=children)
    allocation = allocate(world, round_id, seed=SEED)
    answer = publish_offers(world, allocation)
    assert answer.json()["places"] == {"offered": sum(places)}, answer.text
    return allocation, sessions, ids


def drawn(child_ids: Sequence[str]) -> list[str]:
    """Put children in the order in which the lottery draws them."""
    position = draw_order(tuple(UUID(id_) for id_ in child_ids), SEED, b"child")
    return sorted(child_ids, key=dict(zip(child_ids, position.tolist(), strict=True)).__getitem__)


def open_offers(world: World, **query: Any) -> list[dict[str, Any]]:
    """List the open offers."""
    return offers(world, status="open", limit=200, **query)


def refilled(world: World, allocation: dict[str, Any]) -> list[dict[str, Any]]:
    """List the places that were given after others had let them go."""
    return [one for one in read(world, url_of(allocation))["items"] if one["refilled"]]


def said_in_time(answers: Sequence[Any]) -> Counter[str]:
    """Count what calls were told; who does not call over HTTP answers nothing."""
    return Counter(outcome(answer) for answer in answers if answer is not None)


def race_of_publishers(world: World, *, publishers: int = 3) -> None:
    """Publish two runs of one round, each several times at once: the offers of one go out."""
    round_id, _, _ = closed_round(world, places=[3], children=5)
    runs = [allocate(world, round_id, seed=seed) for seed in (SEED, SEED + 1)]

    answers = at_once([partial(publish_offers, world, run) for run in runs] * publishers)

    assert said_in_time(answers) == {
        "200": publishers,
        "allocation-already-published": publishers,
    }
    assert len({answer.text for answer in answers if answer.is_success}) == 1
    out, other = sorted((read(world, url_of(run)) for run in runs), key=lambda run: run["status"])[
        ::-1
    ]
    assert (out["status"], out["places"]) == ("published", {"offered": 3})
    assert (other["status"], other["places"]) == ("done", {"given": 3})
    assert {offer["child_id"] for offer in open_offers(world)} == set(given(out))
    assert breaches(world) == []


def race_of_publishing_and_booking(world: World, *, harm: Harm | None = None) -> None:
    """Publish while families book directly: nobody has two free places, no session too many."""
    round_id, [lake, _, meadow], ids = closed_round(world, places=[6, 6, 20], children=8)
    allocation = allocate(world, round_id, seed=SEED)
    # Each child books another session than the one it was given; strangers book that one.
    calls = [booking(world, id_, meadow) for id_ in given(allocation)]
    calls += [booking(world, id_, lake) for id_ in add_children(world, 3)]
    made: list[Any] = []

    def book(call: Call) -> Any:
        answer = after_a_look(harm, call)
        made.append(answer)
        if harm is not None and len(made) == len(calls):
            harm.changed.set()
        return answer

    publishing = partial(publish_offers, world, allocation)
    answers = at_once([*(partial(book, call) for call in calls), publishing])

    assert answers[-1].status_code == 200, answers[-1].text
    found = said_in_time(answers[:-1])
    assert set(found) <= {"201", "session-full", "session-overlap", "entitlement-exhausted"}, found
    places = answers[-1].json()["places"]
    assert places.get("offered", 0) + places.get("skipped", 0) == len(ids)
    # Whoever had booked before the offers went out is offered nothing that cannot be accepted.
    booked_at = {a.json()["child_id"]: a.json()["id"] for a in made if a.status_code == 201}
    offered = {offer["child_id"]: offer["id"] for offer in open_offers(world)}
    both = booked_at.keys() & offered.keys()
    assert all(
        told_of(world, offered[child], "offer.made") < told_of(world, booked_at[child], "booking.%")
        for child in both
    )
    for child, offer_id in offered.items():
        told = outcome(answer_offer(world, offer_id, "accept"))
        assert told == ("entitlement-exhausted" if child in both else "200")
    assert breaches(world) == []


def told_of(world: World, object_id: str, type_: str) -> UUID:
    """Give the first event about something: its id tells when it was made, under all locks."""
    with transaction(world.sessions, world.authority_id) as session:
        found = select(OutboxEvent.id).where(
            OutboxEvent.object_id == object_id, OutboxEvent.type.like(type_)
        )
        return session.scalars(found.order_by(OutboxEvent.id)).first() or UUID(int=0)


def skipped(world: World, allocation: dict[str, Any]) -> list[dict[str, Any]]:
    """List the places that could not be offered."""
    return [one for one in read(world, url_of(allocation))["items"] if one["state"] == "skipped"]


def race_of_publishing_and_cancelling(world: World, *, harm: Harm | None = None) -> None:
    """Publish while a session is called off: no offer of it stays."""
    round_id, [lake, pool], _ = closed_round(world, places=[3, 3], children=6)
    allocation = allocate(world, round_id, seed=SEED)

    def call_off() -> Any:
        body, headers = {"status": "cancelled"}, {"If-Match": "*"}
        patch = partial(world.call, "PATCH", f"/v1/sessions/{lake}", json=body, headers=headers)
        answer = after_a_look(harm, patch)
        if harm is not None:
            harm.changed.set()
        return answer

    answers = at_once([partial(publish_offers, world, allocation), call_off])

    assert said_in_time(answers) == {"200": 2}
    work_round(world)
    assert open_offers(world, session_id=lake) == []
    assert len(open_offers(world, session_id=pool)) == 3
    assert {one["skip_reason"] for one in skipped(world, allocation)} <= {"cancelled"}
    assert breaches(world) == []


def race_of_choosing_and_the_deadline(
    world: World, *, children: int = 6, harm: Harm | None = None
) -> None:
    """Change lists as the deadline passes and the run begins: what was taken was given out by."""
    activity = add_activity(world)
    lake, pool = (
        add_session(world, activity, SATURDAY + timedelta(days=number), capacity=children // 2)
        for number in range(2)
    )
    ids = add_children(world, children)
    round_id = open_round(world)
    world.clock.now = CLOSES - ONE_SECOND
    world.token(ClientKind.BROKER)
    runs: list[dict[str, Any]] = []

    def run() -> None:
        if harm is not None:
            assert harm.looked.wait(timeout=PATIENCE_S)
        world.clock.now = CLOSES
        started = start(world, round_id, seed=SEED)
        if started.status_code == 202:
            work(world, started.json()["id"])
            runs.append(read(world, started.json()["result_url"]))
        if harm is not None:
            harm.changed.set()

    calls: list[Call] = [partial(choose, world, round_id, id_, wanted(pool, lake)) for id_ in ids]
    answers = at_once([*calls, run])

    assert set(said_in_time(answers)) <= {"200", "choices-closed"}
    [first] = runs
    assert first["status"] == "done", first
    # Whatever is stored by now was there when the run read it.
    assert allocate(world, round_id, seed=SEED)["inputs_digest"] == first["inputs_digest"]
    late = choose(world, round_id, ids[0], wanted(lake), if_match="*")
    assert outcome(late) == "choices-closed"
    assert breaches(world) == []


def race_of_refillers(world: World, *, workers: int = 5) -> None:
    """Decline several places at once, with several workers: each goes to one child, the next."""
    allocation, [lake], ids = published_round(world, places=[4], children=9)
    line = drawn(ids)
    before = {offer["child_id"]: offer for offer in open_offers(world)}
    assert set(before) == set(line[:4])
    leaving = [before[child] for child in line[:2]]
    declines: list[Call] = [partial(answer_offer, world, one["id"], "decline") for one in leaving]
    rounds: list[Call] = [partial(work_round, world, WarmCatalogues()) for _ in range(workers)]

    answers = at_once([*declines, *rounds])
    at_once(rounds)

    assert said_in_time(answers) == {"200": 2}
    now_open = {offer["child_id"]: offer for offer in open_offers(world, session_id=lake)}
    assert set(now_open) == set(line[2:6]), "the two who stay and the two who are next"
    assert all(now_open[child] == before[child] for child in line[2:4]), "nobody else is moved"
    passed_on = refilled(world, allocation)
    assert sorted(one["child_id"] for one in passed_on) == sorted(line[4:6])
    assert {one["state"] for one in passed_on} == {"offered"}
    assert breaches(world) == []


def race_of_refilling_two_sessions(world: World) -> None:
    """Let places of two sessions come free at once: who is next in both is offered one."""
    allocation, sessions, ids = published_round(world, places=[1, 1], children=4)
    line = drawn(ids)
    at_once([partial(answer_offer, world, offer["id"], "decline") for offer in open_offers(world)])
    # A worker that takes the sessions one after the other would meet nobody.
    at_once([partial(work_session, world, id_) for id_ in sessions * 2])

    work_round(world)
    found = open_offers(world)
    assert sorted(offer["child_id"] for offer in found) == sorted(line[2:])
    assert sorted(offer["session_id"] for offer in found) == sorted(sessions)
    assert {one["state"] for one in refilled(world, allocation)} == {"offered"}
    assert breaches(world) == []


def work_session(world: World, session_id: str) -> None:
    """Do one step of what the worker does for one session of a round."""
    with transaction(world.sessions, world.authority_id) as session:
        refilling.offer_to_next(session, WarmCatalogues(), UUID(session_id), now=world.clock.now)


def race_of_accepting_and_expiry(world: World, *, harm: Harm | None = None) -> None:
    """Accept as the deadline passes: the place is the family's, or the next child's."""
    began = world.clock.now
    _, [lake], ids = published_round(world, places=[1], children=3)
    line = drawn(ids)
    [offer] = open_offers(world)
    deadline = datetime.fromisoformat(offer["expires_at"])
    world.clock.now = deadline - ONE_SECOND
    world.token(ClientKind.BROKER)

    def expire() -> None:
        if harm is not None:
            assert harm.looked.wait(timeout=PATIENCE_S)
        with transaction(world.sessions, world.authority_id) as session:
            expire_offers(session, now=deadline)
        work_round(world)
        if harm is not None:
            harm.changed.set()

    accept = partial(answer_offer, world, offer["id"], "accept")
    found = set(said_in_time(at_once([expire, accept, accept, expire])))

    work_round(world)
    ended = booked(world, offer["booking_id"])["status"]
    left = [one["child_id"] for one in open_offers(world, session_id=lake)]
    assert (found, ended, left) in (
        ({"200"}, "confirmed", []),
        ({"offer-expired"}, "cancelled", [line[1]]),
    )
    assert breaches(world) == []
    world.clock.now = began
    # A token is not valid before it was issued.
    world.tokens.clear()
