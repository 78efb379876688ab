"""A round of an authority with 8,000 children and some 800 dates in the quarter, over HTTP.

Run with `python -m tests.benchmarks.rounds`, some two minutes; it starts a PostgreSQL of its own,
which syncs. Prints how long publishing takes, reading each form of the brochure, the same for one
child, the coverage check, choosing, and paging through 8,000 lists of three months; beside it the
time that the service takes to answer a call that does nearly nothing.
"""

import logging
import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import structlog
from fastapi.testclient import TestClient
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import insert, select
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.children.models import Child
from app.clock import month_of
from app.db import API_ROLE, make_engine, make_session_factory, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.ids import new_id
from app.main import create_app
from app.migrate import migrate
from app.rate_limits import RateLimiter, Rates
from app.rounds.brochure_schemas import BrochureRead
from app.rounds.models import Choice, ChoiceList
from app.samples.seeding import seed_authority
from tests.support.clock import SetClock
from tests.support.rounds import choose, make_round, open_round
from tests.support.world import World

CHILDREN, SESSIONS, A_MONTH = 8000, 1250, 5
FORMS = [
    {"format": "json"},
    {"format": "html"},
    {"format": "pdf"},
    {"format": "html", "style": "easy_read"},
    {"format": "pdf", "style": "easy_read"},
]


def timed(call: Callable[[], Any], times: int = 1) -> tuple[float, Any]:
    """Give the middle of some tries in milliseconds, and the last answer."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        answer = call()
        taken.append((time.perf_counter() - began) * 1e3)
        assert answer.status_code < 300, answer.text
    return statistics.median(taken), answer


def seed(http: TestClient, sessions: sessionmaker[Session], clock: SetClock) -> World:
    """Fill an authority."""
    made = seed_authority(
        sessions,
        1,
        n_children=CHILDREN,
        n_sessions=SESSIONS,
        seed=5,
        now=clock.now,
        on_progress=lambda *_: None,
    )
    return World(http, sessions, clock, made.id, new_id(), dict(made.clients), {})


def choose_for_some(world: World, round_id: str, child_ids: list[UUID]) -> None:
    """Choose for some children over HTTP, from what suits each."""
    taken = []
    for child_id in child_ids:
        own = read(world, round_id, child_id=str(child_id), format="json")
        months: dict[str, list[dict[str, str]]] = {}
        for activity in BrochureRead.model_validate_json(own.content).activities:
            for date in activity.sessions[:1]:
                listed = months.setdefault(month_of(date.starts_at), [])
                funding = activity.funding[0]
                if len(listed) < A_MONTH:
                    listed.append({"session_id": str(date.session_id), "funding": funding})
        body = {"months": [{"month": name, "choices": of} for name, of in months.items()]}
        began = time.perf_counter()
        answer = choose(world, round_id, str(child_id), body)
        taken.append((time.perf_counter() - began) * 1e3)
        assert answer.status_code == 200, answer.text
    chosen = [one for month in answer.json()["months"] for one in month["choices"]]
    print(f"choosing, {len(chosen)} sessions of {len(months)} months: {report(taken)}")


def report(taken: list[float]) -> str:
    """Say the middle and the slowest."""
    return f"{statistics.median(taken):.0f} ms in the middle, {max(taken):.0f} ms at most"


def list_for_the_rest(world: World, round_id: str, child_ids: list[UUID]) -> None:
    """Store lists as choosing would, without judging them."""
    rng = random.Random(5)
    with transaction(world.sessions, world.authority_id) as session:
        session_ids = session.scalars(select(Choice.session_id).distinct()).all()
        lists, choices = [], []
        for child_id in child_ids:
            key = {"authority_id": world.authority_id, "id": new_id()}
            times = {"created_at": world.clock.now, "updated_at": world.clock.now}
            lists.append(
                key
                | times
                | {"round_id": UUID(round_id), "child_id": child_id, "fill_in": True, "version": 1}
            )
            picked = rng.sample(session_ids, min(len(session_ids), 3 * A_MONTH))
            for place, session_id in enumerate(picked):
                choices.append(
                    {
                        "authority_id": world.authority_id,
                        "id": new_id(),
                        "list_id": key["id"],
                        "month": f"2027-{4 + place // A_MONTH:02d}",
                        "rank": place % A_MONTH + 1,
                        "session_id": session_id,
                        "funding": "free",
                    }
                )
        session.execute(insert(ChoiceList), lists)
        session.execute(insert(Choice), choices)


def read(world: World, round_id: str, **query: str) -> Any:
    """Read a brochure."""
    return world.call("GET", f"/v1/rounds/{round_id}/brochure", params=query)


def measure(world: World) -> None:
    """Measure one thing after the other."""
    base, _ = timed(lambda: world.call("GET", "/v1/authority"), 50)
    print(f"a call that does nearly nothing: {base:.1f} ms")
    draft = make_round(world, quarter="2027-Q1", title="For its coverage")["id"]
    path = f"/v1/rounds/{draft}/coverage"
    print(f"coverage: {timed(lambda: world.call('GET', path), 5)[0]:.0f} ms")
    began = time.perf_counter()
    round_id = open_round(world)
    print(f"publishing, in five forms: {time.perf_counter() - began:.2f} s")
    dates = sum(len(one["sessions"]) for one in read(world, round_id).json()["activities"])
    print(f"dates in the brochure: {dates}")
    with transaction(world.sessions, world.authority_id) as session:
        child_ids = list(session.scalars(select(Child.id).order_by(Child.id)))
    for form in FORMS:
        frozen, answer = timed(lambda form=form: read(world, round_id, **form), 5)
        own = [
            timed(lambda form=form, id_=id_: read(world, round_id, child_id=str(id_), **form))[0]
            for id_ in child_ids[:7]
        ]
        print(
            f"{' '.join(form.values())}: {frozen:.0f} ms, {len(answer.content) / 1e3:.0f} kB;"
            f" for one child {report(own)}"
        )
    choose_for_some(world, round_id, child_ids[:100])
    list_for_the_rest(world, round_id, child_ids[100:])
    lists, cursor, taken = 0, None, []
    while True:
        query = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
        path = f"/v1/rounds/{round_id}/choices"
        ms, answer = timed(lambda query=query, path=path: world.call("GET", path, params=query))
        taken.append(ms)
        lists += len(answer.json()["items"])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
        world.clock.now += timedelta(milliseconds=1)
    print(f"paging through {lists} lists by 200: {report(taken)} a page, {sum(taken) / 1e3:.1f} s")


def main() -> None:
    """Fill an authority and measure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with TemporaryDirectory(prefix="shortbreaks-rounds-") as folder:
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
                measure(seed(http, sessions, clock))
            engine.dispose()


if __name__ == "__main__":
    main()
