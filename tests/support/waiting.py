"""Waiting lists: a full session, those who wait for it, and the worker's rounds."""

from collections.abc import Sequence
from typing import Any

from app.bookings.cancelling import expire_offers
from app.bookings.promoting import promote
from app.bookings.waitlist_queries import list_kept
from app.db import transaction
from app.engine.warm import WarmCatalogues
from app.jobs import offer_places_of
from tests.support.bookings import book
from tests.support.world import World


def wait_for(world: World, child_id: str, session_id: str, **fields: Any) -> str:
    """Put a child on the list of a full session and give the booking's id."""
    answer = book(world, child_id, session_id, waitlist=True, **fields)
    assert answer.status_code == 201, answer.text
    booking = answer.json()
    assert booking["status"] == "waitlisted", booking
    booking_id: str = booking["id"]
    return booking_id


def work_round(world: World, warm: WarmCatalogues | None = None) -> None:
    """Do for one authority what the worker does every minute."""
    with transaction(world.sessions, world.authority_id) as session:
        expire_offers(session, now=world.clock.now)
    with transaction(world.sessions, world.authority_id) as session:
        kept = list_kept(session)
    for session_id in kept:
        offer_places_of(
            world.sessions,
            lambda: world.clock.now,
            warm or WarmCatalogues(),
            world.authority_id,
            session_id,
        )


def one_step(world: World, session_id: str, warm: WarmCatalogues | None = None) -> bool:
    """Do the next step of a round, as a worker that is stopped after it."""
    with transaction(world.sessions, world.authority_id) as session:
        return promote(
            session,
            warm or WarmCatalogues(),
            session_id,  # type: ignore[arg-type]
            passed_over=set(),
            now=world.clock.now,
        )


def cancel(world: World, booking_id: str, **body: Any) -> Any:
    """Cancel a booking."""
    answer = world.call("POST", f"/v1/bookings/{booking_id}/cancel", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def booked(world: World, booking_id: str) -> dict[str, Any]:
    """Read a booking."""
    booking: dict[str, Any] = world.call("GET", f"/v1/bookings/{booking_id}").json()
    return booking


def offers(world: World, **query: Any) -> list[dict[str, Any]]:
    """List offers."""
    answer = world.call("GET", "/v1/offers", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def answer_offer(world: World, offer_id: str, verb: str) -> Any:
    """Accept or decline."""
    return world.call("POST", f"/v1/offers/{offer_id}/{verb}")


def history(world: World, booking_id: str) -> Sequence[dict[str, Any]]:
    """Read what happened to a booking."""
    items: list[dict[str, Any]] = world.call("GET", f"/v1/bookings/{booking_id}/history").json()[
        "items"
    ]
    return items


def places_left(world: World, session_id: str) -> int:
    """Read how many places a session has left."""
    places: int = world.call("GET", f"/v1/sessions/{session_id}").json()["places_left"]
    return places
