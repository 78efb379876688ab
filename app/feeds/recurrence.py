"""Turn a schedule into dated sessions, in Europe/London wall time.

A club at ten stays at ten when the clocks change. A time that the spring change skips moves
forward by the hour that is skipped; of a time that the autumn change repeats the first counts.
Closing at or before the opening time means the next day. Where the schedule says so, the bank
holidays of England and the 52nd ISO week (around Christmas) are left out. There is no school
calendar: a schedule that is "term time only" keeps its school holidays.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from dateutil import rrule

from app.feeds.records import ActivityRecord, ScheduleRecord, SessionRecord

LONDON = ZoneInfo("Europe/London")

_FREQUENCIES = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY}
_WEEKDAYS = {str(day): day for day in (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR)}
_WEEKDAYS |= {str(day): day for day in (rrule.SA, rrule.SU)}


def sessions_of(
    activity: ActivityRecord, *, start: datetime, end: datetime
) -> Iterator[SessionRecord]:
    """Give the activity's dated sessions that begin in [start, end), schedule by schedule.

    A session's source id is its schedule's and the local date, so that a second import finds the
    same sessions and a later horizon only adds some.
    """
    for schedule in activity.schedules:
        for starts_at, ends_at in occurrences(schedule, start=start, end=end):
            yield SessionRecord(
                source_id=f"{schedule.source_id}@{starts_at.date().isoformat()}",
                activity_source_id=activity.source_id,
                starts_at=starts_at,
                ends_at=ends_at,
                capacity=schedule.capacity,
            )


def occurrences(
    schedule: ScheduleRecord, *, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Give (starts at, ends at) of each occurrence that begins in [start, end), in order."""
    first = start.astimezone(LONDON).date()
    last = end.astimezone(LONDON).date()
    for day in _days(schedule, first, last):
        if schedule.except_bank_holidays and day in bank_holidays(day.year):
            continue
        if schedule.except_last_week and day.isocalendar().week == 52:
            continue
        starts_at, ends_at = session_times(day, schedule.opens_at, schedule.closes_at)
        if start <= starts_at < end:
            yield starts_at, ends_at


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """List the bank holidays of England in a year."""
    listed = holidays.country_holidays("GB", subdiv="ENG", years=year)
    # The library also names the holiday itself where it falls on a weekend and a weekday stands in
    # for it; the government's list, and so ours, has the weekday only.
    return frozenset(day for day in listed if day.weekday() < 5)


def to_london(day: date, at: time) -> datetime:
    """Place a wall time on a day's clock: a skipped one moves on, of a repeated one the first."""
    local = datetime.combine(day, at, tzinfo=LONDON)
    # A time that does not exist comes back from UTC as the one an hour later.
    return local.astimezone(UTC).astimezone(LONDON)


def session_times(day: date, opens_at: time, closes_at: time) -> tuple[datetime, datetime]:
    """Give the start and the end of a session that opens on this day, the next day if need be."""
    closing_day = day if closes_at > opens_at else day + timedelta(days=1)
    starts_at, ends_at = to_london(day, opens_at), to_london(closing_day, closes_at)
    if ends_at <= starts_at:
        # Only the start fell into the skipped hour: keep the length.
        length = datetime.combine(closing_day, closes_at) - datetime.combine(day, opens_at)
        ends_at = (starts_at.astimezone(UTC) + length).astimezone(LONDON)
    return starts_at, ends_at


def _days(schedule: ScheduleRecord, first: date, last: date) -> Iterator[date]:
    """Give the local days on which the rule falls, from `first` to `last` inclusive."""
    until = min(last, schedule.until) if schedule.until else last
    earliest = max(day for day in (first, schedule.dtstart, schedule.valid_from) if day)
    anchor = schedule.dtstart or first
    if schedule.count is None:
        anchor = _skip_ahead(schedule, anchor, first)
    days_of_month = schedule.bymonthday
    if schedule.freq == "MONTHLY" and not days_of_month and not schedule.byday:
        days_of_month = (schedule.dtstart.day,) if schedule.dtstart else ()
    rule = rrule.rrule(
        _FREQUENCIES[schedule.freq],
        interval=schedule.interval,
        byweekday=[_weekday(day) for day in schedule.byday] or None,
        bymonthday=days_of_month or None,
        dtstart=datetime.combine(anchor, time.min),
        until=datetime.combine(until, time.min) if schedule.count is None else None,
        count=schedule.count,
    )
    for moment in rule:
        day = moment.date()
        if day > until:
            return
        if day >= earliest:
            yield day


def _skip_ahead(schedule: ScheduleRecord, anchor: date, first: date) -> date:
    """Move the first day of an old rule close to the horizon, by whole intervals of the rule."""
    if anchor >= first:
        return anchor
    if schedule.freq == "MONTHLY":
        months = (first.year - anchor.year) * 12 + first.month - anchor.month
        months -= months % schedule.interval
        if months == 0:
            return anchor
        year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
        return date(year, month + 1, 1)
    period = timedelta(days=schedule.interval * (7 if schedule.freq == "WEEKLY" else 1))
    return anchor + (first - anchor) // period * period


def _weekday(code: str) -> rrule.weekday:
    day = _WEEKDAYS[code[-2:]]
    return day(int(code[:-2])) if len(code) > 2 else day
