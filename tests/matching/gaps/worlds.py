"""Random worlds with wants, how the oracle sees them, and the small world of planted gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from matching import (
    BLOCKING_REASONS,
    NEED_CODES,
    OUTCOMES,
    ActivityRow,
    Booked,
    Child,
    GapFacts,
    Holdings,
    Interest,
    Need,
    OfferRow,
    OpenWish,
    PolicyAges,
    Remaining,
    SessionRow,
    Wanting,
    Window,
    find_gaps,
    wants_of,
)
from tests.matching.gaps import oracle
from tests.matching.worlds import (
    FEW_NEEDS,
    SMALL_VOCABULARY,
    World,
    draw_easy_world,
    draw_uuid,
    draw_world,
)

Wished = list[list[str]]
MONDAY = datetime(2026, 6, 1, 10, tzinfo=UTC)


def draw(seed: int) -> tuple[World, list[Wanting], Wished]:
    """Draw a world whose children wish for something at times and have a place at times."""
    rng = Random(seed)
    world = [draw_world, draw_easy_world, draw_scarce_world][seed % 3](rng, n_children=10)
    children, wished = [], []
    for child, holdings in world.children:
        wishes = [rng.choice(["dogs", "sport", "swimming"])] if rng.random() < 0.3 else []
        places = rng.sample(world.sessions, 2) if rng.random() < 0.4 else []
        children.append(wanting(child, holdings, wishes, [one.id for one in places]))
        wished.append(wishes)
    return world, children, wished


def draw_scarce_world(rng: Random, n_children: int) -> World:
    """Draw a world in which one thing is short: places, time to arrange, hours, the allowance."""
    world = draw_easy_world(rng, 60, n_children)
    short = rng.randrange(5)
    starts, ends = rng.choice(world.sessions).starts_at, max(s.ends_at for s in world.sessions)
    if short == 0:
        world.places_left = {one: rng.choice([0, 0, 0, 1]) for one in world.places_left}
    elif short == 1:
        world.activities = [
            replace(one, offers=tuple(OfferRow(need, "on_request", 0, 14) for need in FEW_NEEDS))
            for one in world.activities
        ]
        world.now = starts - timedelta(days=7)
    elif short == 2:
        begins = min(one.starts_at for one in world.sessions)
        holdings = Holdings(booked=(Booked(begins, starts), Booked(starts, ends)))
        world.children = [(child, holdings) for child, _ in world.children]
    elif short == 3:
        holdings = Holdings(remaining_otherwise=Remaining(free=0, contributory=0))
        world.children = [(child, holdings) for child, _ in world.children]
    else:
        world.sessions = [replace(one, cancelled=rng.random() < 0.8) for one in world.sessions]
    return world


def wanting(
    child: Child, holdings: Holdings, wishes: Sequence[str] = (), places: Sequence[UUID] = ()
) -> Wanting:
    open_wishes = [OpenWish("", (one,)) for one in wishes]
    wants = wants_of(child.interests, open_wishes, SMALL_VOCABULARY)
    return Wanting(child, holdings, wants, tuple(places))


def differences(world: World, children: list[Wanting], wished: Wished) -> list[str]:
    """List every want of which the engine and the oracle think differently."""
    catalogue = world.catalogue()
    found = find_gaps(catalogue, children, world.live(catalogue), near_within=1)
    wrong, row = [], 0
    for at, one in enumerate(children):
        going: set[UUID] = set()
        expected = oracle.wants_of(one.child, wished[at])
        for concept in expected:
            named = found.concepts[found.concept[row]] if found.concept[row] >= 0 else None
            if (found.child[row], named) != (at, concept):
                wrong.append(f"row {row}: {found.child[row]} {named} for {at} {concept}")
            elif concept is not None:
                fact = oracle.fact_of(world, one, concept)
                going |= fact.going
                mine, theirs = shown(found, row, catalogue.session_ids), vars(fact)
                if mine != {**theirs, "going": len(fact.going)}:
                    wrong.append(f"child {at}, {concept}: {mine} for {theirs}")
                unmet = fact.outcome not in ("met", "available", "nothing_on_offer")
                pairs = oracle.near_pairs(world, one, concept) if unmet else set()
                if near_of(found, row, catalogue.session_ids) != pairs:
                    wrong.append(f"child {at}, {concept}: other near misses")
            row += 1
        sessions = found.going_session[found.going_child == at]
        if None not in expected and {catalogue.session_ids[s] for s in sessions} != going:
            wrong.append(f"child {at} could go elsewhere")
    return wrong if row == len(found.child) else [*wrong, "more wants than there are"]


def shown(found: GapFacts, row: int, ids: tuple[UUID, ...]) -> dict[str, object]:
    """Put a row as the oracle puts it."""
    return {
        "outcome": OUTCOMES[found.outcome[row]],
        "reasons": words(int(found.mask[row]), BLOCKING_REASONS),
        "needs": set(words(int(found.needs[row]), NEED_CODES)),
        "session": ids[found.session[row]] if found.session[row] >= 0 else None,
        "going": int(found.could_go[row]),
    }


def near_of(found: GapFacts, row: int, ids: tuple[UUID, ...]) -> set[tuple[UUID, str]]:
    near = found.near
    rows = near.fact == row
    return {
        (ids[session], *words(int(mask), BLOCKING_REASONS))
        for session, mask in zip(near.session[rows], near.mask[rows], strict=True)
    }


def words(mask: int, names: tuple[str, ...]) -> list[str]:
    return [name for bit, name in enumerate(names) if mask >> bit & 1]


def plain_world(rng: Random) -> World:
    """Make ten children who all like to swim, two pools with sessions on all days, and no gap."""
    activities, sessions = [], []
    for number in range(2):
        pool = ActivityRow(
            id=draw_uuid(rng),
            title="Swimming",
            latitude=53.0 + 0.4 * number,
            longitude=-2.2,
            concepts=("swimming",),
            offers=(OfferRow("hoist"),),
        )
        activities.append(pool)
        for day in range(28):
            starts = MONDAY + timedelta(days=day)
            sessions.append(
                SessionRow(draw_uuid(rng), pool.id, starts, starts + timedelta(hours=2))
            )
    swimmer = Child(date(2015, 1, 1), interests=(Interest("swimming"),))
    return World(
        activities=activities,
        sessions=sessions,
        children=[(swimmer, Holdings()) for _ in range(10)],
        now=MONDAY - timedelta(days=30),
        places_left=dict.fromkeys((one.id for one in sessions), 3),
        limited_taken={},
        services=(),
        policies=(PolicyAges(),),
    )


def saturday_only(child: Child) -> Child:
    return replace(child, availability=(Window("saturday", time(8), time(18)),))


def with_need(child: Child, code: str) -> Child:
    return replace(child, needs=(Need(code),))


def living_at(child: Child, latitude: float) -> Child:
    return replace(child, latitude=latitude, longitude=-2.2, max_km=10.0)


def facts_of(world: World) -> tuple[GapFacts, tuple[UUID, ...]]:
    """Find the facts of a world whose children hold nothing."""
    catalogue = world.catalogue()
    children = [wanting(child, holdings) for child, holdings in world.children]
    return find_gaps(catalogue, children, world.live(catalogue), near_within=1), (
        catalogue.session_ids
    )
