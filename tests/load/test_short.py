"""A short part of the harness for every test run; `python -m tests.load` has the rest."""

import asyncio
from collections import Counter
from random import Random

from app.clock import now_utc
from tests.load import controls, months, rush
from tests.load.report import Report
from tests.load.stage import Stage, open_stage

# What another program does on the machine at the same time is no fault of the service.
SPEED = {"p99"}


def test_rush() -> None:
    report = Report()
    with open_stage(now=now_utc()) as stage:
        stage.server.start()
        asyncio.run(rush.run(stage, rush.Size(clients=25, places=20), report, Random(1)))

    report.show()
    assert [figure for figure in report.missed if figure.name not in SPEED] == [], report.details


def test_clocks() -> None:
    report = Report()
    # The clocks go forward, and a month ends in summer time.
    months.run(report, rng=Random(1), instants=months.INSTANTS[1:3])

    assert report.missed == [], report.details


def test_rate_limits_hold_across_processes() -> None:
    limits = {"SHORTBREAKS_RATES__CLIENT": "20/hour"}

    async def call(stage: Stage) -> Counter[int]:
        await stage.renew_broker_token()
        # Each over a connection of its own, which either process may take.
        calls = [stage.ask("GET", "/v1/authority", token=stage.broker_token()) for _ in range(80)]
        return Counter([answer.status for answer in await asyncio.gather(*calls)])

    with open_stage(workers=2, variables=limits, now=now_utc()) as stage:
        stage.server.start()
        found = asyncio.run(call(stage))

    assert set(found) == {200, 429}
    # One process's share at least, and never more than all of it.
    assert 10 <= found[200] <= 20


def test_a_broken_build_is_caught() -> None:
    found = controls.violations_of("idempotency", now=now_utc(), seed=1)

    assert any(controls.CAUGHT_AT["idempotency"] in violation for violation in found)
