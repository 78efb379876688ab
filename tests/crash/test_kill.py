"""Kill the service, and then its database, under a booking load: no acknowledged word is lost."""

import asyncio
from random import Random

from app.clock import now_utc
from tests.load import crash
from tests.load.report import Report
from tests.load.stage import open_stage

SIZE = crash.Size(kills=5, database_stops=2, terminations=2)


def test_no_acknowledged_booking_is_lost() -> None:
    report = Report()
    with open_stage(now=now_utc()) as stage:
        stage.server.start()
        asyncio.run(crash.run(stage, SIZE, report, Random(1)))

    report.show()
    assert report.missed == [], report.details
