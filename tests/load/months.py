"""The clock moved over month ends and clock changes, while bookings are made."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import text

from app.db import transaction
from tests.load.history import ACTIVE
from tests.load.report import Report
from tests.load.stage import Stage, open_stage
from tests.load.volleys import Volleys, fire_around

PART = "months"
HOUR = timedelta(hours=1)
INSTANTS = (
    # The end of February, in Greenwich time.
    datetime(2027, 3, 1, 0, tzinfo=UTC),
    # The clocks go forward.
    datetime(2027, 3, 28, 1, tzinfo=UTC),
    # The ends of March and April, in summer time: an hour before midnight in Greenwich.
    datetime(2027, 3, 31, 23, tzinfo=UTC),
    datetime(2027, 4, 30, 23, tzinfo=UTC),
    # The clocks go back, and the month ends on the same day.
    datetime(2027, 10, 31, 1, tzinfo=UTC),
    datetime(2027, 11, 1, 0, tzinfo=UTC),
    # The year ends, and a leap February.
    datetime(2028, 1, 1, 0, tzinfo=UTC),
    datetime(2028, 3, 1, 0, tzinfo=UTC),
)


def run(report: Report, *, rng: Random, instants: Sequence[datetime] = INSTANTS) -> None:
    """Move the clock over each instant."""
    with open_stage(now=instants[0] - 24 * HOUR) as stage:
        clock_file = stage.data_dir / "clock"
        stage.server.program = (
            *(sys.executable, "-m", "tests.load.odd_server"),
            *("--clock", str(clock_file)),
        )
        set_clock(clock_file, instants[0] - 24 * HOUR)
        stage.server.start()
        found = asyncio.run(_play(stage, clock_file, instants, rng))
        _judge(stage, report, instants, found)


def set_clock(file: Path, now: datetime) -> None:
    """Move the service's clock, in one step."""
    draft = file.with_suffix(".new")
    draft.write_text(now.isoformat())
    draft.rename(file)


async def _play(
    stage: Stage, clock_file: Path, instants: Sequence[datetime], rng: Random
) -> list[str]:
    volleys = Volleys(stage, rng)
    wrong = []
    for instant in instants:
        # An hour before, for sessions on both sides of the instant.
        set_clock(clock_file, instant - HOUR)
        await stage.renew_broker_token(at_once=True)
        wrong += _miscounted(stage, *await fire_around(volleys, instant))
        # And while the instant passes, for sessions an hour after it.
        set_clock(clock_file, instant - timedelta(seconds=1))
        await stage.renew_broker_token(at_once=True)
        passing = asyncio.create_task(fire_around(volleys, instant + HOUR))
        await asyncio.sleep(rng.uniform(0.05, 0.3))
        set_clock(clock_file, instant + timedelta(seconds=1))
        wrong += _miscounted(stage, *await passing)
    volleys.close()
    return wrong + volleys.violations()


def _miscounted(stage: Stage, children: list[str], sessions: list[str]) -> list[str]:
    """List children who have not just one free booking in each month that they asked for."""
    months = {stage.month[session_id] for session_id in sessions}
    used = Counter(
        (booking.child_id, stage.month[booking.session_id])
        for booking in stage.kept()
        if booking.session_id in sessions and booking.status in ACTIVE
    )
    return [
        f"child {child_id} has {used[child_id, month]} bookings in {month}"
        for child_id in children
        for month in months
        if used[child_id, month] != 1
    ]


def _judge(stage: Stage, report: Report, instants: Sequence[datetime], found: list[str]) -> None:
    with transaction(stage.world.sessions, stage.world.authority_id) as session:
        stored = session.execute(text("SELECT session_id, month FROM bookings")).all()
    wrong = [row for row in stored if row.month != stage.month[str(row.session_id)]]
    report.tell(PART, "month ends and clock changes, bookings", f"{len(instants)}, {len(stored)}")
    report.none_of(PART, "bookings in the wrong month", wrong)
    report.none_of(PART, "counted wrong, or other than clients were told", found)
