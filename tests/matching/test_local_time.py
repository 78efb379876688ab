"""Local time against the standard library, one moment at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import numpy as np
import pytest

from matching.local_time import (
    date_number,
    local_calendar,
    london_offsets,
    to_microseconds,
    to_moment,
)
from tests.matching.worlds import LONDON


def microseconds(*moments: datetime) -> np.ndarray:
    return np.array([to_microseconds(one) for one in moments], dtype=np.int64)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)


class TestLondonOffsets:
    def test_agrees_with_the_time_zone_database(self) -> None:
        rng = Random(5)
        start = datetime(2024, 1, 1, tzinfo=UTC)
        moments = [start + timedelta(minutes=rng.randrange(5 * 525_600)) for _ in range(500)]
        expected = [
            one.astimezone(LONDON).utcoffset() // timedelta(microseconds=1) for one in moments
        ]
        assert london_offsets(microseconds(*moments)).tolist() == expected

    def test_turns_on_the_hour(self) -> None:
        change = datetime(2026, 3, 29, 1, tzinfo=UTC)
        before = change - timedelta(microseconds=1)
        assert london_offsets(microseconds(before, change)).tolist() == [0, 3_600_000_000]

    def test_empty(self) -> None:
        assert london_offsets(np.zeros(0, dtype=np.int64)).shape == (0,)


class TestLocalCalendar:
    def test_dates_months_and_weeks_agree_with_the_standard_library(self) -> None:
        rng = Random(7)
        first = datetime(2019, 12, 25, tzinfo=UTC)
        starts = [first + timedelta(hours=rng.randrange(24 * 3700)) for _ in range(800)]
        calendar = local_calendar(
            microseconds(*starts), microseconds(*(one + timedelta(hours=1) for one in starts))
        )
        local = [one.astimezone(LONDON) for one in starts]
        assert calendar.date_number.tolist() == [date_number(one.date()) for one in local]
        assert calendar.month_number.tolist() == [one.year * 100 + one.month for one in local]
        weeks = [one.isocalendar()[0] * 100 + one.isocalendar()[1] for one in local]
        assert calendar.iso_week.tolist() == weeks

    @pytest.mark.parametrize(
        ("starts_at", "hours", "expected", "reason"),
        [
            (local(2026, 6, 13, 10), 2, [(5, 10, 12)], "one day"),
            (local(2026, 6, 13, 22), 2, [(5, 22, 24)], "ends at midnight: no second day"),
            (local(2026, 6, 12, 20), 37, [(4, 20, 24), (5, 0, 24), (6, 0, 9)], "three days"),
            (local(2026, 3, 29, 0), 1, [(6, 0, 1)], "ends as the clock goes on from 01:00"),
            (local(2026, 10, 25, 0), 2, [(6, 0, 2)], "ends as the clock goes back from 02:00"),
            (local(2026, 3, 29, 0), 2, [(6, 0, 3)], "02:00 UTC is 03:00 when the clock goes on"),
            (local(2026, 10, 25, 0), 2.5, [(6, 0, 2)], "01:30 for the second time: up to 02:00"),
            (
                local(2026, 10, 25, 1, 30),
                0.75,
                [(6, 1, 2)],
                "starts and ends at 01:30 and 01:15",
            ),
        ],
    )
    def test_day_segments(
        self, starts_at: datetime, hours: float, expected: list[tuple[int, int, int]], reason: str
    ) -> None:
        starts = starts_at.astimezone(UTC)
        calendar = local_calendar(
            microseconds(starts), microseconds(starts + timedelta(hours=hours))
        )
        segments = [(day, low / 3600, high / 3600) for day, low, high in calendar.segments.tolist()]
        assert segments == expected, reason

    def test_empty(self) -> None:
        none = np.zeros(0, dtype=np.int64)
        assert local_calendar(none, none).segments.shape == (0, 3)


def test_moments_survive_the_way_there_and_back() -> None:
    moment = datetime(2026, 10, 25, 1, 30, 0, 7, tzinfo=LONDON, fold=1)
    back = to_moment(to_microseconds(moment))
    assert (back.isoformat(), back.fold) == (moment.isoformat(), 1)
    assert date_number(date(2026, 2, 9)) == 20260209
