"""Read the schedules of an Open Referral UK service.

Times are read as local wall time whatever suffix they carry: the standard lets publishers write
`10:00Z`, yet a weekly club that opens at ten does so in summer too.
"""

import re
from typing import Any

from app.feeds.readers.nodes import Node
from app.feeds.readers.rows import check
from app.feeds.readers.terms import BANK_HOLIDAYS_OUT, LAST_WEEK_OUT
from app.feeds.records import ScheduleRecord

_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?::\d{2}(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$", re.I)
_DAY = re.compile(r"([+-]?\d)?\s*(MO|TU|WE|TH|FR|SA|SU)[A-Z]*$")
_UNSUPPORTED = ("byweekno", "byyearday", "bysetpos")


def read_schedules(nodes: list[Node], activity_id: str, capacity: int) -> list[ScheduleRecord]:
    """Read each schedule that says when; the others leave a note and no sessions."""
    schedules: dict[str, ScheduleRecord] = {}
    for node in nodes:
        schedule = _read_schedule(node, activity_id, capacity)
        if schedule is None:
            continue
        if schedule.source_id in schedules:
            if schedules[schedule.source_id] != schedule:
                node.note("id", "duplicate", "Another schedule has this id; this one is left out.")
            continue
        schedules[schedule.source_id] = schedule
    return list(schedules.values())


def _read_schedule(node: Node, activity_id: str, capacity: int) -> ScheduleRecord | None:
    fields = _rule(node)
    if fields is None:
        return None
    opens_at, closes_at = _time(node, "opens_at"), _time(node, "closes_at")
    if opens_at is None or closes_at is None:
        node.note("opens_at", "no_times", "Without both times there are no dated sessions.")
        return None
    said = " ".join(filter(None, (node.text("description"), node.text("notes"))))
    schedule_id = node.text("id") or "-".join(
        [fields["freq"].lower(), *fields["byday"], *map(str, fields["bymonthday"]), opens_at]
    )
    found = check(
        ScheduleRecord,
        {
            # A service in two places has its schedule in each, so the activity is in the id.
            "source_id": f"{activity_id}/{schedule_id}",
            "opens_at": opens_at,
            "closes_at": closes_at,
            "except_bank_holidays": BANK_HOLIDAYS_OUT.search(said) is not None,
            "except_last_week": LAST_WEEK_OUT.search(said) is not None,
            "capacity": capacity,
            **fields,
        },
        row=0,
    )
    if isinstance(found, list):
        for error in found:
            message = f"{error.message} The schedule is left out."
            node.note(error.field or "freq", error.rule, message)
        return None
    return found


def _rule(node: Node) -> dict[str, Any] | None:
    """Read when it recurs, as fields of a ScheduleRecord."""
    if any(node.data.get(key) for key in _UNSUPPORTED):
        node.note("freq", "unsupported", "Rules by week of the year are not read.")
        return None
    byday = _days(node)
    bymonthday = _month_days(node)
    if byday is None or bymonthday is None:
        return None
    dtstart, valid_from = _date(node, "dtstart"), _date(node, "valid_from")
    freq = (node.text("freq") or "").upper()
    count = node.number("count")
    if not freq:
        if byday:
            freq = "MONTHLY" if any(len(day) > 2 for day in byday) else "WEEKLY"
        elif bymonthday:
            freq = "MONTHLY"
        elif dtstart:
            # Only a first day: it takes place once.
            freq, count = "DAILY", 1
    if freq != "DAILY" and not (byday or bymonthday or dtstart):
        node.note("byday", "undated", "Neither days nor a first day: there are no dated sessions.")
        return None
    ends = [day for day in (_date(node, "until"), _date(node, "valid_to")) if day]
    return {
        "freq": freq,
        "interval": int(node.number("interval") or 1),
        "byday": byday,
        # The standard means it for monthly rules only, and its own example has it in a weekly one.
        "bymonthday": bymonthday if freq == "MONTHLY" else [],
        # The rhythm counts from dtstart; valid_from stands in only where that is missing.
        "dtstart": dtstart or valid_from,
        "valid_from": valid_from,
        "until": min(ends) if ends else None,
        "count": None if count is None else int(count),
    }


def _days(node: Node) -> list[str] | None:
    days = []
    for part in _parts(node.data.get("byday")):
        found = _DAY.match(part.upper())
        if found is None:
            node.note("byday", "unknown_day", "A day cannot be read; the schedule is left out.")
            return None
        ordinal = (found[1] or "").removeprefix("+")
        days.append(f"{ordinal}{found[2]}")
    return list(dict.fromkeys(days))


def _month_days(node: Node) -> list[int] | None:
    days = []
    for part in _parts(node.data.get("bymonthday")):
        if not re.fullmatch(r"[+-]?\d{1,2}", part, re.ASCII):
            node.note("bymonthday", "unknown_day", "A day cannot be read: it is left out.")
            return None
        days.append(int(part))
    return list(dict.fromkeys(days))


def _parts(value: object) -> list[str]:
    """Part `TH,FR`, `TH;FR` or a list of such texts."""
    items = value if isinstance(value, list) else [value]
    texts = [str(item) for item in items if isinstance(item, (str, int)) and item != ""]
    return [part for text in texts for part in re.split(r"[,;\s]+", text) if part]


def _date(node: Node, key: str) -> str | None:
    """Give a date field's day; a time behind the day does not matter."""
    text = node.text(key)
    if text is None:
        return None
    if not re.match(r"\d{4}-\d{2}-\d{2}(?:$|[T ])", text, re.ASCII):
        node.note(key, "form", "A date is written like 2027-01-30; it is passed over.")
        return None
    return text[:10]


def _time(node: Node, key: str) -> str | None:
    text = node.text(key)
    if text is None:
        return None
    found = _TIME.match(text)
    if found is None:
        node.note(key, "form", "A time is written like 16:30; it is passed over.")
        return None
    if found[3]:
        node.note(key, "time_zone", "Read as local time, whatever the offset.")
    hour = int(found[1])
    # Midnight at the end of a day is midnight of the next.
    return f"{0 if hour == 24 else hour:02d}:{found[2]}"
