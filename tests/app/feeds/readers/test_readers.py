"""What holds for every reader: never an exception, clear errors, no value repeated."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.feeds.readers import Item, Limits, RowError, read_records
from app.feeds.readers.csv_table import COLUMNS

KINDS = ("csv", "ndjson", "open_referral_uk")

SECRET = "Zebedee"

HEADER = ",".join(COLUMNS).encode()

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**30, 10**31)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "10:00Z", "2027-02-30", "SA", "active", "WEEKLY", "-1", "9" * 5000])
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("id", "name", "description", "status", "organization", "organization_id"),
                    *("services", "service", "organizations", "locations", "location"),
                    *("schedules", "service_at_locations", "service_id", "location_id", "freq"),
                    *("byday", "bymonthday", "interval", "opens_at", "closes_at", "dtstart"),
                    *("valid_from", "valid_to", "count", "cost_options", "amount", "attributes"),
                    *("taxonomy_term", "taxonomy", "term", "link_type", "minimum_age"),
                    *("maximum_age", "contents", "addresses", "postal_code", "latitude"),
                    *("longitude", "accessibility", "type", "source_id", "parent_id", "fees"),
                ]
            ),
            inner,
            max_size=8,
        )
    ),
    max_leaves=30,
)


def read(data: bytes, kind: str, **limits: int) -> list[tuple[int, Item]]:
    return list(read_records(data, kind, Limits(**limits)))  # type: ignore[arg-type]


def errors(data: bytes, kind: str, **limits: int) -> list[RowError]:
    return [item for _, item in read(data, kind, **limits) if isinstance(item, RowError)]


class TestAnyBytes:
    @pytest.mark.parametrize("kind", KINDS)
    @given(data=st.binary(max_size=200))
    def test_raise_nothing(self, kind: str, data: bytes) -> None:
        read(data, kind)

    @given(cells=st.lists(st.text(max_size=12) | st.sampled_from(["weekly", "10:00"]), max_size=31))
    def test_of_a_table_raise_nothing(self, cells: list[str]) -> None:
        read(HEADER + b"\n" + ",".join(cells).encode("utf-8", "surrogatepass"), "csv")

    @given(column=st.sampled_from(COLUMNS), cell=st.text(max_size=12))
    def test_in_one_cell_of_a_good_row_raise_nothing(self, column: str, cell: str) -> None:
        good = {"provider_name": "P", "source_id": "a", "title": "T", "date": "2027-01-30"}
        good |= {"starts": "10:00", "ends": "11:00", "capacity": "4"}
        quoted = (json.dumps((good | {column: cell}).get(name, "")) for name in COLUMNS)
        read(HEADER + b"\n" + ",".join(quoted).encode(), "csv")


class TestAnyJson:
    @given(document=JSON_VALUES)
    @example(document={"id": "1", "name": "n", "status": "active", "organization": {"id": 1}})
    @example(document={"services": [{"id": "a"}], "service_at_locations": [{"service_id": "a"}]})
    def test_raises_nothing_as_a_document(self, document: Any) -> None:
        read(json.dumps(document).encode(), "open_referral_uk")

    @given(record=JSON_VALUES, kind=st.sampled_from(["provider", "activity", "session"]))
    def test_raises_nothing_as_a_line(self, record: Any, kind: str) -> None:
        if isinstance(record, dict):
            record["type"] = kind
        read(json.dumps(record).encode(), "ndjson")

    @given(value=JSON_VALUES, key=st.sampled_from(["schedules", "cost_options", "attributes"]))
    def test_raises_nothing_inside_a_good_service(self, value: Any, key: str) -> None:
        service = {"id": "a", "name": "n", "status": "active", "organization_id": "o", key: value}
        read(json.dumps(service).encode(), "open_referral_uk")


class TestBrokenFiles:
    @pytest.mark.parametrize(
        ("kind", "data", "rule", "reason"),
        [
            ("open_referral_uk", b'{"contents": [{"id": "1", "na', "json", "cut off"),
            ("open_referral_uk", b"", "json", "empty file"),
            ("open_referral_uk", b"[]", "empty", "no services"),
            ("open_referral_uk", b"[" * 10_000, "json", "10,000 levels"),
            ("open_referral_uk", b'{"a":' * 10_000, "json", "10,000 levels of objects"),
            ("open_referral_uk", b"3", "not_an_object", "a number"),
            ("open_referral_uk", b'{"contents": {}}', "not_a_list", "an object for a list"),
            ("open_referral_uk", b"[[]]", "not_an_object", "a list for an object"),
            ("open_referral_uk", b'{"x": 1}', "unknown_shape", "something else"),
            ("open_referral_uk", "{}".encode("utf-16"), "encoding", "UTF-16"),
            ("open_referral_uk", b'{"name": "caf\xe9"}', "encoding", "Latin-1"),
            ("open_referral_uk", b'{"name": "\x00"}', "control_character", "raw NUL"),
            ("open_referral_uk", b'{"name": "\\ud800"}', "json", "lone surrogate"),
            ("open_referral_uk", b'{"id": ' + b"9" * 9000 + b"}", "json", "9,000 digits"),
            ("ndjson", b"{", "json", "cut off"),
            ("ndjson", b"[" * 10_000, "json", "10,000 levels"),
            ("ndjson", b"[]", "not_an_object", "a list for an object"),
            ("ndjson", b'{"name": "x"}', "unknown_type", "no type"),
            ("ndjson", b'{"type": ["provider"]}', "unknown_type", "type of another type"),
            ("ndjson", b'{"type": "provider", "name": "caf\xe9"}', "encoding", "Latin-1"),
            ("ndjson", b'{"type":"provider","name":"a\\u0000","source_id":"p"}',
             "control_character", "escaped NUL"),
            ("ndjson", b'{"type":"provider","name":"\\udc00"}', "json", "lone surrogate"),
            ("csv", b"", "empty", "empty file"),
            ("csv", b"a,b\n1,2\n", "missing_column", "another header"),
            ("csv", HEADER + b",colour\n", "unknown_column", "a column of theirs"),
            ("csv", HEADER + b",title\n", "duplicate_column", "a column twice"),
            ("csv", "title".encode("utf-16"), "encoding", "UTF-16"),
            ("csv", HEADER + b"\n\x00,1\n", "control_character", "NUL"),
            ("csv", HEADER + b'\n"no end', "csv", "a quote that never ends"),
            ("csv", HEADER + b"\n" + b"x" * 200_000, "csv", "a cell beyond the limit"),
            ("csv", HEADER + b"\n" + b"," * 40, "too_many_cells", "more cells than columns"),
        ],
    )  # fmt: skip
    def test_are_refused_with_the_rule(
        self, kind: str, data: bytes, rule: str, reason: str
    ) -> None:
        assert [error.rule for error in errors(data, kind)] == [rule], reason

    @pytest.mark.parametrize("kind", KINDS)
    def test_of_too_many_bytes_are_not_looked_into(self, kind: str) -> None:
        assert [error.rule for error in errors(b"x" * 11, kind, file_bytes=10)] == ["too_large"]

    @pytest.mark.parametrize(
        ("kind", "data"),
        [
            ("csv", HEADER + b"\n,,,,,,a\n,,,,,,b\n,,,,,,c\n"),
            ("ndjson", b"{}\n{}\n{}\n"),
            ("open_referral_uk", b"[{},{},{}]"),
        ],
    )
    def test_of_too_many_rows_stop_there(self, kind: str, data: bytes) -> None:
        found = errors(data, kind, rows=2)
        assert found[-1].rule == "too_many_rows" or found[0].rule == "too_many_rows"
        assert len({error.row for error in found}) == 3

    def test_a_line_beyond_its_limit_costs_only_itself(self) -> None:
        data = b'{"type":"provider","source_id":"p","name":"n"}\n' + b"x" * 100
        (first, second) = read(data, "ndjson", line_bytes=60)
        assert first[0] == 1
        assert not isinstance(first[1], RowError)
        assert second == (2, RowError(2, "", "too_long", "A line has at most 60 bytes."))


class TestMessages:
    @pytest.mark.parametrize(
        ("kind", "template"),
        [
            ("ndjson", {"type": "activity", "source_id": "a", "provider_source_id": "p"}),
            ("open_referral_uk", {"status": "active"}),
        ],
    )
    def test_never_repeat_a_value(self, kind: str, template: dict[str, Any]) -> None:
        fields = [
            *("title", "setting", "break_type", "min_age", "gender", "funding", "venue", "offers"),
            *("schedules", "name", "minimum_age", "cost_options", "organization", "attributes"),
            *("service_at_locations", "id", "price_pence", f"{SECRET} as a key!"),
        ]
        said = 0
        for field in fields:
            for value in (SECRET, [SECRET], {SECRET + "!": SECRET}, [{"freq": SECRET}]):
                for _, item in read(json.dumps(template | {field: value}).encode(), kind):
                    if isinstance(item, RowError):
                        said += 1
                        assert SECRET not in f"{item.field} {item.message} {item.rule}", field
        assert said > len(fields)

    def test_never_repeat_a_cell(self) -> None:
        said = 0
        for column in COLUMNS:
            row = {"provider_name": "P", "source_id": "a", "title": "T", "date": "2027-01-30"}
            row |= {"starts": "10:00", "ends": "11:00", "capacity": "4", column: SECRET}
            line = ",".join(row.get(name, "") for name in COLUMNS).encode()
            for error in errors(HEADER + b"\n" + line, "csv"):
                said += 1
                assert error.row == 2
                assert SECRET not in f"{error.field} {error.message} {error.rule}", column
        assert said >= 20
