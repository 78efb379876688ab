"""Exact slices of gaps, data quality and equity, on three years of monthly facts.

`python -m tests.benchmarks.gap_slices` starts a PostgreSQL of its own, seeds an authority, judges
one month of it, gives every child five wants drawn from the facts that were found, and copies that
month to 36 of them. Then each slice is read many times, once by a call and once over HTTP (through
the whole application, without a socket). Expected: p95 under 50 ms.
"""

from __future__ import annotations

import argparse
import logging
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from fastapi.testclient import TestClient
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.access.tokens import Tokens
from app.db import transaction
from app.engine.warm import WarmCatalogues
from app.gaps.refreshing import refresh_month
from app.gaps.slice_schemas import SliceQuery
from app.gaps.slices import DIMENSIONS
from app.gaps.slicing import months_until, read_slice
from app.gaps.warm import WarmMonths
from app.garbage import collect_rarely
from app.ids import new_id
from app.main import create_app
from app.rate_limits import RateLimiter, Rates
from app.samples.seeding import seed_authority
from tests.benchmarks.allocated_round import database
from tests.support.clock import SetClock
from tests.support.world import World

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
MONTH = "2027-01"
MONTHS = 36
WANTS = 5
PATH = "/v1/gaps"
# Other pages about the same month, over HTTP only.
PAGES = ("/v1/gaps/quality", "/v1/gaps/quality/records", "/v1/gaps/quality/providers", "/v1/equity")

# What was found, want by want, drawn again so that every child has as many.
DRAW = """
    WITH found AS MATERIALIZED (
        SELECT f.*, row_number() OVER (PARTITION BY f.want ORDER BY random()) AS nth
        FROM gap_children c
        CROSS JOIN unnest(c.wants, c.outcomes, c.reasons, c.lacking, c.sessions, c.options)
            AS f (want, outcome, reason, lacking, session, option)
        WHERE c.month = :month
    ), numbered AS (
        SELECT *, row_number() OVER (ORDER BY nth, want) - 1 AS at FROM found
    ), drawn AS (
        SELECT c.child_id, n.* FROM (
            SELECT child_id, row_number() OVER (ORDER BY child_id) AS row FROM gap_children
            WHERE month = :month
        ) c
        JOIN LATERAL generate_series(0, :wants - 1) AS k ON true
        JOIN numbered n ON n.at = (c.row * :wants + k) % (SELECT count(*) FROM numbered)
    ), told AS (
        SELECT child_id, array_agg(want) AS wants, array_agg(outcome) AS outcomes,
            array_agg(reason) AS reasons, array_agg(lacking) AS lacking,
            array_agg(session) AS sessions, array_agg(option) AS options
        FROM drawn GROUP BY child_id
    )
    UPDATE gap_children c SET wants = t.wants, outcomes = t.outcomes, reasons = t.reasons,
        lacking = t.lacking, sessions = t.sessions, options = t.options
    FROM told t WHERE t.child_id = c.child_id AND c.month = :month
"""


def fill(sessions: sessionmaker[Session], authority_id: Any) -> None:
    """Give every child its wants, and copy the month to all others."""
    with transaction(sessions, authority_id) as session:
        session.execute(text("SET LOCAL statement_timeout = '10min'"))
        session.execute(text(DRAW), {"month": MONTH, "wants": WANTS})
        for table in ("gap_months", "gap_children", "gap_sessions"):
            columns = session.scalars(
                text(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = :table"
                ),
                {"table": table},
            ).all()
            copied = {"month": "m.month", "id": "gen_random_uuid()"}
            taken = ", ".join(copied.get(column, f"t.{column}") for column in columns)
            session.execute(
                text(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {taken} FROM {table} t"
                    " CROSS JOIN unnest(CAST(:months AS text[])) AS m (month)"
                    " WHERE t.month = :month"
                ),
                {"month": MONTH, "months": months_until(MONTH, MONTHS)[:-1]},
            )


