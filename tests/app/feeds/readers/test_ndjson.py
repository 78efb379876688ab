import json
from typing import Any

import pytest

from app.feeds.readers import read_records
from app.feeds.records import ActivityRecord, ProviderRecord, SessionRecord

PROVIDER = {"type": "provider", "source_id": "p", "name": "Trentside Anglers"}
ACTIVITY = {
    "type": "activity",
    "source_id": "a",
    "provider_source_id": "p",
    "title": "Junior angling",
    "concepts": ["angling"],
    "offers": [{"need": "one_to_one", "kind": "limited", "per_session": 2}],
}
SESSION = {
    "type": "session",
    "source_id": "s",
    "activity_source_id": "a",
    "starts_at": "2027-01-30T10:00:00+00:00",
    "ends_at": "2027-01-30T12:00:00Z",
    "capacity": 6,
}
SCHEDULE = {
    "source_id": "r",
    "freq": "WEEKLY",
    "byday": ["SA"],
    "opens_at": "10:00",
    "closes_at": "12:00",
    "capacity": 4,
}


def read(*lines: dict[str, Any]) -> list[tuple[int, Any]]:
    return list(read_records("\n".join(map(json.dumps, lines)).encode(), "ndjson"))


class TestReadNdjson:
    def test_gives_each_line_as_its_record(self) -> None:
        found = read(PROVIDER, ACTIVITY, SESSION)
        assert [row for row, _ in found] == [1, 2, 3]
        kinds = [ProviderRecord, ActivityRecord, SessionRecord]
        assert [type(item) for _, item in found] == kinds

    def test_passes_over_empty_lines_but_counts_them(self) -> None:
        data = b"\xef\xbb\xbf\n" + json.dumps(PROVIDER).encode() + b"\r\n\r\n"
        assert [row for row, _ in read_records(data, "ndjson")] == [2]

    @pytest.mark.parametrize(
        ("base", "fields", "field", "rule"),
        [
            (PROVIDER, {"name": ""}, "name", "string_too_short"),
            (PROVIDER, {"name": "x" * 201}, "name", "string_too_long"),
            (PROVIDER, {"website": "javascript:alert(1)"}, "website", "string_pattern_mismatch"),
            (PROVIDER, {"email": "nobody"}, "email", "string_pattern_mismatch"),
            (PROVIDER, {"authority_id": "x"}, "authority_id", "extra_forbidden"),
            (PROVIDER, {"name": "a\x07"}, "name", "control_character"),
            (ACTIVITY, {"min_age": True}, "min_age", "not_a_number"),
            (ACTIVITY, {"min_age": 3.5}, "min_age", "int_from_float"),
            (ACTIVITY, {"min_age": 10**30}, "min_age", "less_than_equal"),
            (ACTIVITY, {"funding": []}, "funding", "funding"),
            (ACTIVITY, {"funding": ["free", "free"]}, "funding", "funding"),
            (ACTIVITY, {"offers": [{"need": "flight"}]}, "offers.0.need", "literal_error"),
            (ACTIVITY, {"offers": [{"need": "hoist", "lead_days": 3}]}, "offers.0",
             "on_request_only"),
            (ACTIVITY, {"venue": {"latitude": 53}}, "venue", "half_position"),
            (ACTIVITY, {"venue": {"latitude": 91, "longitude": 0}}, "venue.latitude",
             "less_than_equal"),
            (ACTIVITY, {"schedules": [SCHEDULE, SCHEDULE]}, "", "duplicate_schedule"),
            (ACTIVITY, {"schedules": [SCHEDULE | {"byday": []}]}, "schedules.0", "undated"),
            (ACTIVITY, {"schedules": [SCHEDULE | {"interval": 2}]}, "schedules.0", "dtstart"),
            (ACTIVITY, {"schedules": [SCHEDULE | {"byday": ["6SA"]}]}, "schedules.0.byday.0",
             "string_pattern_mismatch"),
            (ACTIVITY, {"schedules": [SCHEDULE | {"opens_at": 3600}]}, "schedules.0.opens_at",
             "not_text"),
            (ACTIVITY, {"schedules": [SCHEDULE | {"dtstart": "2027-02-29"}]},
             "schedules.0.dtstart", "date_from_datetime_parsing"),
            (SESSION, {"starts_at": "2027-01-30T10:00:00"}, "starts_at", "timezone_aware"),
            (SESSION, {"starts_at": 1_800_000_000}, "starts_at", "not_text"),
            (SESSION, {"starts_at": "1800000000"}, "starts_at", "not_text"),
            (SESSION, {"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at",
             "year_out_of_range"),
            (SESSION, {"ends_at": "2027-01-30T10:00:00Z"}, "", "ends_before_start"),
            (SESSION, {"ends_at": "2027-03-30T10:00:00Z"}, "", "too_long"),
            (SESSION, {"capacity": -1}, "capacity", "greater_than_equal"),
            (SESSION, {"status": "full"}, "status", "literal_error"),
        ],
    )  # fmt: skip
    def test_names_row_field_and_rule(
        self, base: dict[str, Any], fields: dict[str, Any], field: str, rule: str
    ) -> None:
        ((row, error),) = read(base | fields)
        assert (row, error.field, error.rule) == (1, field, rule)

    def test_a_source_id_used_twice_is_an_error(self) -> None:
        found = read(PROVIDER, PROVIDER | {"name": "Other"}, ACTIVITY | {"source_id": "p"})
        assert found[1][1].rule == "duplicate"
        assert isinstance(found[2][1], ActivityRecord), "ids are of one type each"

    def test_rules_that_may_never_occur_are_refused(self) -> None:
        for rule in (
            {"freq": "MONTHLY", "bymonthday": [13], "byday": ["FR"]},
            {"freq": "MONTHLY", "interval": 12, "bymonthday": [30], "byday": [],
             "dtstart": "2027-02-01"},
            {"freq": "DAILY", "interval": 7, "dtstart": "2027-02-02"},
        ):  # fmt: skip
            ((_, error),) = read(ACTIVITY | {"schedules": [SCHEDULE | rule]})
            assert error.rule == "rare_date"
