"""CSV: one activity with one schedule, or one dated session, a row.

The first line names the columns, in any order; only those of `REQUIRED` must be there. Cells of
the columns follow the wire fields of the catalogue, and besides:

- `source_id` is the activity's own id. Rows with the same one add sessions or schedules to it;
  their other activity cells are empty or equal to the first row's.
- `provider_source_id` may be left out: the provider's name then is its id.
- `concepts` are words or notations of the vocabulary, `funding` is `free`, `contributory` or both;
  `needs` are offers as `need`, `need:limited:2` or `need:on_request:7:4500` (lead days, pence).
  All three are parted by semicolons.
- `date` (2027-01-30), `starts` and `ends` (16:30) are local time; an end at or before the start is
  on the next day. With `repeats` empty the row is one session on the date. `repeats` is `daily`,
  `weekly`, `fortnightly` or `monthly`; `date` is then the first day and `last_date` the last,
  and `repeat_on` names weekdays (`MO;WE`, in a month `1SA`, `-1SU`).
- `except_bank_holidays` and `except_last_week` are `yes` or `no`.

Files are UTF-8, with or without a byte order mark, parted by commas.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.feeds.readers.offers import read_offers
from app.feeds.readers.rows import (
    Limits,
    RowError,
    Rows,
    Unreadable,
    check,
    decode_text,
    is_plain_name,
)
from app.feeds.records import (
    ActivityRecord,
    Day,
    ProviderRecord,
    ScheduleRecord,
    SessionRecord,
    TimeOfDay,
)
from app.feeds.recurrence import session_times

PROVIDER_COLUMNS = {
    "provider_source_id": "source_id",
    "provider_name": "name",
    "provider_kind": "kind",
    "provider_website": "website",
    "provider_email": "email",
    "provider_phone": "phone",
}
ACTIVITY_COLUMNS = (
    *("source_id", "title", "description", "setting", "break_type", "min_age", "max_age"),
    *("gender", "price_pence"),
)
VENUE_COLUMNS = {
    "venue_name": "name",
    "venue_address": "address",
    "venue_postcode": "postcode",
    "venue_latitude": "latitude",
    "venue_longitude": "longitude",
}
LIST_COLUMNS = ("funding", "concepts", "needs")
SESSION_COLUMNS = (
    *("date", "starts", "ends", "capacity", "repeats", "repeat_on", "last_date"),
    *("except_bank_holidays", "except_last_week"),
)
COLUMNS = (*PROVIDER_COLUMNS, *ACTIVITY_COLUMNS, *VENUE_COLUMNS, *LIST_COLUMNS, *SESSION_COLUMNS)
REQUIRED = ("provider_name", "source_id", "title")

_REPEATS = {"daily": ("DAILY", 1), "weekly": ("WEEKLY", 1), "monthly": ("MONTHLY", 1)}
_REPEATS |= {"fortnightly": ("WEEKLY", 2)}
_YES_NO = {"yes": True, "no": False, "true": True, "false": False, "": False}
_NAMES = {
    **{name: column for column, name in PROVIDER_COLUMNS.items()},
    **{"opens_at": "starts", "closes_at": "ends", "until": "last_date", "dtstart": "date"},
    **{"starts_at": "date", "ends_at": "ends", "byday": "repeat_on"},
    **{"offers": "needs", "concept_labels": "concepts"},
}
"""Columns for the record fields that have another name, to report errors by column."""

_DATE: TypeAdapter[date] = TypeAdapter(Day)
_TIME: TypeAdapter[time] = TypeAdapter(TimeOfDay)


@dataclass(slots=True)
class _Group:
    """The rows of one activity, in the order of the file."""

    first_row: int
    cells: dict[str, str]
    schedules: list[ScheduleRecord] = field(default_factory=list)
    sessions: list[tuple[int, SessionRecord]] = field(default_factory=list)
    session_ids: set[str] = field(default_factory=set)
    errors: list[RowError] = field(default_factory=list)


def read_csv(data: bytes, limits: Limits) -> Rows:
    """Read the table: of each activity first its provider, then itself, then its sessions."""
    try:
        groups, problems = _read_groups(data, limits)
    except Unreadable as problem:
        yield 1, RowError(1, "", problem.rule, problem.message)
        return
    yield from ((problem.row, problem) for problem in problems)
    providers: dict[str, ProviderRecord] = {}
    for group in groups:
        yield from _read_group(group, providers)


def _read_groups(data: bytes, limits: Limits) -> tuple[list[_Group], list[RowError]]:
    groups: dict[str, _Group] = {}
    problems: list[RowError] = []
    for row, cells in _read_cells(data, limits):
        if isinstance(cells, RowError):
            problems.append(cells)
            continue
        source_id = cells.get("source_id", "")
        if not source_id:
            problems.append(RowError(row, "source_id", "missing", "This is missing."))
            continue
        group = groups.setdefault(source_id, _Group(row, cells))
        for column in (*PROVIDER_COLUMNS, *ACTIVITY_COLUMNS, *VENUE_COLUMNS, *LIST_COLUMNS):
            if cells.get(column, "") not in ("", group.cells.get(column, "")):
                message = f"Row {group.first_row} has the same source id and another value."
                group.errors.append(RowError(row, column, "conflict", message))
        _read_times(row, cells, group)
    return list(groups.values()), problems


def _read_cells(data: bytes, limits: Limits) -> Iterator[tuple[int, dict[str, str] | RowError]]:
    """Give each row's cells by column; a row's number is that of its line in a spreadsheet."""
    lines = csv.reader(io.StringIO(decode_text(data), newline=""), strict=True)
    header: list[str] = []
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if not header:
                header = _read_header(line)
            elif number > limits.rows + 1:
                message = f"Only {limits.rows} rows are read."
                yield number, RowError(number, "", "too_many_rows", message)
                return
            elif len(line) > len(header):
                message = "The row has more cells than the header has columns."
                yield number, RowError(number, "", "too_many_cells", message)
            elif any(cell.strip() for cell in line):
                # Trailing cells that a spreadsheet did not write are empty.
                yield number, dict(zip(header, (cell.strip() for cell in line), strict=False))
    except csv.Error:
        message = "From this row on the quotes do not match, or a cell is too long."
        yield number + 1, RowError(number + 1, "", "csv", message)
    if not header:
        raise Unreadable("empty", "The file has no header line.")


def _read_header(line: list[str]) -> list[str]:
    header = [name.strip().lower() for name in line]
    if missing := [column for column in REQUIRED if column not in header]:
        raise Unreadable("missing_column", f"The header lacks: {', '.join(missing)}.")
    for position, name in enumerate(header, start=1):
        if name not in COLUMNS:
            shown = name if is_plain_name(name) else f"number {position}"
            raise Unreadable("unknown_column", f"The header has an unknown column: {shown}.")
    if len(set(header)) < len(header):
        raise Unreadable("duplicate_column", "The header names a column twice.")
    return header


def _read_group(group: _Group, providers: dict[str, ProviderRecord]) -> Rows:
    row, cells = group.first_row, group.cells
    name = cells.get("provider_name", "")
    provider_id = cells.get("provider_source_id") or name
    provider = check(
        ProviderRecord,
        {
            "source_id": provider_id,
            **_given(cells, {c: n for c, n in PROVIDER_COLUMNS.items() if n != "source_id"}),
        },
        row=row,
        prefix="provider",
    )
    fields: dict[str, Any] = {
        "provider_source_id": provider_id,
        **_given(cells, {column: column for column in ACTIVITY_COLUMNS}),
        "schedules": group.schedules,
    }
    if venue := _given(cells, VENUE_COLUMNS):
        fields["venue"] = venue
    if funding := _parts(cells, "funding"):
        fields["funding"] = [part.lower() for part in funding]
    fields["concept_labels"] = _parts(cells, "concepts")
    fields["offers"] = read_offers(cells.get("needs", ""))
    activity = check(ActivityRecord, fields, row=row)
    errors = list(group.errors)
    for part in (provider, activity):
        if isinstance(part, list):
            errors += part
    yield from ((error.row, _by_column(error)) for error in errors)
    if isinstance(provider, list) or isinstance(activity, list):
        return
    known = providers.setdefault(provider_id, provider)
    if known is provider:
        yield row, provider
    elif known.name != provider.name:
        message = "An earlier row has this provider's id with another name."
        yield row, RowError(row, "provider_source_id", "duplicate", message)
    yield row, activity
    yield from group.sessions


def _read_times(row: int, cells: dict[str, str], group: _Group) -> None:
    """Add the row's session or schedule to its group, or what is wrong with it."""
    given = {column for column in SESSION_COLUMNS if cells.get(column)}
    if not given:
        return
    repeats = cells.get("repeats", "").lower()
    needed = {"starts", "ends", "capacity"} | (set() if repeats else {"date"})
    errors = [
        RowError(row, column, "missing", "This is missing.") for column in sorted(needed - given)
    ]
    flags: dict[str, bool] = {}
    for column in ("except_bank_holidays", "except_last_week"):
        flag = _YES_NO.get(cells.get(column, "").lower())
        if flag is None:
            errors.append(RowError(row, column, "yes_or_no", "Write yes or no."))
        flags[column] = bool(flag)
    if repeats and repeats not in _REPEATS:
        message = "Write daily, weekly, fortnightly or monthly."
        errors.append(RowError(row, "repeats", "unknown_repeat", message))
    if not errors:
        found = _schedule(row, cells, flags) if repeats else _session(row, cells)
        if isinstance(found, ScheduleRecord):
            group.schedules.append(found)
        elif isinstance(found, list):
            errors = found
        elif found.source_id in group.session_ids:
            message = "An earlier row has a session of this activity at this time."
            errors.append(RowError(row, "date", "duplicate", message))
        else:
            group.session_ids.add(found.source_id)
            group.sessions.append((row, found))
    group.errors += errors


