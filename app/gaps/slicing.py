"""A page of the exact figures of a month, put together from its facts and those before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.codes import WEEKDAYS
from app.gaps import counts, queries, slices
from app.gaps import slice_schemas as wire
from app.gaps.counts import SessionPressure
from app.gaps.remedies import Remedy, best_remedies, remedies
from app.gaps.slice_queries import titles_of
from app.gaps.slice_wording import COUNTING, interest_label, label_of, text_of
from app.gaps.slices import Chosen, Dimension, no_facts
from app.gaps.warm import MonthFacts, WarmMonths
from app.pagination import decode_cursor, encode_cursor

# The months that a trend shows before the one asked for; by month there are three years.
MONTHS_BEFORE: Final = 12
MONTHS_IN_ALL: Final = 36
MOST_PRESSED: Final = 10
NO_FIGURES: Final = (0,) * 6
FIGURES: Final = ("children", "children_unmet", "wants", "met", "available", "unmet")


@dataclass(frozen=True)
class Slice:
    """A month's facts and which of them count."""

    facts: MonthFacts
    chosen: Chosen


@dataclass(frozen=True)
class Row:
    """One value of the dimension, with what is told of it."""

    value: str
    figures: Sequence[int]
    lacking: int | None
    only: int | None
    remedy: Remedy | None
    trend: Sequence[wire.MonthFigures]

    @property
    def key(self) -> tuple[int, int, str]:
        """Sort by most unmet children, then most unmet wants, then the value."""
        return -self.figures[1], -self.figures[5], self.value


def read_slice(session: Session, warm: WarmMonths, query: wire.SliceQuery) -> wire.SliceRead:
    """Read a month by one dimension; one that has not been judged has zeros and no rows."""
    count = MONTHS_IN_ALL if query.by == "month" else MONTHS_BEFORE + 1
    filters = query.filters()
    months = {
        facts.month: Slice(facts, slices.choose(facts, filters))
        for facts in warm.get(session, months_until(query.month, count))
    }
    judged = queries.find_month(session, query.month) if query.month in months else None
    nothing = no_facts(query.month)
    this = months.get(query.month, Slice(nothing, slices.choose(nothing, {})))
    trend = [_of_month(month, slices.total(one.facts, one.chosen)) for month, one in months.items()]
    if query.by == "month":
        rows, next_cursor = _rows_of_months(months, trend), None
    else:
        rows, next_cursor = _page(this, months, query.by, query)
    pressed = counts.session_pressure(this.facts, this.chosen)[:MOST_PRESSED]
    best = best_remedies(this.facts, this.chosen)
    remedied = (
        remedy.activity_id
        for remedy in (*best, *(row.remedy for row in rows))
        if remedy is not None
    )
    titles = titles_of(
        session,
        {*(one.activity_id for one in pressed), *(one for one in remedied if one is not None)},
    )
    return wire.SliceRead(
        month=query.month,
        judged_at=None if judged is None else judged.built_at,
        looked_at=None if judged is None else judged.looked_at,
        by=query.by,
        filters={str(name): value for name, value in filters.items()},
        counting=COUNTING[query.by],
        totals=_figures(slices.total(this.facts, this.chosen)),
        actions=[_action(remedy, titles) for remedy in best],
        items=[_row(row, query.by, titles) for row in rows],
        next_cursor=next_cursor,
        trend=trend[-MONTHS_BEFORE - 1 :],
        pressure=_pressure(this, pressed, titles),
        cap_pressure=_cap(this),
        needs=_needs(this),
        settings=_settings(this),
    )


def months_until(month: str, count: int) -> list[str]:
    """Name so many months, the last of which is given."""
    last = int(month[:4]) * 12 + int(month[5:]) - 1
    return [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in range(last - count + 1, last + 1)]


def _page(
    this: Slice, months: Mapping[str, Slice], by: Dimension, query: wire.SliceQuery
) -> tuple[list[Row], str | None]:
    """Cut the rows of a dimension to a page, with what would serve each and its trend."""
    counted = slices.count(this.facts, by, this.chosen).by_name()
    lacking, only = _only(this, by)
    rows = sorted(
        (
            Row(name, figures, lacking.get(name), only.get(name), None, ())
            for name, figures in counted.items()
            if figures[0]
        ),
        key=lambda row: row.key,
    )
    if query.cursor is not None:
        after = tuple(decode_cursor(query.cursor, (int, int, str)))
        rows = [row for row in rows if row.key > after]
    page = rows[: query.limit]
    names = [row.value for row in page]
    found = remedies(this.facts, by, this.chosen, names)
    history = {
        month: slices.count(one.facts, by, one.chosen).by_name()
        for month, one in months.items()
        if month != query.month
    } | {query.month: counted}
    told = [
        Row(
            row.value,
            row.figures,
            row.lacking,
            row.only,
            found.get(row.value),
            [_of_month(month, one.get(row.value, NO_FIGURES)) for month, one in history.items()],
        )
        for row in page
    ]
    more = len(rows) > len(page)
    return told, encode_cursor(page[-1].key) if more else None


