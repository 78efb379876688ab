"""What a quarter's catalogue covers, and what it leaves out."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.authorities.service import list_policies, policy_of_month
from app.clock import (
    local_date,
    month_bounds,
    months_of_quarter,
    quarter_bounds,
    year_of,
    years_before,
)
from app.codes import NEED_CODES, WEEKDAYS
from app.rounds import coverage_queries
from app.rounds.schemas import (
    AgeCover,
    AreaCover,
    CoverageRead,
    DayCover,
    Missing,
    NeedCover,
    WeekCover,
    YearCover,
)
from app.rounds.service import get_round

# Short breaks are there seven days a week, and closed for one week of the year at most.
WEEKS_WANTED: Final = 51
ONE_DAY: Final = timedelta(days=1)
AGE_BANDS: Final = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 18), (19, 25))


def read_coverage(session: Session, caller: Caller, round_id: UUID) -> CoverageRead:
    """Count what is on in a round's quarter by days, weeks, areas, ages and needs."""
    row = get_round(session, caller, round_id)
    starts_from, starts_before = quarter_bounds(row.quarter)
    first, last = local_date(starts_from), local_date(starts_before) - ONE_DAY
    policy = policy_of_month(list_policies(session), months_of_quarter(row.quarter)[0])
    born_after, born_until = _born(first, policy.min_age_years, policy.max_age_years)
    days = coverage_queries.days_with_sessions(session, starts_from, starts_before)
    weekdays = _weekdays(days)
    weeks = _weeks(days, first, last)
    areas = [
        AreaCover.model_validate(found, from_attributes=True)
        for found in coverage_queries.by_area(
            session, starts_from, starts_before, born_after=born_after, born_until=born_until
        )
    ]
    bands = [
        (low, high, *_born(first, low, high))
        for low, high in _bands(policy.min_age_years, policy.max_age_years)
    ]
    ages = [
        AgeCover(
            min_age=found.first,
            max_age=found.last,
            children=found.children,
            sessions=found.sessions,
            places=found.places,
        )
        for found in coverage_queries.by_age(session, starts_from, starts_before, bands)
    ]
    needs = [
        NeedCover.model_validate(found, from_attributes=True)
        for found in coverage_queries.by_need(
            session,
            starts_from,
            starts_before,
            codes=NEED_CODES,
            born_after=born_after,
            born_until=born_until,
        )
    ]
    return CoverageRead(
        round_id=row.id,
        quarter=row.quarter,
        sessions=sum(day.sessions for day in weekdays),
        places=sum(day.places for day in weekdays),
        children=sum(area.children for area in areas),
        weekdays=weekdays,
        weeks=weeks,
        year=_year(session, first),
        areas=areas,
        ages=ages,
        needs=needs,
        missing=Missing(
            weekdays=[day.weekday for day in weekdays if not day.sessions],
            weeks=[week.week for week in weeks if not week.sessions],
            areas=[
                area.outcode
                for area in areas
                if area.outcode and area.children and not area.sessions
            ],
            ages=[
                f"{age.min_age}-{age.max_age}" for age in ages if age.children and not age.sessions
            ],
            needs=[need.need for need in needs if not need.ready and not need.arrangeable],
        ),
    )


def _born(day: date, min_age: int, max_age: int) -> tuple[date, date]:
    """Tell when those were born who have some ages on a day: after the one and by the other."""
    return years_before(day, max_age + 1), years_before(day, min_age)


def _bands(min_age: int, max_age: int) -> list[tuple[int, int]]:
    """Cut the bands to the ages that the authority serves."""
    return [
        (max(low, min_age), min(high, max_age))
        for low, high in AGE_BANDS
        if low <= max_age and high >= min_age
    ]


def _weekdays(days: coverage_queries.Counts) -> list[DayCover]:
    return [
        DayCover.model_validate(
            {"weekday": name, **_sum(day for day in days if day.day.weekday() == at)}
        )
        for at, name in enumerate(WEEKDAYS)
    ]


def _weeks(days: coverage_queries.Counts, first: date, last: date) -> list[WeekCover]:
    """Count by ISO week; those at either end have only their days within the quarter."""
    return [
        WeekCover.model_validate(
            {
                "week": _week_of(monday),
                "monday": monday,
                **_sum(day for day in days if monday <= day.day < monday + 7 * ONE_DAY),
            }
        )
        for monday in _mondays(first, last)
    ]


def _year(session: Session, day: date) -> YearCover:
    year = year_of(f"{day:%Y-%m}")
    start = int(year[:4])
    starts_from: datetime = month_bounds(f"{start}-04")[0]
    starts_before: datetime = month_bounds(f"{start + 1}-04")[0]
    days = coverage_queries.days_with_sessions(session, starts_from, starts_before)
    served = {_week_of(found.day) for found in days}
    weeks = [_week_of(monday) for monday in _mondays(date(start, 4, 1), date(start + 1, 3, 31))]
    return YearCover(
        year=year,
        weeks=len(weeks),
        weeks_with_sessions=len(served),
        weeks_wanted=WEEKS_WANTED,
        without=[week for week in weeks if week not in served],
    )


def _sum(days: Iterable[Any]) -> dict[str, int]:
    found = list(days)
    return {
        "sessions": sum(day.sessions for day in found),
        "places": sum(int(day.places) for day in found),
    }


def _mondays(first: date, last: date) -> list[date]:
    monday = first - first.weekday() * ONE_DAY
    return [monday + 7 * step * ONE_DAY for step in range((last - monday).days // 7 + 1)]


def _week_of(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
