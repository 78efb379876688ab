import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.records import ActivityRecord, ScheduleRecord
from app.feeds.recurrence import LONDON, bank_holidays, occurrences, sessions_of, to_london

DATA = Path(__file__).parent / "data"


def schedule(**fields: Any) -> ScheduleRecord:
    given = {
        "source_id": "s1",
        "freq": "WEEKLY",
        "opens_at": "10:00",
        "closes_at": "12:00",
        "capacity": 8,
    }
    return ScheduleRecord.model_validate(given | fields)


def midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min, tzinfo=LONDON)


def starts(rule: ScheduleRecord, first: str, last: str) -> list[str]:
    found = occurrences(rule, start=midnight(first), end=midnight(last))
    return [start.isoformat() for start, _ in found]


def days(rule: ScheduleRecord, first: str, last: str) -> list[str]:
    return [text[:10] for text in starts(rule, first, last)]


class TestOccurrences:
    @pytest.mark.parametrize(
        ("fields", "first", "last", "expected", "reason"),
        [
            ({"byday": ["SA"]}, "2027-01-01", "2027-01-20", ["02", "09", "16"], "every Saturday"),
            (
                {"byday": ["SA"], "interval": 2, "dtstart": "2026-12-26"},
                "2027-01-01",
                "2027-02-01",
                ["09", "23"],
                "fortnights are counted from the first day, not from the horizon",
            ),
            (
                {"byday": ["SA"], "interval": 2, "dtstart": "1987-01-03"},
                "2027-01-01",
                "2027-02-01",
                ["09", "23"],
                "a rule of forty years ago keeps its rhythm",
            ),
            (
                {"freq": "MONTHLY", "byday": ["1SA"]},
                "2027-01-01",
                "2027-02-01",
                ["02"],
                "the first Saturday of the month",
            ),
            (
                {"freq": "MONTHLY", "byday": ["-1SU"]},
                "2027-01-01",
                "2027-02-01",
                ["31"],
                "the last Sunday of the month",
            ),
            (
                {"freq": "MONTHLY", "dtstart": "2026-11-30"},
                "2027-01-01",
                "2027-02-01",
                ["30"],
                "monthly with only a first day repeats its day of the month",
            ),
            (
                {"dtstart": "2027-01-05"},
                "2027-01-01",
                "2027-01-20",
                ["05", "12", "19"],
                "weekly with only a first day repeats its weekday",
            ),
            (
                {"freq": "DAILY", "dtstart": "2027-01-05", "count": 3},
                "2027-01-06",
                "2027-01-20",
                ["06", "07"],
                "a count starts at the first day, also where the horizon starts later",
            ),
            (
                {"freq": "DAILY", "until": "2027-01-03"},
                "2027-01-01",
                "2027-01-20",
                ["01", "02", "03"],
                "the last day belongs to it",
            ),
            (
                {"freq": "DAILY", "dtstart": "2027-01-19"},
                "2027-01-01",
                "2027-01-21",
                ["19", "20"],
                "nothing before the first day",
            ),
            (
                {"byday": ["SA"], "dtstart": "2027-01-05"},
                "2027-01-01",
                "2027-01-12",
                ["09"],
                "a weekday before the first day is not in it",
            ),
        ],
    )
    def test_rule(
        self, fields: dict[str, Any], first: str, last: str, expected: list[str], reason: str
    ) -> None:
        assert days(schedule(**fields), first, last) == [f"2027-01-{day}" for day in expected], (
            reason
        )

    def test_the_31st_skips_short_months(self) -> None:
        rule = schedule(freq="MONTHLY", bymonthday=[31])
        assert days(rule, "2027-01-01", "2027-06-01") == ["2027-01-31", "2027-03-31", "2027-05-31"]

    def test_the_last_day_of_each_month_and_of_a_leap_february(self) -> None:
        rule = schedule(freq="MONTHLY", bymonthday=[-1])
        assert days(rule, "2028-01-15", "2028-04-01") == ["2028-01-31", "2028-02-29", "2028-03-31"]

    def test_the_29th_of_february_comes_in_leap_years_only(self) -> None:
        rule = schedule(freq="MONTHLY", bymonthday=[29], interval=1, dtstart="2027-01-01")
        assert "2028-02-29" in days(rule, "2028-01-01", "2028-04-01")
        assert days(rule, "2027-02-01", "2027-03-01") == []

    def test_the_fifth_saturday_exists_in_some_months_only(self) -> None:
        rule = schedule(freq="MONTHLY", byday=["5SA"])
        assert days(rule, "2027-01-01", "2027-06-01") == ["2027-01-30", "2027-05-29"]

    def test_wall_time_is_kept_across_both_clock_changes(self) -> None:
        rule = schedule(byday=["SU"])
        assert starts(rule, "2027-03-21", "2027-04-01") == [
            "2027-03-21T10:00:00+00:00",
            "2027-03-28T10:00:00+01:00",
        ]
        assert starts(rule, "2027-10-24", "2027-11-01") == [
            "2027-10-24T10:00:00+01:00",
            "2027-10-31T10:00:00+00:00",
        ]

    def test_a_skipped_time_moves_forward_and_stays_a_session(self) -> None:
        rule = schedule(byday=["SU"], opens_at="01:15", closes_at="02:00")
        ((start, end),) = occurrences(
            rule, start=midnight("2027-03-28"), end=midnight("2027-03-29")
        )
        assert start.isoformat() == "2027-03-28T02:15:00+01:00"
        assert end.isoformat() == "2027-03-28T03:00:00+01:00"

    def test_of_a_repeated_time_the_first_counts(self) -> None:
        rule = schedule(byday=["SU"], opens_at="01:30", closes_at="03:00")
        ((start, end),) = occurrences(
            rule, start=midnight("2027-10-31"), end=midnight("2027-11-01")
        )
        assert start.isoformat() == "2027-10-31T01:30:00+01:00"
        assert end.isoformat() == "2027-10-31T03:00:00+00:00"

    @pytest.mark.parametrize(
        ("closes_at", "hours", "reason"),
        [("09:00", 17, "before opening: the next morning"), ("16:00", 24, "a full day")],
    )
    def test_closing_at_or_before_opening_is_the_next_day(
        self, closes_at: str, hours: int, reason: str
    ) -> None:
        rule = schedule(byday=["FR"], opens_at="16:00", closes_at=closes_at)
        ((start, end),) = occurrences(
            rule, start=midnight("2027-01-08"), end=midnight("2027-01-09")
        )
        assert end - start == timedelta(hours=hours), reason

    def test_the_night_of_the_clock_change_is_an_hour_shorter(self) -> None:
        rule = schedule(byday=["SA"], opens_at="16:00", closes_at="10:00")
        ((start, end),) = occurrences(
            rule, start=midnight("2027-03-27"), end=midnight("2027-03-28")
        )
        assert end.timestamp() - start.timestamp() == 17 * 3600

    def test_bank_holidays_are_left_out_only_where_asked(self) -> None:
        kept = days(schedule(byday=["MO"]), "2027-05-01", "2027-06-01")
        left = days(schedule(byday=["MO"], except_bank_holidays=True), "2027-05-01", "2027-06-01")
        assert sorted(set(kept) - set(left)) == ["2027-05-03", "2027-05-31"]

    def test_the_52nd_week_is_left_out_only_where_asked(self) -> None:
        kept = days(schedule(byday=["WE"]), "2027-12-01", "2028-01-10")
        left = days(schedule(byday=["WE"], except_last_week=True), "2027-12-01", "2028-01-10")
        assert sorted(set(kept) - set(left)) == ["2027-12-29"]

    def test_the_horizon_is_half_open_to_the_minute(self) -> None:
        rule = schedule(freq="DAILY")
        ten = datetime(2027, 1, 1, 10, tzinfo=LONDON)
        assert len(list(occurrences(rule, start=ten, end=ten + timedelta(days=1)))) == 1
        late = ten + timedelta(minutes=1)
        assert not list(occurrences(rule, start=late, end=ten + timedelta(days=1)))

    @given(
        first=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
        length=st.integers(0, 120),
        cut=st.integers(0, 120),
        fields=st.sampled_from(
            [
                {"byday": ["MO", "TH"]},
                {"byday": ["SU"], "interval": 3, "dtstart": "1999-05-02"},
                {"freq": "MONTHLY", "byday": ["2TU", "-1FR"]},
                {"freq": "MONTHLY", "interval": 5, "bymonthday": [31], "dtstart": "2001-02-05"},
                {"freq": "MONTHLY", "interval": 2, "dtstart": "2025-08-31"},
                {"freq": "DAILY", "interval": 9, "dtstart": "2011-05-02"},
                {"freq": "DAILY", "count": 1000, "dtstart": "2026-05-02"},
            ]
        ),
    )
    def test_two_horizons_in_a_row_are_one(
        self, first: date, length: int, cut: int, fields: dict[str, Any]
    ) -> None:
        rule = schedule(**fields)
        start = datetime.combine(first, time.min, tzinfo=LONDON)
        middle = start + timedelta(days=min(cut, length))
        end = start + timedelta(days=length)
        parts = list(occurrences(rule, start=start, end=middle))
        parts += occurrences(rule, start=middle, end=end)
        assert parts == list(occurrences(rule, start=start, end=end))


