"""Gap facts of a large authority: judging alone, the whole job, a small change, three years read.

`python -m tests.benchmarks.gaps` first judges 8,000 children with 5 wants each against 800
sessions in memory; expected: under 5 s on one core. Then it starts a PostgreSQL of its own, which
syncs, seeds an authority of that size, and measures the stages of its first month, a look at which
nothing has changed, one at which one child and one session have, and reading 36 months as arrays.
`--engine` measures only the first.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from random import Random
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from threadpoolctl import threadpool_limits

import matching
from app.db import transaction
from app.engine.gaps import judge_month
from app.engine.warm import WarmCatalogues
from app.gaps import refreshing
from app.gaps.quarters import unmet_of_quarter
from app.gaps.warm import WarmMonths
from app.garbage import collect_rarely
from app.samples.seeding import seed_authority
from matching import Child, Holdings, Interest, Live, Need, OfferRow, OpenWish, Remaining, Wanting
from tests.benchmarks.allocated_round import Times, database
from tests.matching.worlds import draw_uuid

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
MONTH = "2027-01"
MONTHS_OF_SEED = 3
YEARS = 3
CONCEPTS = (
    *("angling", "swimming", "football", "trampolining", "dance", "drama", "art", "cooking"),
    *("horse-riding", "climbing", "cycling", "music", "gardening", "bowling", "tennis", "judo"),
)
NEEDS = ("wheelchair_access", "one_to_one", "makaton", "quiet_space", "hoist", "medication")


def engine_world(rng: Random, n_sessions: int) -> tuple[matching.Catalogue, Live]:
    """Draw one month of an authority, a session in 16 of each concept."""
    activities = [
        matching.ActivityRow(
            id=draw_uuid(rng),
            title=f"{concept} {number}",
            latitude=53 + rng.uniform(-0.2, 0.2),
            longitude=-2.2 + rng.uniform(-0.2, 0.2),
            min_age=rng.choice([0, 5, 8]),
            max_age=rng.choice([11, 16, 18]),
            concepts=(concept,),
            offers=tuple(OfferRow(need) for need in rng.sample(NEEDS, rng.randint(0, 6))),
        )
        for number in range(n_sessions // 4 // len(CONCEPTS))
        for concept in CONCEPTS
    ]
    sessions = []
    for _ in range(n_sessions):
        starts = NOW + timedelta(days=rng.randrange(1, 31), hours=rng.randrange(-3, 7))
        sessions.append(
            matching.SessionRow(
                draw_uuid(rng), rng.choice(activities).id, starts, starts + timedelta(hours=2)
            )
        )
    catalogue = matching.build_catalogue(activities, sessions, matching.load_vocabulary())
    places = np.array([rng.choice([0, 0, 3, 8]) for _ in range(n_sessions)])
    return catalogue, Live(NOW, places)


def engine_child(rng: Random) -> Wanting:
    """Draw a child with five wants."""
    wishes = [OpenWish(one, (one,)) for one in rng.sample(CONCEPTS, 5)]
    child = Child(
        date_of_birth=date(2027 - rng.randrange(1, 19), rng.randrange(1, 13), 1),
        latitude=53 + rng.uniform(-0.1, 0.1),
        longitude=-2.2,
        max_km=rng.choice([None, 5.0, 10.0, 15.0]),
        interests=(Interest("loud noise", "avoid", "parent", ()),),
        needs=tuple(Need(need) for need in rng.sample(NEEDS, rng.randint(0, 3))),
        availability=(
            matching.Window("saturday", clock_time(9), clock_time(18)),
            matching.Window("sunday", clock_time(9), clock_time(18)),
        )
        if rng.random() < 0.5
        else (),
    )
    left = Remaining(rng.choice([0, 1]), rng.choice([0, 1, 1]))
    wants = matching.wants_of((), wishes, matching.load_vocabulary())
    return Wanting(child, Holdings(remaining={MONTH: left}), wants)


def measure_engine(n_children: int, n_sessions: int) -> None:
    """Judge everybody in memory."""
    rng = Random(7)
    catalogue, live = engine_world(rng, n_sessions)
    children = [engine_child(rng) for _ in range(n_children)]
    for near in (0, 1):
        began = time.perf_counter()
        facts = matching.find_gaps(catalogue, children, live, near_within=near)
        seconds = time.perf_counter() - began
        told = f"{len(facts.near.fact):,} near misses" if near else "facts alone"
        print(f"{n_children:,} children x {n_sessions} sessions x 5 wants, {told}: {seconds:.2f} s")
    print(matching.outcome_counts(facts))


def measure_job(sessions: sessionmaker[Session], authority_id: UUID) -> None:
    """Build a month, stage by stage, then look at it again after nothing and after a little."""
    warm = WarmCatalogues()
    with transaction(sessions, authority_id) as session:
        warm.get(session, now=NOW)
    for told, change in (
        ("first build", None),
        ("nothing has changed", None),
        (
            "one child has changed",
            "UPDATE children SET version = version + 1 WHERE id = (SELECT min(id::text)::uuid"
            " FROM children)",
        ),
        (
            "a session has become full",
            "UPDATE sessions SET taken = capacity WHERE id = (SELECT session_id FROM gap_sessions"
            " WHERE places_left > 0 ORDER BY number LIMIT 1)",
        ),
    ):
        if change is not None:
            with transaction(sessions, authority_id) as session:
                session.execute(text(change))
        print(f"-- {told}")
        times = Times()
        with transaction(sessions, authority_id) as session:
            changes = refreshing.look(session, warm, MONTH, now=NOW)
        times.step("judging")
        facts = judge_month(changes.inputs.month, changes.children.wanting)
        times.step("rows")
        rows = refreshing.child_rows(changes, facts)
        times.step("writing")
        with transaction(sessions, authority_id) as session:
            refreshing.write(session, changes, rows, started=times.first, now=NOW)
        times.step("done")
        print(
            f"{len(changes.fingerprints):,} children of age, {len(changes.states.ids)} sessions;"
            f" judged {len(rows):,} children, {len(facts.child):,} facts:"
            f" {time.perf_counter() - times.first:.2f} s"
        )


def measure_reading(sessions: sessionmaker[Session], authority_id: UUID) -> None:
    """Copy the month to three years of months and read them as arrays."""
    with transaction(sessions, authority_id) as session:
        session.execute(text("SET LOCAL statement_timeout = '10min'"))
        for table in ("gap_months", "gap_children", "gap_sessions"):
            columns = list(
                session.scalars(
                    text(
                        "SELECT column_name FROM information_schema.columns"
                        " WHERE table_name = :table ORDER BY ordinal_position"
                    ),
                    {"table": table},
                )
            )
            taken = ", ".join(
                {"month": "m.month", "id": "gen_random_uuid()"}.get(column, f"t.{column}")
                for column in columns
            )
            session.execute(
                text(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {taken} FROM {table} t"
                    " CROSS JOIN unnest(CAST(:months AS text[])) AS m (month)"
                    " WHERE t.month = :month"
                ),
                {
                    "month": MONTH,
                    "months": [
                        f"{2027 - 1 - at // 12}-{12 - at % 12:02d}" for at in range(YEARS * 12 - 1)
                    ],
                },
            )
    months = WarmMonths()
    for told in ("months read", "months kept"):
        began = time.perf_counter()
        with transaction(sessions, authority_id) as session:
            found = months.get(session)
        facts = sum(len(one.child) for one in found)
        seconds = time.perf_counter() - began
        print(f"{len(found)} {told}, {facts:,} facts: {seconds * 1e3:,.1f} ms")
    began = time.perf_counter()
    with transaction(sessions, authority_id) as session:
        unmet = unmet_of_quarter(session, "2026-Q4", months)
    print(f"unmet of a quarter: {len(unmet.child):,} in {time.perf_counter() - began:.2f} s")


def main(n_children: int, n_sessions: int, *, engine_only: bool) -> None:
    """Measure and print."""
    # As the service does.
    threadpool_limits(limits=1, user_api="blas")
    collect_rarely()
    measure_engine(n_children, n_sessions)
    if engine_only:
        return
    with database() as sessions:
        began = time.perf_counter()
        seeded = seed_authority(
            sessions,
            1,
            n_children=n_children,
            n_sessions=n_sessions * MONTHS_OF_SEED,
            seed=1,
            now=NOW,
            on_progress=lambda *_: None,
        )
        print(f"seeded in {time.perf_counter() - began:.0f} s")
        measure_job(sessions, seeded.id)
        measure_reading(sessions, seeded.id)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=8_000)
    parser.add_argument("--sessions", type=int, default=800)
    parser.add_argument("--engine", action="store_true")
    options = parser.parse_args()
    main(options.children, options.sessions, engine_only=options.engine)