def _only(this: Slice, by: Dimension) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Count by need what lacks it, and by need and reason what nothing else stands in the way."""
    if by == "need":
        found = slices.lacking_needs(this.facts, this.chosen)
        return found.lacking, found.only
    if by == "reason":
        return {}, slices.only_reasons(this.facts, this.chosen)
    return {}, {}


def _rows_of_months(months: Mapping[str, Slice], trend: Sequence[wire.MonthFigures]) -> list[Row]:
    """Give a row a month, in their order."""
    rows = []
    for (month, one), figures in zip(months.items(), trend, strict=True):
        numbers = [getattr(figures, name) for name in FIGURES]
        remedy = next(iter(best_remedies(one.facts, one.chosen)), None)
        rows.append(Row(month, numbers, None, None, remedy, ()))
    return rows


def _figures(numbers: Sequence[int]) -> wire.Figures:
    return wire.Figures(**dict(zip(FIGURES, numbers, strict=True)))


def _of_month(month: str, numbers: Sequence[int]) -> wire.MonthFigures:
    figures: dict[str, Any] = dict(zip(FIGURES, numbers, strict=True))
    return wire.MonthFigures(month=month, **figures)


def _row(row: Row, by: str, titles: Mapping[Any, str]) -> wire.SliceRow:
    figures: dict[str, Any] = dict(zip(FIGURES, row.figures, strict=True))
    return wire.SliceRow(
        value=row.value,
        label=label_of(by, row.value),
        **figures,
        lacking=row.lacking,
        only=row.only,
        action=None if row.remedy is None else _action(row.remedy, titles),
        trend=list(row.trend),
    )


def _action(remedy: Remedy, titles: Mapping[Any, str]) -> wire.ActionRead:
    return wire.ActionRead(
        text=text_of(remedy, titles),
        reason=remedy.reason,
        need=remedy.need,
        activity_id=remedy.activity_id,
        activity=titles.get(remedy.activity_id),
        weekday=None if remedy.weekday is None else WEEKDAYS[remedy.weekday],
        interest=remedy.interest,
        children=remedy.children,
        places_left=remedy.places_left,
    )


def _cap(this: Slice) -> wire.CapRead:
    cap = counts.cap_pressure(this.facts, this.chosen)
    return wire.CapRead(children=cap.children, wants=cap.wants)


def _pressure(
    this: Slice, pressed: Sequence[SessionPressure], titles: Mapping[UUID, str]
) -> wire.PressureRead:
    by_interest = sorted(
        counts.concept_pressure(this.facts, this.chosen),
        key=lambda one: (-one.children / max(one.places_left, 0.5), -one.children, one.concept),
    )
    return wire.PressureRead(
        sessions=[
            wire.SessionPressureRead(
                session_id=one.session_id,
                activity_id=one.activity_id,
                activity=titles.get(one.activity_id),
                children=one.children,
                places_left=one.places_left,
                children_a_place=_share(one.children, one.places_left),
            )
            for one in pressed
        ],
        interests=[
            wire.InterestPressureRead(
                interest=one.concept,
                label=interest_label(one.concept),
                children=one.children,
                places_left=one.places_left,
                children_a_place=_share(one.children, one.places_left),
            )
            for one in by_interest[:MOST_PRESSED]
        ],
    )


def _needs(this: Slice) -> list[wire.NeedRead]:
    found = slices.count(this.facts, "need", this.chosen).by_name()
    lacks = slices.lacking_needs(this.facts, this.chosen)
    return [
        wire.NeedRead(
            need=need,
            children=numbers[0],
            met=numbers[3],
            available=numbers[4],
            unmet=numbers[5],
            lacking=lacks.lacking[need],
            only=lacks.only[need],
        )
        for need, numbers in found.items()
        if numbers[0] and need != slices.NONE
    ]


def _settings(this: Slice) -> list[wire.SettingRead]:
    shares = counts.setting_shares(this.facts, this.chosen)
    met, sessions = sum(one.met for one in shares), sum(one.sessions for one in shares)
    return [
        wire.SettingRead(
            setting=one.setting,
            met=one.met,
            available=one.available,
            missed=one.missed,
            sessions=one.sessions,
            places_left=one.places_left,
            share_of_met=_share(one.met, met),
            share_of_sessions=_share(one.sessions, sessions),
        )
        for one in shares
    ]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