def _schedule(
    row: int, cells: dict[str, str], flags: dict[str, bool]
) -> ScheduleRecord | list[RowError]:
    freq, interval = _REPEATS[cells["repeats"].lower()]
    days = [day.upper() for day in _parts(cells, "repeat_on")]
    # The id says what the rule is, so that the order of rows does not matter to a second import.
    rule = "-".join([cells["repeats"].lower(), *days, cells["starts"], cells.get("date", "")])
    fields = {
        "source_id": f"{cells['source_id']}/{rule.rstrip('-')}",
        **{"freq": freq, "interval": interval, "byday": days, **flags},
        **_given(cells, {"date": "dtstart", "last_date": "until", "capacity": "capacity"}),
        **_given(cells, {"starts": "opens_at", "ends": "closes_at"}),
    }
    return check(ScheduleRecord, fields, row=row)


def _session(row: int, cells: dict[str, str]) -> SessionRecord | list[RowError]:
    errors = []
    moments: dict[str, Any] = {}
    for column, reader in (("date", _DATE), ("starts", _TIME), ("ends", _TIME)):
        try:
            moments[column] = reader.validate_python(cells[column])
        except ValidationError:
            form = "2027-01-30" if column == "date" else "16:30"
            errors.append(RowError(row, column, "form", f"Write it like {form}."))
    if errors:
        return errors
    starts_at, ends_at = session_times(moments["date"], moments["starts"], moments["ends"])
    fields = {
        "source_id": f"{cells['source_id']}@{starts_at:%Y-%m-%dT%H:%M}",
        "activity_source_id": cells["source_id"],
        **{"starts_at": starts_at, "ends_at": ends_at, "capacity": cells["capacity"]},
    }
    return check(SessionRecord, fields, row=row)


def _given(cells: dict[str, str], names: dict[str, str]) -> dict[str, Any]:
    """Take the cells that are not empty, under the record's names."""
    return {name: cells[column] for column, name in names.items() if cells.get(column)}


def _parts(cells: dict[str, str], column: str) -> list[str]:
    return [part.strip() for part in cells.get(column, "").split(";") if part.strip()]


def _by_column(error: RowError) -> RowError:
    """Name the column, where the record's field has another name."""
    parent, _, rest = error.field.partition(".")
    if parent == "provider":
        column = _NAMES.get(rest, rest)
    elif parent == "venue":
        column = f"venue_{rest}" if rest else "venue_latitude"
    else:
        column = _NAMES.get(parent, parent)
    return RowError(error.row, column, error.rule, error.message)
