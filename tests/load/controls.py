"""Broken builds: the harness has to catch each of them, or it proves nothing.

Each loses the last words of the database (the CHECKs and the unique index) as well, so that only
the code is left to keep the promise. A sound build keeps it without them.
"""

import asyncio
import sys
from collections.abc import Mapping
from datetime import datetime
from random import Random

import psycopg

from app.embedded_postgres import EmbeddedPostgres
from tests.app.bookings.test_race_controls import LAST_WORDS
from tests.load import volleys
from tests.load.report import Report
from tests.load.stage import Stage, open_stage

PART = "controls"
ODD_SERVER = (sys.executable, "-m", "tests.load.odd_server")
# What each broken build must be caught at.
CAUGHT_AT: Mapping[str, str] = {
    "places": "is oversold",
    "entitlement": "bookings in",
    "idempotency": "refused after it had been granted",
    "commit": "acknowledged",
    "line": "passed those who wait",
    "trigger": "passed those who wait",
}
# Of these it is the database that is broken, not the code.
IN_THE_DATABASE: Mapping[str, str] = {
    "trigger": "ALTER TABLE sessions DISABLE TRIGGER keep_for_waitlist"
}


def weaken(stage: Stage, broken: str | None) -> None:
    """Let the database believe whatever the code says, and break it if that is what is asked."""
    server = EmbeddedPostgres(stage.data_dir)
    with psycopg.connect(server.conninfo("postgres", "postgres")) as connection:
        for statement in (*LAST_WORDS, *filter(None, [IN_THE_DATABASE.get(broken or "")])):
            connection.execute(statement)


def violations_of(broken: str | None, *, now: datetime, seed: int) -> list[str]:
    """Fire all volleys at a build without the database's last words, broken or not."""
    sound = broken is None or broken in IN_THE_DATABASE
    program = ODD_SERVER if sound else (*ODD_SERVER, "--break", str(broken))
    with open_stage(program=program, now=now) as stage:
        weaken(stage, broken)
        stage.server.start()
        return asyncio.run(volleys.fire_all(stage, Random(seed)))


def run(report: Report, *, now: datetime, seed: int) -> None:
    """Try the sound build and every broken one."""
    report.none_of(PART, "the sound build, without CHECKs", violations_of(None, now=now, seed=seed))
    caught = 0
    for broken, at in CAUGHT_AT.items():
        found = violations_of(broken, now=now, seed=seed)
        times = sum(at in violation for violation in found)
        caught += times > 0
        report.tell(PART, f"without its {broken} guard: found “{at}”", times)
    all_ = len(CAUGHT_AT)
    report.judge(PART, "broken builds caught", f"{caught} of {all_}", f"{all_}", met=caught == all_)