class TestToLondon:
    @given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
    def test_never_earlier_than_asked(self, wall: datetime) -> None:
        placed = to_london(wall.date(), wall.time())
        assert placed.replace(tzinfo=None) - wall in (timedelta(0), timedelta(hours=1))


class TestBankHolidays:
    def test_agree_with_the_government_list(self) -> None:
        listed = json.loads((DATA / "bank-holidays-england.json").read_text())
        assert len(listed) >= 10
        for year, dates in listed.items():
            assert sorted(day.isoformat() for day in bank_holidays(int(year))) == dates, year


class TestSessionsOf:
    def activity(self) -> ActivityRecord:
        return ActivityRecord(
            source_id="a1",
            provider_source_id="p1",
            title="Junior angling",
            schedules=(schedule(byday=["SA"]), schedule(source_id="s2", byday=["SA", "SU"])),
        )

    def test_names_sessions_by_schedule_and_local_date(self) -> None:
        found = sessions_of(
            self.activity(), start=midnight("2027-01-01"), end=midnight("2027-01-08")
        )
        assert [session.source_id for session in found] == [
            "s1@2027-01-02",
            "s2@2027-01-02",
            "s2@2027-01-03",
        ]

    def test_a_later_horizon_only_adds(self) -> None:
        early = {"start": midnight("2027-01-01"), "end": midnight("2027-02-01")}
        late = {"start": midnight("2027-01-01"), "end": midnight("2027-03-01")}
        first = {session.source_id: session for session in sessions_of(self.activity(), **early)}
        second = {session.source_id: session for session in sessions_of(self.activity(), **late)}
        assert first.items() < second.items()
