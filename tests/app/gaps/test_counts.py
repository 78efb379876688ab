"""What facts add up to, against counts made by hand."""

from datetime import timedelta
from uuid import UUID

import numpy as np

from app.db import transaction
from app.gaps.counts import (
    CapPressure,
    ConceptPressure,
    NearestMiss,
    NeedCount,
    SessionPressure,
    SettingShare,
    cap_pressure,
    concept_pressure,
    nearest_misses,
    need_counts,
    session_pressure,
    setting_shares,
)
from app.gaps.warm import MonthFacts, WarmMonths
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import refresh
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
SWIMMING = {"text": "swimming", "feeling": "like", "voice": "parent"}
HOIST = [{"code": "hoist", "importance": "essential"}]


def month(world: World) -> MonthFacts:
    refresh(world)
    with transaction(world.sessions, world.authority_id) as session:
        (facts,) = WarmMonths().get(session)
    return facts


def test_pressure_is_children_beside_places_left(world: World) -> None:
    lake = add_activity(world, concepts=["angling"])
    full = add_session(world, lake, SATURDAY, capacity=1)
    roomy = add_session(world, lake, SATURDAY + timedelta(days=7), capacity=5)
    children = [add_child(world, interests=[FISHING]) for _ in range(4)]
    add_child(world, interests=[FISHING], needs=HOIST)
    add_child(world, interests=[SWIMMING])
    book(world, children[0], full)

    facts = month(world)

    # The one who has a place presses no more, and a hoist is no question of places.
    assert session_pressure(facts) == [
        SessionPressure(UUID(full), lake, 3, 0),
        SessionPressure(UUID(roomy), lake, 3, 5),
    ]
    assert concept_pressure(facts) == [ConceptPressure("angling", 3, 5)]
    first = facts.child == np.flatnonzero(facts.options > 0)[0]
    assert [one.children for one in session_pressure(facts, first)] == [1, 1]
    nobody = np.zeros(len(facts.child), dtype=np.bool_)
    assert session_pressure(facts, nobody) == concept_pressure(facts, nobody) == []


def test_only_what_the_entitlement_alone_refuses_is_pressure_of_the_cap(world: World) -> None:
    pool = add_activity(world, title="Swimming", concepts=["swimming"], funding=["free"])
    add_session(world, pool, SATURDAY + timedelta(days=7))
    lake = add_session(world, add_activity(world, concepts=["angling"]))
    capped, lacking = (
        add_child(world, interests=[FISHING, SWIMMING], needs=needs) for needs in ([], HOIST)
    )
    book(world, capped, lake)

    facts = month(world)

    assert cap_pressure(facts) == CapPressure(children=1, wants=1)
    assert cap_pressure(facts, facts.needs[facts.child] != 0) == CapPressure(0, 0)
    assert lacking in {str(facts.child_id(at)) for at in range(2)}


def test_needs_are_counted_met_available_and_lacking(world: World) -> None:
    with_hoist = [{"need": "hoist", "kind": "provided"}]
    lake = add_activity(world, concepts=["angling"], offers=with_hoist)
    session = add_session(world, lake)
    add_session(world, add_activity(world, title="Swimming", concepts=["swimming"]))
    booked = add_child(world, interests=[FISHING], needs=HOIST)
    add_child(world, interests=[FISHING, SWIMMING], needs=HOIST)
    both = [*HOIST, {"code": "bsl", "importance": "essential"}]
    add_child(world, interests=[SWIMMING], needs=both)
    book(world, booked, session)

    assert need_counts(month(world)) == [
        NeedCount("hoist", children=3, met=1, available=1, unmet=2, lacking=2, only=1),
        NeedCount("bsl", children=1, met=0, available=0, unmet=1, lacking=1, only=0),
    ]


def test_settings_are_counted_by_wants_and_by_what_is_on_offer(world: World) -> None:
    lake = add_activity(world, concepts=["angling"], setting="universal")
    session = add_session(world, lake, capacity=2)
    pool = add_activity(world, title="Swimming", concepts=["swimming"], setting="specialist")
    add_session(world, pool, capacity=4)
    child = add_child(world, interests=[FISHING, SWIMMING])
    add_child(world, interests=[FISHING, SWIMMING], needs=HOIST)
    book(world, child, session)

    assert setting_shares(month(world)) == [
        SettingShare("specialist", met=0, available=0, missed=2, sessions=1, places_left=4),
        SettingShare("supported", met=0, available=0, missed=0, sessions=0, places_left=0),
        SettingShare("universal", met=1, available=0, missed=1, sessions=1, places_left=1),
    ]


def test_the_nearest_misses_name_what_would_serve_most(world: World) -> None:
    lake = add_activity(world, concepts=["angling"])
    session = add_session(world, lake)
    for _ in range(3):
        add_child(world, interests=[FISHING], needs=HOIST)
    add_child(
        world,
        interests=[FISHING],
        date_of_birth="2012-01-01",
        travel={"max_km": 1},
        home={"postcode": "CW1 1AA", "latitude": 53.1, "longitude": -2.44},
    )

    facts = month(world)

    assert nearest_misses(facts, limit=9) == [
        NearestMiss(UUID(session), lake, 5, ("need",), ("hoist",), 3),
        NearestMiss(UUID(session), lake, 5, ("distance",), (), 1),
    ]
    assert len(nearest_misses(facts, limit=1)) == 1


def test_an_empty_month_adds_up_to_nothing(world: World) -> None:
    facts = month(world)
    assert session_pressure(facts) == concept_pressure(facts) == need_counts(facts) == []
    assert cap_pressure(facts) == CapPressure(0, 0)
    assert nearest_misses(facts, limit=5) == []
    assert {one.met for one in setting_shares(facts)} == {0}
