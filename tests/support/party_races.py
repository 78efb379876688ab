"""Races of children who are booked together, which the controls run against broken builds too."""

from collections.abc import Sequence
from datetime import timedelta

from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.parties import book_party, live_bookings
from tests.support.races import (
    BROKER,
    Call,
    add_children,
    add_service,
    booking,
    breaches,
    essential,
    outcomes,
)
from tests.support.world import World


def party(world: World, child_ids: Sequence[str], session_id: str, **fields: object) -> Call:
    """Prepare a booking of children together."""
    token = world.token(BROKER)
    return lambda: book_party(world, list(child_ids), session_id, token=token, **fields)


def whole_parties(world: World, session_id: str) -> list[int]:
    """Give the sizes of the parties that have places in a session."""
    sizes: dict[str, int] = {}
    for made in live_bookings(world, session_id=session_id):
        if made["party_id"] is not None:
            sizes[made["party_id"]] = sizes.get(made["party_id"], 0) + 1
    return list(sizes.values())


def race_of_two_parties(world: World) -> None:
    """Send two parties of three after five places."""
    session_id = add_session(world, add_activity(world), capacity=5)
    children = add_children(world, 6)

    found = outcomes(
        [party(world, children[:3], session_id), party(world, children[3:], session_id)]
    )

    assert found == {"201": 1, "session-full": 1}
    assert whole_parties(world, session_id) == [3]
    assert world.call("GET", f"/v1/sessions/{session_id}").json()["places_left"] == 2
    assert breaches(world) == []


def race_in_opposite_orders(world: World, *, size: int = 4, pairs: int = 6) -> None:
    """Book the same children together for different sessions, named in opposite orders."""
    activity_id = add_activity(world)
    children = add_children(world, size)
    targets = [
        add_session(world, activity_id, SATURDAY + timedelta(hours=3 * number))
        for number in range(2 * pairs)
    ]

    found = outcomes(
        [
            party(world, children if number % 2 else children[::-1], session_id)
            for number, session_id in enumerate(targets)
        ]
    )

    # Each child has one free activity a month, so that one party of all is made.
    assert found == {"201": 1, "entitlement-exhausted": 2 * pairs - 1}
    assert breaches(world) == []


def race_with_single_bookings(world: World, *, places: int = 8) -> None:
    """Send parties of three and single children after the same places."""
    session_id = add_session(world, add_activity(world), capacity=places)
    children = add_children(world, 3 * 4 + 8)
    parties = [party(world, children[at : at + 3], session_id) for at in range(0, 12, 3)]
    singles = [booking(world, child_id, session_id) for child_id in children[12:]]

    found = outcomes([*parties, *singles])

    sizes = whole_parties(world, session_id)
    assert set(sizes) <= {3}
    taken = len(live_bookings(world, session_id=session_id))
    assert taken == sum(sizes) + found["201"] - len(sizes)
    assert set(found) == {"201", "session-full"}
    # One who goes alone is refused only when nothing is left.
    if found["201"] - len(sizes) < len(singles):
        assert taken == places
    assert breaches(world) == []


def race_for_support(world: World) -> None:
    """Send parties after helpers of the session and of the week, wanted in different orders."""
    add_service(world, "interpreter", per_week=3)
    add_service(world, "nurse", per_week=3)
    activity_id = add_activity(world)
    deaf = add_children(world, 4, needs=[essential("interpreter")])
    ill = add_children(world, 4, needs=[essential("nurse")])

    found = outcomes(
        [
            party(world, pair, add_session(world, activity_id))
            for pair in zip(deaf, reversed(ill), strict=True)
        ]
    )

    assert found == {"201": 3, "support-unavailable": 1}
    assert breaches(world) == []
