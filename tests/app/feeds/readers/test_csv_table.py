from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.feeds.readers import csv_table, read_records
from app.feeds.readers.csv_table import COLUMNS, REQUIRED
from app.feeds.records import ActivityRecord, OfferRecord, ProviderRecord, SessionRecord
from app.feeds.recurrence import sessions_of

LONDON = ZoneInfo("Europe/London")
ROW = {
    "provider_name": "Trentside Anglers",
    "provider_kind": "community_group",
    "source_id": "angling",
    "title": "Junior angling",
    "venue_postcode": "st4 2de",
    "needs": "wheelchair_access; one_to_one:limited:2; interpreter:on_request:7:4500",
    "funding": "free;contributory",
    "price_pence": "350",
    "concepts": "angling;fishing",
    "date": "2027-01-30",
    "starts": "10:00",
    "ends": "12:00",
    "capacity": "6",
}


def read(*rows: dict[str, str], bom: bytes = b"") -> list[tuple[int, Any]]:
    lines = [",".join(COLUMNS), *(",".join(row.get(c, "") for c in COLUMNS) for row in rows)]
    return list(read_records(bom + "\n".join(lines).encode(), "csv"))


def problems(*rows: dict[str, str]) -> list[tuple[int, str, str]]:
    return [(row, e.field, e.rule) for row, e in read(*rows) if hasattr(e, "rule")]


class TestHeader:
    def test_every_column_is_documented(self) -> None:
        assert len(COLUMNS) == len(set(COLUMNS)) == 32
        assert set(REQUIRED) <= set(COLUMNS)
        text = csv_table.__doc__ or ""
        for column in ("source_id", "provider_source_id", *csv_table.LIST_COLUMNS):
            assert f"`{column}`" in text
        for column in csv_table.SESSION_COLUMNS:
            assert f"`{column}`" in text or column == "capacity"

    def test_order_and_case_are_free_and_others_may_be_missing(self) -> None:
        data = b"Title,PROVIDER_NAME,source_id\nDrumming,Band,d1\n"
        (_, provider), (row, activity) = read_records(data, "csv")
        assert isinstance(provider, ProviderRecord)
        assert isinstance(activity, ActivityRecord)
        assert (row, activity.title, activity.max_age) == (2, "Drumming", 18)

    def test_a_byte_order_mark_is_nothing(self) -> None:
        assert read(ROW, bom=b"\xef\xbb\xbf") == read(ROW)


