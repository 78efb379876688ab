"""Races about places that come free while others wait, each asserting who may have won.

They stand apart from their tests because the controls run them too, against broken builds.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any

from sqlalchemy import text

from app.access.scopes import ClientKind
from app.bookings.cancelling import expire_offers
from app.db import transaction
from app.engine.warm import WarmCatalogues
from tests.support.bookings import book
from tests.support.catalogue import add_activity, add_session
from tests.support.live_server import at_once
from tests.support.races import add_children, booking, breaches, change, outcome
from tests.support.waiting import answer_offer, booked, offers, wait_for, work_round
from tests.support.world import World

Call = Callable[[], Any]


def fill(world: World, *, places: int, waiting: int) -> tuple[str, list[str], list[str]]:
    """Fill a session and let others wait; give the session, its bookings and those that wait."""
    session_id = add_session(world, add_activity(world), capacity=places)
    taken = [book(world, id_, session_id).json()["id"] for id_ in add_children(world, places)]
    return session_id, taken, [wait_for(world, i, session_id) for i in add_children(world, waiting)]


def open_offers(world: World, session_id: str) -> list[str]:
    """Name the bookings that hold an open offer."""
    return [o["booking_id"] for o in offers(world, session_id=session_id, status="open")]


def again_after(done: Event, call: Call) -> Call:
    """Ask at once, and whoever got nothing once more when that has happened."""

    def ask() -> Any:
        answer = call()
        if answer.is_success:
            return answer
        assert done.wait(timeout=60)
        return call()

    return ask


def race_for_a_freed_place(
    world: World, *, clients: int = 32, waiting: int = 10, workers: int = 3
) -> None:
    """Send many after one place that comes free, for which others have waited."""
    session_id, [taken], line = fill(world, places=1, waiting=waiting)
    children = add_children(world, clients)
    freed = Event()
    books = [again_after(freed, booking(world, child_id, session_id)) for child_id in children]
    rounds: list[Call] = [partial(work_round, world)] * workers
    cancel = change(world, taken, "cancel")

    def free() -> Any:
        answer = cancel()
        freed.set()
        return answer

    answers = at_once([*books[::2], free, *rounds, *books[1::2]])

    found = Counter(outcome(answer) for answer in answers if answer is not None)
    assert found == {"200": 1, "session-full": clients}, found
    work_round(world)
    assert open_offers(world, session_id) == line[:1], "the one whose turn it is"
    assert breaches(world) == []


def race_of_workers(world: World, *, workers: int = 6, places: int = 4) -> None:
    """Let several workers offer several places at once."""
    session_id, taken, line = fill(world, places=places, waiting=2 * places)
    at_once([change(world, booking_id, "cancel") for booking_id in taken])

    at_once([partial(work_round, world, WarmCatalogues())] * workers)

    work_round(world)
    assert open_offers(world, session_id) == line[:places]
    assert len(offers(world, session_id=session_id)) == places, "nobody is promoted twice"
    assert breaches(world) == []


def race_to_join(world: World, *, clients: int = 12) -> None:
    """Join the list while the only place comes free: nobody waits beside a free place."""
    session_id, [taken], _ = fill(world, places=1, waiting=0)
    joins = [booking(world, id_, session_id, waitlist=True) for id_ in add_children(world, clients)]
    rounds: list[Call] = [partial(work_round, world)] * 2

    answers = at_once([*joins[::2], change(world, taken, "cancel"), *rounds, *joins[1::2]])

    made = [a.json()["status"] for a in answers if a is not None and a.status_code == 201]
    assert len(made) == clients
    work_round(world)
    got = made.count("confirmed") + len(open_offers(world, session_id))
    assert (got, made.count("confirmed") <= 1) == (1, True)
    assert breaches(world) == []


def offer_one(world: World) -> tuple[str, str, dict[str, Any]]:
    """Offer one place to the first of two; give the session, the second and the offer."""
    session_id, [taken], line = fill(world, places=1, waiting=2)
    change(world, taken, "cancel")()
    work_round(world)
    [offer] = offers(world, session_id=session_id)
    assert offer["booking_id"] == line[0]
    return session_id, line[1], offer


def race_of_answers(world: World, verbs: tuple[str, ...]) -> None:
    """Answer one offer in several ways at once: one of them counts, the others are told."""
    session_id, second, offer = offer_one(world)
    calls: list[Call] = []
    for verb in verbs:
        if verb == "cancel":
            calls.append(change(world, offer["booking_id"], "cancel"))
        elif verb == "promote":
            calls.append(partial(work_round, world))
        else:
            calls.append(partial(answer_offer, world, offer["id"], verb))

    answers = [answer for answer in at_once(calls * 2) if answer is not None]

    assert {outcome(answer) for answer in answers} <= {"200", "offer-closed"}
    work_round(world)
    first = booked(world, offer["booking_id"])["status"]
    # Once accepted it can still be cancelled; declined it stays so.
    assert first in {"confirmed", "cancelled"}
    assert open_offers(world, session_id) == ([] if first == "confirmed" else [second])
    assert breaches(world) == []


def race_of_accepting_and_expiry(world: World) -> None:
    """Accept as the deadline passes: the place is the family's, or the next one's."""
    began = world.clock.now
    session_id, second, offer = offer_one(world)
    deadline = datetime.fromisoformat(offer["expires_at"])
    # The family's second is the last one; the worker's clock is a little ahead.
    world.clock.now = deadline - timedelta(seconds=1)
    world.token(ClientKind.BROKER)

    def expire() -> None:
        with transaction(world.sessions, world.authority_id) as session:
            expire_offers(session, now=deadline)

    accept = partial(answer_offer, world, offer["id"], "accept")
    calls: list[Call] = [expire, accept, accept, expire]

    found = {outcome(answer) for answer in at_once(calls) if answer is not None}

    work_round(world)
    first = booked(world, offer["booking_id"])
    assert (found, first["status"], open_offers(world, session_id)) in (
        ({"200"}, "confirmed", []),
        ({"offer-expired"}, "cancelled", [second]),
    )
    assert breaches(world) == []
    world.clock.now = began
    # A token is not valid before it was issued.
    world.tokens.clear()


def race_for_an_expired_offer(world: World, *, clients: int = 8) -> None:
    """Book the place of an offer that ran out, before and while the worker ends it."""
    began = world.clock.now
    session_id, [taken], [waited] = fill(world, places=1, waiting=1)
    change(world, taken, "cancel")()
    work_round(world)
    [offer] = offers(world, session_id=session_id)
    children = add_children(world, clients)
    world.clock.now = datetime.fromisoformat(offer["expires_at"])
    world.token(ClientKind.BROKER)
    books = [booking(world, child_id, session_id) for child_id in children]
    rounds: list[Call] = [partial(work_round, world)] * 2

    answers = at_once([*books[::2], *rounds, *books[1::2]])

    found = Counter(outcome(answer) for answer in answers if answer is not None)
    assert found["201"] <= 1, found
    assert set(found) <= {"201", "session-full"}, found
    # Whoever comes while another ends the offer may find it full; the next one does not.
    if not found["201"]:
        assert book(world, children[0], session_id).status_code == 201
    ended = booked(world, waited)
    assert (ended["status"], ended["cancel_cause"]) == ("cancelled", "offer_expired")
    assert breaches(world) == []
    world.clock.now = began
    # A token is not valid before it was issued.
    world.tokens.clear()


def forget_the_index(world: World) -> None:
    """Show by hand that two open offers of one booking are impossible."""
    _, _, offer = offer_one(world)
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(
            text(
                "INSERT INTO place_offers (authority_id, id, booking_id, child_id, session_id,"
                " source, status, made_at, expires_at) SELECT authority_id, gen_random_uuid(),"
                " booking_id, child_id, session_id, source, status, made_at, expires_at"
                " FROM place_offers WHERE id = :id"
            ),
            {"id": offer["id"]},
        )
