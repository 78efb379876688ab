"""Quarters, written as `2027-Q1`."""

from datetime import datetime

from app.clock import local_date, month_bounds

MONTHS = 3


def bounds_of(quarter: str) -> tuple[datetime, datetime]:
    """Give the first instant of a quarter and of the next one."""
    last = int(quarter[-1]) * MONTHS
    months = f"{quarter[:4]}-{last - MONTHS + 1:02d}", f"{quarter[:4]}-{last:02d}"
    return month_bounds(months[0])[0], month_bounds(months[1])[1]


def last_ended(now: datetime) -> str:
    """Name the quarter that ended last."""
    today = local_date(now)
    number = (today.month - 1) // MONTHS
    return f"{today.year}-Q{number}" if number else f"{today.year - 1}-Q4"
