"""Time: the one place that asks for it, and what a month and a day mean here."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
# Councils budget from April to March.
FIRST_MONTH_OF_YEAR = 4
MONTHS_OF_A_QUARTER = 3

Clock = Callable[[], datetime]


def now_utc() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def local_date(instant: datetime) -> date:
    """Give the Europe/London calendar date of an instant."""
    return instant.astimezone(LONDON).date()


def month_of(instant: datetime) -> str:
    """Give the entitlement month of a session that starts at the instant, as `YYYY-MM`."""
    return f"{local_date(instant):%Y-%m}"


def year_of(month: str) -> str:
    """Name the year that a month counts in, from April to March, as `2026/27`."""
    start = int(month[:4]) - (int(month[5:]) < FIRST_MONTH_OF_YEAR)
    return f"{start}/{(start + 1) % 100:02d}"


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Give the first instant of a month and of the next one, in UTC."""
    first = date.fromisoformat(f"{month}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
        for day in (first, following)
    )
    return start, end


def months_between(start: datetime, end: datetime) -> list[str]:
    """Name the months from the one of `start` to the one of `end`, both included."""
    first, last = local_date(start), local_date(end)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [
        f"{first.year + (first.month - 1 + step) // 12}-{(first.month - 1 + step) % 12 + 1:02d}"
        for step in range(count)
    ]


def months_of_quarter(quarter: str) -> list[str]:
    """Name the months of a quarter, which is written `2027-Q1`."""
    first = (int(quarter[-1]) - 1) * MONTHS_OF_A_QUARTER + 1
    return [f"{quarter[:4]}-{month:02d}" for month in range(first, first + MONTHS_OF_A_QUARTER)]


def quarter_bounds(quarter: str) -> tuple[datetime, datetime]:
    """Give the first instant of a quarter and of the next one, in UTC."""
    months = months_of_quarter(quarter)
    return month_bounds(months[0])[0], month_bounds(months[-1])[1]


def day_start(day: date) -> datetime:
    """Give the first instant of a Europe/London day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def age_on(date_of_birth: date, day: date) -> int:
    """Count whole years; a child born on 29 February has a common year's birthday on 1 March."""
    before_birthday = (day.month, day.day) < (date_of_birth.month, date_of_birth.day)
    return day.year - date_of_birth.year - before_birthday


def years_before(day: date, years: int) -> date:
    """Give the same day some years earlier; 29 February becomes 1 March of a common year."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def iso_week(instant: datetime) -> str:
    """Name the ISO week of an instant in Europe/London, as `YYYY-Www`."""
    year, week, _ = local_date(instant).isocalendar()
    return f"{year}-W{week:02d}"
