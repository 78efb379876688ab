"""Sessions that children have been to, with what was said of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_session
from tests.support.world import World


def attend_session(
    world: World, child_id: str, activity_id: UUID, at: datetime = SATURDAY, **fields: Any
) -> str:
    """Book a place, let the session begin and record that the child came."""
    booking = book(world, child_id, add_session(world, activity_id, at), **fields)
    assert booking.status_code == 201, booking.text
    booking_id: str = booking.json()["id"]
    world.clock.now = at
    came = world.call("POST", f"/v1/bookings/{booking_id}/attendance", json={"attended": True})
    assert came.status_code == 200, came.text
    return booking_id


def say(world: World, booking_id: str, said: dict[str, Any], **who: Any) -> Any:
    """Give feedback on a session, with 4 of 5 points unless it says otherwise."""
    body = {"rating": 4, **said}
    return world.call("POST", f"/v1/bookings/{booking_id}/feedback", json=body, **who)
