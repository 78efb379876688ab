"""Sessions with children in them, and what their briefing says."""

from typing import Any

from app.access.scopes import ClientKind
from tests.support.bookings import book
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.passports import consent, write_passport
from tests.support.world import World


def place(world: World, child_id: str, session_id: str, **fields: Any) -> str:
    """Book a place and give the booking's id."""
    answer = book(world, child_id, session_id, **fields)
    assert answer.status_code == 201, answer.text
    booking_id: str = answer.json()["id"]
    return booking_id


def child_with_passport(world: World, *, given: bool = True, **fields: Any) -> str:
    """Add a child with a passport that may, or may not, be shared."""
    child_id = add_child(world, **fields)
    write_passport(world, child_id)
    consent(world, child_id, given=given)
    return child_id


def session_with_child(world: World, **fields: Any) -> tuple[str, str]:
    """Give a session of the provider's and a child with a shared passport who comes."""
    session_id = add_session(world, add_activity(world))
    child_id = child_with_passport(world, **fields)
    place(world, child_id, session_id)
    return session_id, child_id


def ask(
    world: World, session_id: str, query: str = "", *, kind: ClientKind = ClientKind.PROVIDER
) -> Any:
    """Ask for a briefing, as the provider unless somebody else is named."""
    return world.call("GET", f"/v1/sessions/{session_id}/briefing{query}", kind=kind)


def brief(world: World, session_id: str, query: str = "", **who: Any) -> list[dict[str, Any]]:
    """Read who comes."""
    answer = ask(world, session_id, query, **who)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
