"""Scenarios of a large authority, from the database to the answer, and a plan of the same month.

`python -m tests.benchmarks.scenarios [--children 8000] [--sessions 800]` starts a PostgreSQL of its
own, seeds an authority whose month has so many sessions, and asks each kind of scenario some times:
processor and wall seconds, and how many wants would be lost and gained. Held against: a scenario
under 5 seconds; a plan under 30, made as its job makes it.
"""

import argparse
import logging
import statistics
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.clock import month_bounds
from app.commissioning import exact_plans, exact_scenarios
from app.commissioning.exact_months import read_standing
from app.commissioning.plan_schemas import PlanCreate
from app.commissioning.schemas import ScenarioCreate
from app.db import transaction
from app.engine.warm import WarmCatalogues
from app.garbage import collect_rarely
from app.samples.seeding import seed_authority
from tests.benchmarks.allocated_round import database

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
MONTH = "2027-01"
TIMES = 3
# Sessions are spread over three months.
MONTHS = 3


def timed(name: str, work: Callable[[], Any]) -> Any:
    """Do something some times, and tell the median of its seconds."""
    wall, processor = [], []
    for _ in range(TIMES):
        began, used = time.perf_counter(), time.process_time()
        answer = work()
        wall.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    print(
        f"{name:28} {statistics.median(processor):6.2f} s of processor here,"
        f" {statistics.median(wall):6.2f} s",
        flush=True,
    )
    return answer


def changes_of(session: Session) -> dict[str, dict[str, Any]]:
    """Choose what is changed: the busiest provider and activity, a session, an area."""
    rows = session.execute(
        text(
            "SELECT a.provider_id, a.id, s.id FROM sessions s"
            " JOIN activities a ON a.authority_id = s.authority_id AND a.id = s.activity_id"
            " WHERE s.starts_at >= :low AND s.starts_at < :high ORDER BY s.id"
        ),
        dict(zip(("low", "high"), month_bounds(MONTH), strict=True)),
    ).all()
    provider, activity = (Counter(row[at] for row in rows).most_common(1)[0][0] for at in (0, 1))
    postcodes = session.scalars(text("SELECT home_postcode FROM children")).all()
    outcodes = Counter(str(one).split(" ")[0] for one in postcodes if one)
    move = {"kind": "move_activity", "activity_id": str(activity)}
    return {
        "a provider closes": {"kind": "close_provider", "provider_id": str(provider)},
        "an activity moves": {**move, "weekday": "saturday", "start": "10:00"},
        "a session gets a hoist": {
            "kind": "add_offer",
            "session_id": str(rows[0][2]),
            "need": "hoist",
        },
        "transport for an area": {"kind": "transport", "outcode": outcodes.most_common(1)[0][0]},
        "the budget falls": {"kind": "budget", "from_pence": 320_000_000, "to_pence": 295_000_000},
    }


def measure(sessions: sessionmaker[Session], authority_id: Any) -> None:
    """Ask every scenario, and make a plan."""
    warm = WarmCatalogues()
    with transaction(sessions, authority_id) as session:
        timed("reading a month", lambda: read_standing(session, warm, MONTH, now=NOW))
        standing = read_standing(session, warm, MONTH, now=NOW)
        timed("judging it", lambda: vars(standing).pop("facts", None) or standing.facts)
        changes = changes_of(session)
        everything = list(changes.values())
        for name, asked in [*((n, [c]) for n, c in changes.items()), ("all of them", everything)]:
            form = ScenarioCreate.model_validate({"month": MONTH, "changes": asked})
            outcome, children = timed(
                name, lambda form=form: exact_scenarios.run(session, warm, form, MONTH, now=NOW)
            )
            total = outcome.total
            print(f"    lost {total.lost}, gained {total.gained}, children {len(children)}")
        form = PlanCreate.model_validate(
            {
                "month": MONTH,
                "budget_pence": 25_000_000,
                "prices": [
                    {"kind": "session", "pence": 32_000, "places": 8, "needs": ["step_free"]},
                    {"kind": "equipment", "pence": 240_000, "life_months": 60},
                    {"kind": "package", "pence_per_month": 90_000, "places": 6},
                    {"kind": "transport", "pence_per_month": 60_000, "places": 12},
                    {"kind": "places", "pence_per_month": 30_000, "places": 5},
                ],
                "limits": {"most_providers": 40, "every_area": True},
            }
        )
        known = exact_plans.read(session, warm, MONTH, now=NOW)
    began, used = time.perf_counter(), time.process_time()
    stages: list[tuple[str, float]] = []
    plan, _ = exact_plans.run(
        known, form, lambda name: stages.append((name, time.perf_counter() - began))
    )
    print(
        f"a plan: {time.process_time() - used:.1f} s of processor,"
        f" {time.perf_counter() - began:.1f} s; {plan.candidates} candidates,"
        f" {len(plan.items)} items, {plan.children} of {plan.children_unmet} children,"
        f" gap {plan.gap * 100:.2f} %; stages begin at",
        ", ".join(f"{name} {seconds:.1f} s" for name, seconds in stages),
    )
    gaps = [1 - point.weight / point.weight_bound for point in plan.curve]
    print("gaps of its curve, %:", ", ".join(f"{gap * 100:.2f}" for gap in gaps))


def main() -> None:
    """Seed and measure."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--children", type=int, default=8000)
    arguments.add_argument("--sessions", type=int, default=800)
    chosen = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    collect_rarely()
    with database() as sessions:
        seeded = seed_authority(
            sessions,
            0,
            n_children=chosen.children,
            n_sessions=chosen.sessions * MONTHS,
            seed=1,
            on_progress=lambda *_: None,
            now=NOW,
        )
        measure(sessions, seeded.id)


if __name__ == "__main__":
    main()
