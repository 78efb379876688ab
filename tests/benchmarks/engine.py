"""How fast the engine judges, scores and explains, at sizes a catalogue really has.

`python -m tests.benchmarks.engine` prints, for four sizes of a catalogue, the milliseconds that
one child's top 20 with all reasons takes, beside a floor measured in the same run: a plain numpy
pass over arrays of the same length for each thing that a pair is judged by. Then it judges many
children against one month of an authority, and tells the peak memory. Expected: under 3 ms at
5,000 sessions of 1,000 activities, under 30 ms at 120,000 of 10,000, and 8,000 children x 800
sessions under 3 s; the cost must grow no faster than the number of pairs.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from random import Random

import numpy as np
from threadpoolctl import threadpool_limits

from matching import (
    ActivityRow,
    Catalogue,
    Child,
    Holdings,
    Interest,
    Live,
    Need,
    OfferRow,
    SessionRow,
    Window,
    build_catalogue,
    judge_many,
    load_vocabulary,
    match,
)
from tests.matching.worlds import draw_uuid

DATA = Path(__file__).parent / "data"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SIZES = ((250, 1_250), (1_000, 5_000), (4_000, 48_000), (10_000, 120_000))
# Need, place and time of a pair, its factors, their sum and the order of all.
PASSES = 24
NEEDS = ("wheelchair_access", "one_to_one", "makaton", "quiet_space", "hoist", "medication")
WORDS = ("really into fishing", "swiming", "loves trains, hates loud noise", "anything with dogs")


def draw_catalogue(rng: Random, n_activities: int, n_sessions: int) -> Catalogue:
    """Draw activities with the words of real listings, and sessions of a quarter."""
    lines = (DATA / "interest_listings.jsonl").read_text().splitlines()
    listings = [json.loads(line) for line in lines]
    activities = []
    for number in range(n_activities):
        one, other = rng.choice(listings), rng.choice(listings)
        activities.append(
            ActivityRow(
                id=draw_uuid(rng),
                title=f"{one['title']} {number}",
                description=f"{one['description']} {other['description']}",
                latitude=53 + rng.uniform(-0.2, 0.2),
                longitude=-2.2 + rng.uniform(-0.2, 0.2),
                min_age=rng.choice([0, 5, 8]),
                max_age=rng.choice([11, 16, 18]),
                offers=tuple(
                    OfferRow(need) for need in rng.sample(NEEDS, rng.randint(0, len(NEEDS)))
                ),
            )
        )
    sessions = []
    for _ in range(n_sessions):
        hours = rng.randrange(9, 20)
        starts = NOW.replace(hour=hours) + timedelta(days=rng.randrange(1, 92))
        sessions.append(
            SessionRow(
                draw_uuid(rng), rng.choice(activities).id, starts, starts + timedelta(hours=2)
            )
        )
    return build_catalogue(activities, sessions, load_vocabulary())


def draw_child(rng: Random) -> Child:
    """Draw a child whose texts were read when they were written."""
    vocabulary = load_vocabulary()
    return Child(
        date_of_birth=date(2027 - rng.randrange(6, 15), rng.randrange(1, 13), 1),
        latitude=53 + rng.uniform(-0.1, 0.1),
        longitude=-2.2,
        max_km=15.0,
        interests=tuple(
            Interest(text, "like", "child", vocabulary.encode(text))
            for text in rng.sample(WORDS, 3)
        ),
        needs=tuple(
            Need(need, rng.choice(["essential", "helpful"])) for need in rng.sample(NEEDS, 2)
        ),
        availability=(
            Window("saturday", clock_time(9), clock_time(18)),
            Window("sunday", clock_time(9), clock_time(18)),
        ),
    )


def median_ms(work: Callable[[], object], *, runs: int = 21) -> float:
    """Time a call several times, after one that warms it up."""
    work()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def floor_pass(n_sessions: int) -> Callable[[], object]:
    """Make the plain passes that nothing over so many pairs can do without."""
    rng = np.random.default_rng(1)
    left, right = rng.random(n_sessions), rng.random(n_sessions)

    def work() -> object:
        total = np.zeros(n_sessions)
        for _ in range(PASSES):
            total += left * right
        return np.argsort(-total, kind="stable")[:20]

    return work


def main(n_children: int) -> None:
    """Measure and print."""
    # As the service does.
    threadpool_limits(limits=1, user_api="blas")
    rng = Random(7)
    titles = ("activities", "sessions", "top 20, ms", "floor, ms", "ratio", "us/pair")
    print("{:>10} {:>9} {:>11} {:>10} {:>6} {:>8}".format(*titles))
    for n_activities, n_sessions in SIZES:
        catalogue = draw_catalogue(rng, n_activities, n_sessions)
        live = Live(NOW, np.full(n_sessions, 8))
        child = draw_child(rng)

        def ask(
            catalogue: Catalogue = catalogue, child: Child = child, live: Live = live
        ) -> object:
            return match(catalogue, child, Holdings(), live, limit=20)

        mine, floor = median_ms(ask), median_ms(floor_pass(n_sessions))
        print(
            f"{n_activities:>10,} {n_sessions:>9,} {mine:>11.2f} {floor:>10.2f} "
            f"{mine / floor:>6.1f} {mine * 1e3 / n_sessions:>8.3f}"
        )
    catalogue = draw_catalogue(rng, 200, 800)
    children = [
        (replace(draw_child(rng), max_km=float(number % 30 + 1)), Holdings())
        for number in range(n_children)
    ]
    started = time.perf_counter()
    judge_many(catalogue, children, Live(NOW, np.full(800, 8)))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{n_children:,} children x 800 sessions: {seconds:.2f} s, peak memory {peak:,.0f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=8_000)
    main(parser.parse_args().children)
