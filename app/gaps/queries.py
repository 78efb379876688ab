"""Reads of the gaps room, each one statement however many children there are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.bookings.models import ACTIVE_STATUSES
from app.gaps.models import GapMonth
from app.ids import new_id
from app.pagination import Page, PageRequest, fetch_page

Rows = Sequence[Row[*tuple[Any, ...]]]

# All that a child's facts of a month rest on beside the sessions, as one number.
FINGERPRINTS: Final = text(
    """
    WITH booked AS (
        SELECT b.child_id, string_agg(concat_ws(',', b.session_id, b.status, b.funding,
                   b.uses_entitlement, s.starts_at, s.ends_at, o.id), ';' ORDER BY b.id) AS told
        FROM bookings b
        JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
        LEFT JOIN place_offers o ON o.authority_id = b.authority_id AND o.booking_id = b.id
            AND o.status = 'open'
        WHERE b.authority_id = :authority_id AND b.status <> 'cancelled'
            AND s.ends_at > :starts_from AND s.starts_at < :starts_before
        GROUP BY b.child_id
    ), used AS (
        SELECT child_id, string_agg(told, ';' ORDER BY told) AS told FROM (
            SELECT child_id, concat_ws(',', funding, used) AS told
            FROM entitlement_counters
            WHERE authority_id = :authority_id AND month = :month AND used > 0
            UNION ALL
            SELECT child_id, concat_ws(',', measure, used)
            FROM yearly_counters
            WHERE authority_id = :authority_id AND year = :year AND used > 0
        ) counters GROUP BY child_id
    ), overridden AS (
        SELECT child_id, string_agg(id::text, ';' ORDER BY id) AS told
        FROM entitlement_overrides
        WHERE authority_id = :authority_id AND ended_at IS NULL
        GROUP BY child_id
    ), wished AS (
        SELECT w.child_id, string_agg(concat_ws(',', w.id, w.version), ';' ORDER BY w.id) AS told
        FROM wishes w
        LEFT JOIN bookings b ON b.authority_id = w.authority_id AND b.id = w.met_booking_id
        WHERE w.authority_id = :authority_id AND (w.status = 'open' OR b.month >= :month)
        GROUP BY w.child_id
    )
    SELECT c.id, hashtextextended(concat_ws('|', c.version, h.income_band, 'b', booked.told,
               'u', used.told, 'o', overridden.told, 'w', wished.told), 0) AS fingerprint
    FROM children c
    JOIN households h ON h.authority_id = c.authority_id AND h.id = c.household_id
    LEFT JOIN booked ON booked.child_id = c.id
    LEFT JOIN used ON used.child_id = c.id
    LEFT JOIN overridden ON overridden.child_id = c.id
    LEFT JOIN wished ON wished.child_id = c.id
    WHERE c.authority_id = :authority_id
        AND c.date_of_birth > :born_after AND c.date_of_birth <= :born_until
    ORDER BY c.id
    """
)
# Whose facts are about one of some sessions, count on it, or could come to be about it.
CONCERNED: Final = text(
    """
    SELECT child_id FROM gap_children
    WHERE authority_id = :authority_id AND month = :month AND (
        sessions && CAST(:numbers AS int[]) OR going && CAST(:numbers AS int[])
        OR alike && CAST(:numbers AS int[])
        OR wants && CAST(:served AS text[])
        OR (:likeness AND array_position(wants, NULL) IS NOT NULL))
    """
)
STORED: Final = text(
    """
    SELECT child_id, fingerprint FROM gap_children
    WHERE authority_id = :authority_id AND month = :month
    """
)
SESSIONS: Final = text(
    """
    SELECT number, session_id, activity_id, signature, weekday, setting, places_left, serves
    FROM gap_sessions WHERE authority_id = :authority_id AND month = :month ORDER BY number
    """
)
# What overlaps the month: a place of the child's own, one it is offered, or a place it waits for.
BOOKED: Final = text(
    """
    SELECT b.child_id, b.session_id, s.starts_at, s.ends_at, b.month, b.funding, b.counts,
           b.uses_entitlement, b.status,
           b.status = ANY (:active) OR EXISTS (
               SELECT FROM place_offers o
               WHERE o.authority_id = b.authority_id AND o.booking_id = b.id
                   AND o.status = 'open') AS holds
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    WHERE b.authority_id = :authority_id AND b.status <> 'cancelled'
        AND b.child_id = ANY (:child_ids)
        AND s.ends_at > :starts_from AND s.starts_at < :starts_before
    ORDER BY b.child_id, s.starts_at, b.id
    """
)
# Open ones, and until the month in which it was met also one that attendance met: that it came
# true is then a fact of the month.
WISHES: Final = text(
    """
    SELECT w.child_id, w.text, w.concepts FROM wishes w
    LEFT JOIN bookings b ON b.authority_id = w.authority_id AND b.id = w.met_booking_id
    WHERE w.authority_id = :authority_id AND w.child_id = ANY (:child_ids)
        AND (w.status = 'open' OR b.month >= :month)
    ORDER BY w.child_id, w.id
    """
)
FROZEN: Final = text(
    """
    SELECT id, date_of_birth, coalesce(nullif(split_part(home_postcode, ' ', 1), ''), 'unknown'),
           sen_types
    FROM children WHERE authority_id = :authority_id AND id = ANY (:child_ids)
    """
)
MONTHS: Final = text(
    """
    SELECT DISTINCT to_char(starts_at AT TIME ZONE 'Europe/London', 'YYYY-MM')
    FROM sessions
    WHERE authority_id = :authority_id
        AND starts_at >= :starts_from AND starts_at < :starts_before
    """
)
# What moves with every change: the newest event, and the catalogue's version.
MARKS: Final = text(
    """
    SELECT (SELECT id FROM events WHERE authority_id = :authority_id ORDER BY id DESC LIMIT 1),
        coalesce((SELECT version FROM catalogue_versions WHERE authority_id = :authority_id), 0)
    """
)


@dataclass(frozen=True)
class Frozen:
    """What a child is sliced by, as it is when the child is judged."""

    date_of_birth: date
    area: str
    sen_types: Sequence[str]


def find_month(session: Session, month: str) -> GapMonth | None:
    """Find a month that has been judged."""
    return session.scalar(
        select(GapMonth).where(GapMonth.authority_id == _bound(session), GapMonth.month == month)
    )


def lock_month(session: Session, month: str, *, now: datetime) -> GapMonth:
    """Let nobody else write a month meanwhile; one that is new has the version 0."""
    new = {
        "authority_id": _bound(session),
        "id": new_id(),
        "month": month,
        "version": 0,
        "catalogue_version": 0,
        "judged_by": "",
        "built_at": now,
        "looked_at": now,
        "judged": 0,
        "took_ms": 0,
    }
    session.execute(insert(GapMonth).values(**new).on_conflict_do_nothing())
    statement = select(GapMonth).where(
        GapMonth.authority_id == _bound(session), GapMonth.month == month
    )
    return session.scalars(
        statement.with_for_update().execution_options(populate_existing=True)
    ).one()


def fingerprints(
    session: Session,
    month: str,
    year: str,
    bounds: tuple[datetime, datetime],
    born: tuple[date, date],
) -> dict[UUID, int]:
    """Read the fingerprint of each child born after the one and by the other day, in order."""
    values = {"month": month, "year": year, "born_after": born[0], "born_until": born[1]}
    rows = session.execute(FINGERPRINTS, _of(session) | _span(bounds) | values)
    return {row[0]: row[1] for row in rows}


def stored_fingerprints(session: Session, month: str) -> dict[UUID, int]:
    """Read the fingerprint that each stored child was judged with."""
    rows = session.execute(STORED, _of(session) | {"month": month})
    return {row[0]: row[1] for row in rows}


def stored_sessions(session: Session, month: str) -> Rows:
    """List the sessions of a month as they were judged, those that have gone included."""
    return session.execute(SESSIONS, _of(session) | {"month": month}).all()


def concerned_by(
    session: Session,
    month: str,
    *,
    numbers: Collection[int],
    served: Collection[str],
    likeness: bool,
) -> set[UUID]:
    """Find the children whose facts may change with some sessions, and the concepts they serve.

    With `likeness` also those with a want that is compared by its words.
    """
    values = {"numbers": list(numbers), "served": list(served), "likeness": likeness}
    return set(session.scalars(CONCERNED, _of(session) | {"month": month} | values))


def booked_by(
    session: Session, child_ids: Collection[UUID], bounds: tuple[datetime, datetime]
) -> Mapping[UUID, Rows]:
    """Read what some children have booked, or are offered or wait for, that overlaps a span."""
    values = {"child_ids": list(child_ids), "active": list(ACTIVE_STATUSES)}
    found: defaultdict[UUID, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in session.execute(BOOKED, _of(session) | _span(bounds) | values):
        found[row.child_id].append(row)
    return found


def wishes_of(
    session: Session, month: str, child_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[tuple[str, Sequence[str]]]]:
    """Read what some children wish for in a month: text, concepts."""
    found: defaultdict[UUID, list[tuple[str, Sequence[str]]]] = defaultdict(list)
    for child_id, words, concepts in session.execute(
        WISHES, _of(session) | {"month": month, "child_ids": list(child_ids)}
    ):
        found[child_id].append((words, concepts))
    return found


def frozen_of(session: Session, child_ids: Collection[UUID]) -> dict[UUID, Frozen]:
    """Read what some children are sliced by."""
    rows = session.execute(FROZEN, _of(session) | {"child_ids": list(child_ids)})
    return {row[0]: Frozen(*row[1:]) for row in rows}


def months_with_sessions(session: Session, bounds: tuple[datetime, datetime]) -> list[str]:
    """List the months in which sessions start."""
    return sorted(session.scalars(MONTHS, _of(session) | _span(bounds)))


def list_months(session: Session) -> dict[str, GapMonth]:
    """List the months that have been judged."""
    statement = select(GapMonth).where(GapMonth.authority_id == _bound(session))
    return {row.month: row for row in session.scalars(statement)}


def page_of_months(session: Session, page: PageRequest) -> Page[GapMonth]:
    """List the months that have been judged, the earliest first."""
    return fetch_page(
        session,
        select(GapMonth).where(GapMonth.authority_id == _bound(session), GapMonth.version > 0),
        page,
        keys=(GapMonth.month,),
        parsers=(_month,),
        key_of=lambda row: (row.month,),
    )


def read_marks(session: Session) -> tuple[UUID | None, int]:
    """Read what moves with every change: the newest event, and the catalogue's version."""
    row = session.execute(MARKS, _of(session)).one()
    return row[0], row[1]


def _month(told: str) -> str:
    """Read a month of a cursor, which is a stranger's."""
    return date.fromisoformat(f"{told}-01").strftime("%Y-%m")


def _bound(session: Session) -> UUID:
    authority_id: UUID = session.info["authority_id"]
    return authority_id


def _of(session: Session) -> dict[str, Any]:
    return {"authority_id": _bound(session)}


def _span(bounds: tuple[datetime, datetime]) -> dict[str, Any]:
    return {"starts_from": bounds[0], "starts_before": bounds[1]}
