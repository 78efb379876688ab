"""Closing a provider of 40 sessions with 10 bookings each, on an empty afternoon.

Run with `python -m tests.benchmarks.closures`; it starts a PostgreSQL of its own, which syncs.
Prints how long the request takes, how long until every family is told, and the same work without
planning, which is the floor: ending 400 bookings, each in a transaction of its own.
"""

import logging
import random
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import structlog
from fastapi.testclient import TestClient
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import event

from app.access.tokens import Tokens
from app.children.schemas import ChildCreate
from app.children.service import add_household, create_children
from app.closures import planning
from app.db import API_ROLE, make_engine, make_session_factory, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.engine.warm import WarmCatalogues
from app.main import create_app
from app.migrate import migrate
from app.rate_limits import RateLimiter, Rates
from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.clock import SetClock
from tests.support.closing import booked_id, close, read_closure
from tests.support.world import World, make_world

SESSIONS, BOOKINGS = 40, 10
# What there is besides: so many activities of so many dates.
OTHERS, DATES = 60, 20


def fill(world: World, rng: random.Random) -> None:
    """Book 400 places of one provider, in pairs of siblings, among other activities."""
    other = world.call("POST", "/v1/providers", json={"name": "Rangers", "kind": "specialist"})
    provider_id = UUID(other.json()["id"])
    for number in range(OTHERS):
        activity_id = add_activity(
            world,
            provider_id=provider_id,
            title=rng.choice(["Swimming", "Archery", "Pottery", "Trains", "Horse riding"]),
            latitude=53.0 + rng.uniform(-0.1, 0.1),
        )
        for week in range(DATES):
            at = SATURDAY + timedelta(days=3 * week + number % 3, hours=number % 6)
            add_session(world, activity_id, at, capacity=12)
    activity_id = add_activity(world)
    for number in range(SESSIONS):
        session_id = add_session(world, activity_id, SATURDAY + timedelta(days=number))
        for _ in range(BOOKINGS // 2):
            for child_id in add_siblings(world):
                booked_id(world, child_id, session_id)


def add_siblings(world: World) -> list[str]:
    """Add two children of one household."""
    with transaction(world.sessions, world.authority_id) as session:
        household = add_household(session, reference=None, now=world.clock.now)
        form = ChildCreate.model_validate(
            {
                "household_id": household.id,
                "given_name": "Sam",
                "date_of_birth": "2016-05-02",
                "home": {"postcode": "ST4 2DE", "latitude": 53.0, "longitude": -2.18},
                "interests": [
                    {"text": "fishing", "feeling": "love", "voice": "child"},
                    {"text": "trains and pots", "feeling": "like", "voice": "parent"},
                ],
            }
        )
        ids = create_children(session, [form] * 2, now=world.clock.now)
    return [str(child_id) for child_id in ids]


def measure(world: World) -> None:
    """Close the provider and print how long each part takes."""
    statements = [0]
    bind = world.sessions.kw["bind"]
    event.listen(
        bind,
        "before_cursor_execute",
        lambda *_: statements.__setitem__(0, statements[0] + 1),
    )
    began = time.perf_counter()
    closure = close(world, provider_id=str(world.provider_id))
    print(f"request: {time.perf_counter() - began:.2f} s, {closure['sessions']} sessions")
    warm, steps, spent = WarmCatalogues(), 0, {"found": 0.0, "released": 0.0}
    counted = {"found": 0, "released": 0}
    while True:
        state = "found" if steps < SESSIONS * BOOKINGS else "released"
        before, began = statements[0], time.perf_counter()
        with transaction(world.sessions, world.authority_id) as session:
            going_on = planning.work_step(
                session, warm, UUID(closure["id"]), passed_over=set(), now=world.clock.now
            )
        spent[state] += time.perf_counter() - began
        counted[state] += statements[0] - before
        steps += 1
        if not going_on:
            break
    plans = SESSIONS * BOOKINGS
    for state, name in (("found", "ending"), ("released", "planning")):
        print(
            f"{name}: {spent[state]:.2f} s, {spent[state] / plans * 1e3:.1f} ms"
            f" and {counted[state] / plans:.1f} statements a booking"
        )
    told = read_closure(world, closure["id"])
    print({name: told[name] for name in ("status", "bookings", "planned", "without_alternative")})


def main() -> None:
    """Fill an authority and measure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with TemporaryDirectory(prefix="shortbreaks-closures-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)
        with EmbeddedPostgres(data_dir) as server:
            migrate(server.url("postgres", "postgres"))
            engine = make_engine(server.url(API_ROLE, "postgres"))
            sessions, clock = make_session_factory(engine), SetClock()
            key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
            many = RateLimiter(Rates(client="1000000/minute", authority="1000000/minute"), clock)
            application = create_app(
                sessions,
                Tokens(KeySet([key]), issuer="shortbreaks"),
                clock=clock,
                rate_limiter=many,
            )
            with TestClient(application) as http:
                world = make_world(http, sessions, clock)
                fill(world, random.Random(7))
                measure(world)
            engine.dispose()


if __name__ == "__main__":
    main()