class TestRows:
    def test_one_dated_session(self) -> None:
        (_, provider), (_, activity), (row, session) = read(ROW)
        assert isinstance(provider, ProviderRecord)
        assert isinstance(activity, ActivityRecord)
        assert isinstance(session, SessionRecord)
        assert provider.source_id == activity.provider_source_id == "Trentside Anglers"
        assert activity.venue is not None
        assert activity.venue.postcode == "ST4 2DE"
        assert activity.funding == ("free", "contributory")
        assert activity.concept_labels == ("angling", "fishing")
        assert activity.offers == (
            OfferRecord(need="wheelchair_access"),
            OfferRecord(need="one_to_one", kind="limited", per_session=2),
            OfferRecord(need="interpreter", kind="on_request", lead_days=7, cost_pence=4500),
        )
        assert row == 2
        assert session.source_id == "angling@2027-01-30T10:00"
        assert session.starts_at == datetime(2027, 1, 30, 10, tzinfo=LONDON)
        assert session.ends_at - session.starts_at == timedelta(hours=2)

    def test_an_end_before_the_start_is_the_next_day(self) -> None:
        session = read(ROW | {"starts": "16:00", "ends": "10:00"})[-1][1]
        assert session.ends_at - session.starts_at == timedelta(hours=18)

    @pytest.mark.parametrize(
        ("cells", "expected", "reason"),
        [
            ({"repeats": "weekly"}, ["01-30", "02-06", "02-13"], "the weekday of the first day"),
            ({"repeats": "weekly", "repeat_on": "SU"}, ["01-31", "02-07"], "another weekday"),
            ({"repeats": "fortnightly"}, ["01-30", "02-13"], "every second week"),
            ({"repeats": "monthly", "repeat_on": "2SA"}, ["02-13"], "second Saturday"),
            ({"repeats": "Daily", "last_date": "2027-02-01"}, ["01-30", "01-31", "02-01"],
             "last day included"),
        ],
    )  # fmt: skip
    def test_repeats(self, cells: dict[str, str], expected: list[str], reason: str) -> None:
        activity = read(ROW | cells)[-1][1]
        start = datetime(2027, 1, 1, tzinfo=LONDON)
        end = datetime(2027, 2, 14, tzinfo=LONDON)
        found = [s.starts_at.date() for s in sessions_of(activity, start=start, end=end)]
        assert found == [date.fromisoformat(f"2027-{day}") for day in expected], reason

    def test_rows_with_one_source_id_are_one_activity_whatever_their_order(self) -> None:
        weekly = ROW | {"repeats": "weekly"}
        sunday = weekly | {"repeat_on": "SU", "title": ""}
        dated = ROW | {"date": "2027-03-01", "title": ""}
        once = {
            str(item) for _, item in read(weekly, sunday, dated) if isinstance(item, SessionRecord)
        }
        activity = read(weekly, sunday, dated)[1][1]
        turned = read(ROW | {"date": "2027-03-01"}, sunday, weekly)
        assert once == {str(item) for _, item in turned if isinstance(item, SessionRecord)}
        assert set(activity.schedules) == set(turned[1][1].schedules)
        assert len(activity.schedules) == 2

    def test_empty_lines_are_passed_over(self) -> None:
        assert [row for row, _ in read({}, ROW)] == [3, 3, 3]

    @pytest.mark.parametrize(
        ("cells", "field", "rule"),
        [
            ({"provider_name": ""}, "provider_source_id", "string_too_short"),
            ({"source_id": ""}, "source_id", "missing"),
            ({"title": ""}, "title", "missing"),
            ({"provider_kind": "shop"}, "provider_kind", "literal_error"),
            ({"setting": "secret"}, "setting", "literal_error"),
            ({"min_age": "12", "max_age": "8"}, "", "age_order"),
            ({"max_age": "121"}, "max_age", "less_than_equal"),
            ({"min_age": "eight"}, "min_age", "int_parsing"),
            ({"venue_postcode": "ABC 1234"}, "venue_postcode", "postcode"),
            ({"venue_latitude": "91", "venue_longitude": "2"}, "venue_latitude",
             "less_than_equal"),
            ({"venue_latitude": "53"}, "venue_latitude", "half_position"),
            ({"needs": "flying"}, "needs", "literal_error"),
            ({"needs": "one_to_one:limited"}, "needs", "per_session"),
            ({"needs": "one_to_one:limited:2:3"}, "needs", "extra_forbidden"),
            ({"needs": "hoist;hoist"}, "", "duplicate_need"),
            ({"funding": "paid"}, "funding", "literal_error"),
            ({"price_pence": "-1"}, "price_pence", "greater_than_equal"),
            ({"date": "30/01/2027"}, "date", "form"),
            ({"date": "20270130"}, "date", "form"),
            ({"date": "0001-01-01"}, "date", "form"),
            ({"starts": "10am"}, "starts", "form"),
            ({"starts": "10:00Z"}, "starts", "form"),
            ({"ends": ""}, "ends", "missing"),
            ({"capacity": ""}, "capacity", "missing"),
            ({"capacity": "-1"}, "capacity", "greater_than_equal"),
            ({"capacity": "9" * 400}, "capacity", "less_than_equal"),
            ({"repeats": "yearly"}, "repeats", "unknown_repeat"),
            ({"repeats": "weekly", "repeat_on": "SATURDAY"}, "repeat_on",
             "string_pattern_mismatch"),
            ({"repeats": "weekly", "repeat_on": "1SA"}, "", "monthly_only"),
            ({"repeats": "weekly", "last_date": "2026-01-01"}, "", "until"),
            ({"repeats": "weekly", "except_last_week": "maybe"}, "except_last_week", "yes_or_no"),
        ],
    )  # fmt: skip
    def test_problems_name_row_column_and_rule(
        self, cells: dict[str, str], field: str, rule: str
    ) -> None:
        found = problems(ROW | cells)
        assert (2, field, rule) in found
        assert len(found) == 1 or "provider_name" in cells

    def test_contradicting_rows_are_an_error(self) -> None:
        other = ROW | {"title": "Senior angling", "date": "2027-02-06"}
        assert problems(ROW, other) == [(3, "title", "conflict")]

    def test_the_same_session_twice_is_an_error(self) -> None:
        assert problems(ROW, ROW) == [(3, "date", "duplicate")]

    def test_one_provider_is_given_once(self) -> None:
        found = read(ROW, ROW | {"source_id": "b"})
        assert sum(isinstance(item, ProviderRecord) for _, item in found) == 1
        assert sum(isinstance(item, ActivityRecord) for _, item in found) == 2
