"""Kill the service, and then its database, under a booking load: no acknowledged word is lost."""

import asyncio
from random import Random

import pytest

from app.clock import now_utc
from tests.load import crash
from tests.load.report import Report
from tests.load.stage import open_stage


@pytest.mark.parametrize(
    ("workers", "size"),
    [
        (1, crash.Size(kills=5, database_stops=2, terminations=2)),
        # Several processes: killing their parent would not end them, telling it to end does.
        (2, crash.Size(kills=0, database_stops=1, terminations=2)),
    ],
)
def test_no_acknowledged_booking_is_lost(workers: int, size: crash.Size) -> None:
    report = Report()
    with open_stage(workers=workers, now=now_utc()) as stage:
        stage.server.start()
        asyncio.run(crash.run(stage, size, report, Random(1)))

    report.show()
    assert report.missed == [], report.details