def slices() -> dict[str, tuple[dict[str, Any], str]]:
    """Name what is asked: parameters and form."""
    asked: dict[str, tuple[dict[str, Any], str]] = {
        f"by {by}": ({"month": MONTH, "by": by}, "*/*") for by in (*DIMENSIONS, "month")
    }
    narrow = {"month": MONTH, "need": "wheelchair_access", "age_band": "8-10"}
    asked["by reason, two filters"] = ({**narrow, "by": "reason"}, "*/*")
    asked["by interest, a filter"] = ({"month": MONTH, "setting": "universal"}, "*/*")
    asked["by month, a filter"] = ({"month": MONTH, "by": "month", "age_band": "8-10"}, "*/*")
    asked["by interest, 200 rows"] = ({"month": MONTH, "limit": 200}, "*/*")
    asked["by interest, CSV"] = ({"month": MONTH}, "text/csv")
    asked["by area, GeoJSON"] = ({"month": MONTH, "by": "area"}, "application/geo+json")
    asked["by interest, SVG"] = ({"month": MONTH}, "image/svg+xml")
    return asked


def measure(call: Callable[[], Any], times: int) -> str:
    """Say the middle and the 95th percentile of some calls, in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1e3)
    return f"{statistics.median(taken):7.1f} {statistics.quantiles(taken, n=20)[-1]:7.1f}"


def report(world: World, times: int) -> None:
    """Read every slice and print how long it takes."""
    months = WarmMonths()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    with transaction(world.sessions, world.authority_id) as session:
        facts = months.get(session)
    print(
        f"{len(facts)} months, {sum(len(one.child) for one in facts):,} facts,"
        f" {sum(len(one.going_child) for one in facts):,} pairs read in"
        f" {time.perf_counter() - began:.1f} s; arrays"
        f" {sum(_bytes(one) for one in facts) / 2**20:.0f} MiB, peak of the process"
        f" {before / 1024:.0f} MiB before and"
        f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB after"
    )
    print(f"{'':28}    call            HTTP\n{'':28}{'p50':>8}{'p95':>8}{'p50':>8}{'p95':>8}  ms")
    for name, (params, accept) in slices().items():
        query = SliceQuery.model_validate(params)

        def call(query: SliceQuery = query) -> None:
            with transaction(world.sessions, world.authority_id) as session:
                read_slice(session, months, query).model_dump_json()

        def http(params: dict[str, Any] = params, accept: str = accept) -> None:
            answer = world.call("GET", PATH, params=params, headers={"Accept": accept})
            assert answer.status_code == 200, answer.text

        for warm_up in (call, http):
            warm_up()
        print(f"{name:28} {measure(call, times)} {measure(http, times)}", flush=True)
    for path in PAGES:

        def page(path: str = path) -> None:
            answer = world.call("GET", path, params={"month": MONTH})
            assert answer.status_code == 200, answer.text

        page()
        print(f"{path:28} {'':15} {measure(page, times)}", flush=True)
    # Two sets of months: that of the calls and the application's own.
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB in all")


def _bytes(facts: Any) -> int:
    arrays = (value for value in vars(facts).values() if hasattr(value, "nbytes"))
    return sum(int(value.nbytes) for value in arrays)


def main(n_children: int, n_sessions: int, times: int) -> None:
    """Seed, judge, copy, measure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    collect_rarely()
    clock = SetClock()
    clock.now = NOW
    with database() as sessions:
        began = time.perf_counter()
        made = seed_authority(
            sessions,
            1,
            n_children=n_children,
            n_sessions=n_sessions * 3,
            seed=1,
            now=NOW,
            on_progress=lambda *_: None,
        )
        refresh_month(sessions, WarmCatalogues(), made.id, MONTH, now=NOW)
        fill(sessions, made.id)
        print(f"made in {time.perf_counter() - began:.0f} s", flush=True)
        key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
        application = create_app(
            sessions,
            Tokens(KeySet([key]), issuer="shortbreaks"),
            clock=clock,
            rate_limiter=RateLimiter(
                Rates(client="1000000/minute", authority="1000000/minute", lists="1000000/minute"),
                clock,
            ),
        )
        with TestClient(application) as http:
            report(World(http, sessions, clock, made.id, new_id(), dict(made.clients), {}), times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=8_000)
    parser.add_argument("--sessions", type=int, default=800)
    parser.add_argument("--times", type=int, default=60)
    options = parser.parse_args()
    main(options.children, options.sessions, options.times)
