"""A session that is full, for tests of those who wait for it."""

import pytest

from tests.support.bookings import book
from tests.support.catalogue import add_activity, add_session
from tests.support.races import add_children
from tests.support.world import World


@pytest.fixture
def full(world: World) -> tuple[str, str]:
    """Fill a session of one place; give the session and the booking that has it."""
    session_id = add_session(world, add_activity(world), capacity=1)
    [child_id] = add_children(world, 1)
    made = book(world, child_id, session_id)
    assert made.status_code == 201, made.text
    return session_id, made.json()["id"]
