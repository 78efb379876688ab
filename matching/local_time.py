"""Local time of Europe/London over arrays of UTC instants.

Clock changes fall on whole UTC hours, so the offset of an instant is that of its hour: the time
zone database is asked once for each distinct hour and the rest is array arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

LONDON = ZoneInfo("Europe/London")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR_US = 3_600_000_000
DAY_US = 24 * _HOUR_US
_DAY_S = 86_400

IntArray = NDArray[np.int64]


def to_microseconds(moment: datetime) -> int:
    """Give microseconds since 1970 in UTC.

    Parameters
    ----------
    moment : datetime
        With a time zone.

    Returns
    -------
    int
        Exact: no float is involved.
    """
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(microseconds: int) -> datetime:
    """Give the London time of an instant.

    Parameters
    ----------
    microseconds : int
        Since 1970 in UTC.

    Returns
    -------
    datetime
        With the zone Europe/London.
    """
    return (_EPOCH + timedelta(microseconds=microseconds)).astimezone(LONDON)


def date_number(day: date) -> int:
    """Write a date as the number YYYYMMDD, in which whole years are ten thousands.

    Parameters
    ----------
    day : date

    Returns
    -------
    int
    """
    return day.year * 10_000 + day.month * 100 + day.day


def london_offsets(instants_us: IntArray) -> IntArray:
    """Give the offset of London time from UTC at each instant.

    Parameters
    ----------
    instants_us : ndarray of int64
        Microseconds since 1970 in UTC.

    Returns
    -------
    ndarray of int64
        Microseconds, same shape.

    Notes
    -----
    One look-up in the time zone database per distinct hour.
    """
    hours, place = np.unique(instants_us // _HOUR_US, return_inverse=True)
    offsets = [
        (_EPOCH + timedelta(hours=int(hour))).astimezone(LONDON).utcoffset() or timedelta()
        for hour in hours
    ]
    of_hour = np.array([offset // _MICROSECOND for offset in offsets], dtype=np.int64)
    return of_hour[place] if instants_us.size else instants_us.copy()


@dataclass(frozen=True, slots=True)
class LocalCalendar:
    """Where sessions lie in the local calendar.

    Attributes
    ----------
    date_number : ndarray of shape (n,), int32
        Local start date as YYYYMMDD.
    month_number : ndarray of shape (n,), int32
        Local start month as YYYYMM.
    iso_week : ndarray of shape (n,), int32
        ISO week of the local start date as year * 100 + week.
    segment_owner : ndarray of shape (m,), int64
        The session each day segment belongs to, ascending.
    segments : ndarray of shape (m, 3), int64
        Weekday (Monday is 0), start and end in seconds of the local day; the end of a segment
        that goes on into the next day is 86400.
    """

    date_number: NDArray[np.int32]
    month_number: NDArray[np.int32]
    iso_week: NDArray[np.int32]
    segment_owner: IntArray
    segments: IntArray


def local_calendar(starts_us: IntArray, ends_us: IntArray) -> LocalCalendar:
    """Place sessions in the London calendar.

    Parameters
    ----------
    starts_us, ends_us : ndarray of shape (n,), int64
        Microseconds since 1970 in UTC, each end after its start.

    Returns
    -------
    LocalCalendar

    Notes
    -----
    A day segment reaches from the earliest to the latest clock time that the session touches on
    that local day, so a session that runs through the repeated hour in autumn covers all of it.
    Ends are rounded up to a second.
    """
    local_start = starts_us + london_offsets(starts_us)
    # The clock of the last moment inside counts, as the end itself may be a clock change.
    local_end = ends_us + london_offsets(ends_us - 1)
    first_day = local_start // DAY_US
    last_day = np.maximum((local_end - 1) // DAY_US, first_day)

    owner = np.repeat(np.arange(len(starts_us)), last_day - first_day + 1)
    run_start = np.searchsorted(owner, np.arange(len(starts_us)))
    day = first_day[owner] + np.arange(len(owner)) - run_start[owner]
    start_s = np.where(day == first_day[owner], (local_start % DAY_US)[owner] // 1_000_000, 0)
    end_in_day = local_end[owner] - day * DAY_US
    end_s = np.where(day == last_day[owner], -(-end_in_day // 1_000_000), _DAY_S)
    _cover_repeated_hours(starts_us[owner], ends_us[owner], day, start_s, end_s)

    weekday = (day + 3) % 7  # 1 January 1970 was a Thursday.
    return LocalCalendar(
        date_number=_date_numbers(first_day),
        month_number=(_date_numbers(first_day) // 100).astype(np.int32),
        iso_week=_iso_weeks(first_day),
        segment_owner=owner,
        segments=np.stack([weekday, start_s, end_s], axis=1),
    )


def _cover_repeated_hours(
    starts_us: IntArray, ends_us: IntArray, day: IntArray, start_s: IntArray, end_s: IntArray
) -> None:
    """Widen in place the segments in which the clock goes back."""
    midnight = day * DAY_US
    opens = np.maximum(starts_us, midnight - london_offsets(midnight))
    next_midnight = midnight + DAY_US
    closes = np.minimum(ends_us, next_midnight - london_offsets(next_midnight))
    goes_back = london_offsets(opens) > london_offsets(closes - 1)
    for row in np.flatnonzero(goes_back):
        hours = np.arange(opens[row] // _HOUR_US, (closes[row] - 1) // _HOUR_US + 1)
        offsets = london_offsets(hours * _HOUR_US)
        after = int(np.flatnonzero(np.diff(offsets) < 0)[0]) + 1
        change = hours[after] * _HOUR_US - midnight[row]
        start_s[row] = min(start_s[row], (change + offsets[after]) // 1_000_000)
        end_s[row] = max(end_s[row], (change + offsets[after - 1]) // 1_000_000)


def _date_numbers(days: IntArray) -> NDArray[np.int32]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    years = dates.astype("datetime64[Y]")
    year = years.astype(np.int64) + 1970
    month = (months - years).astype(np.int64) + 1
    day_of_month = (dates - months).astype(np.int64) + 1
    numbers: NDArray[np.int32] = (year * 10_000 + month * 100 + day_of_month).astype(np.int32)
    return numbers


def _iso_weeks(days: IntArray) -> NDArray[np.int32]:
    # A week belongs to the year its Thursday lies in.
    thursday = days - (days + 3) % 7 + 3
    years = thursday.astype("datetime64[D]").astype("datetime64[Y]")
    day_of_year = thursday - years.astype("datetime64[D]").astype(np.int64)
    iso_years = years.astype(np.int64) + 1970
    weeks: NDArray[np.int32] = (iso_years * 100 + day_of_year // 7 + 1).astype(np.int32)
    return weeks
