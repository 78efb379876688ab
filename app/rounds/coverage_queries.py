"""Counts of what a quarter covers, each in one statement."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

# Each begins with what is to take place in the span.
DAYS: Final = text(
    """
    SELECT (s.starts_at AT TIME ZONE 'Europe/London')::date AS day,
        count(*) AS sessions, sum(s.capacity) AS places
    FROM sessions s
    WHERE s.authority_id = :authority_id AND s.status = 'scheduled'
        AND s.starts_at >= :starts_from AND s.starts_at < :starts_before
    GROUP BY day ORDER BY day
    """
)
# The district is what stands before the space of a postcode.
AREAS: Final = text(
    """
    WITH span AS (
        SELECT s.id, s.activity_id, s.starts_at, s.capacity,
            a.min_age, a.max_age, split_part(a.venue_postcode, ' ', 1) AS outcode
        FROM sessions s
        JOIN activities a ON a.authority_id = s.authority_id AND a.id = s.activity_id
        WHERE s.authority_id = :authority_id AND s.status = 'scheduled'
            AND s.starts_at >= :starts_from AND s.starts_at < :starts_before
    ), offered AS (
        SELECT outcode, count(*) AS sessions, sum(capacity) AS places FROM span GROUP BY outcode
    ), homes AS (
        SELECT split_part(c.home_postcode, ' ', 1) AS outcode, count(*) AS children
        FROM children c
        WHERE c.authority_id = :authority_id
            AND c.date_of_birth > :born_after AND c.date_of_birth <= :born_until
        GROUP BY 1
    )
    SELECT coalesce(o.outcode, h.outcode) AS outcode, coalesce(h.children, 0) AS children,
        coalesce(o.sessions, 0) AS sessions, coalesce(o.places, 0) AS places
    FROM offered o
    -- A full join needs plain equality: what is unknown on both sides meets by another word.
    FULL JOIN homes h ON coalesce(h.outcode, '') = coalesce(o.outcode, '')
    ORDER BY 1 NULLS LAST
    """
)
AGES: Final = text(
    """
    WITH span AS (
        SELECT s.id, s.activity_id, s.starts_at, s.capacity,
            a.min_age, a.max_age, split_part(a.venue_postcode, ' ', 1) AS outcode
        FROM sessions s
        JOIN activities a ON a.authority_id = s.authority_id AND a.id = s.activity_id
        WHERE s.authority_id = :authority_id AND s.status = 'scheduled'
            AND s.starts_at >= :starts_from AND s.starts_at < :starts_before
    )
    SELECT band.first, band.last,
        (SELECT count(*) FROM children c
         WHERE c.authority_id = :authority_id AND c.date_of_birth > band.born_after
            AND c.date_of_birth <= band.born_until) AS children,
        count(span.id) AS sessions, coalesce(sum(span.capacity), 0) AS places
    FROM unnest(CAST(:first AS int[]), CAST(:last AS int[]), CAST(:born_after AS date[]),
        CAST(:born_until AS date[])) AS band (first, last, born_after, born_until)
    LEFT JOIN span ON span.min_age <= band.last AND span.max_age >= band.first
    GROUP BY band.first, band.last, band.born_after, band.born_until
    ORDER BY band.first
    """
)
# A session's own offer replaces that of its activity for the same need.
NEEDS: Final = text(
    """
    WITH span AS (
        SELECT s.id, s.activity_id, s.starts_at, s.capacity,
            a.min_age, a.max_age, split_part(a.venue_postcode, ' ', 1) AS outcode
        FROM sessions s
        JOIN activities a ON a.authority_id = s.authority_id AND a.id = s.activity_id
        WHERE s.authority_id = :authority_id AND s.status = 'scheduled'
            AND s.starts_at >= :starts_from AND s.starts_at < :starts_before
    ), met AS (
        SELECT DISTINCT ON (span.id, o.need) o.need, o.kind
        FROM span
        JOIN offers o ON o.authority_id = :authority_id AND o.activity_id = span.activity_id
            AND (o.session_id IS NULL OR o.session_id = span.id)
        ORDER BY span.id, o.need, o.session_id NULLS LAST
    ), counted AS (
        SELECT need, count(*) FILTER (WHERE kind <> 'on_request') AS ready,
            count(*) FILTER (WHERE kind = 'on_request') AS on_request
        FROM met GROUP BY need
    ), asked AS (
        SELECT need, count(DISTINCT child_id) AS children FROM (
            SELECT n.code AS need, n.child_id FROM needs n
            JOIN children c ON c.authority_id = n.authority_id AND c.id = n.child_id
            WHERE n.authority_id = :authority_id AND n.importance = 'essential'
                AND c.date_of_birth > :born_after AND c.date_of_birth <= :born_until
            UNION ALL
            SELECT 'accessible_transport', c.id FROM children c
            WHERE c.authority_id = :authority_id AND c.accessible_transport_only
                AND c.date_of_birth > :born_after AND c.date_of_birth <= :born_until
        ) every_need GROUP BY need
    )
    SELECT code.need, coalesce(asked.children, 0) AS children,
        coalesce(counted.ready, 0) AS ready,
        CASE WHEN EXISTS (SELECT FROM support_services v
                          WHERE v.authority_id = :authority_id AND v.need = code.need
                              AND v.per_week > 0)
             THEN (SELECT count(*) FROM span) - coalesce(counted.ready, 0)
             ELSE coalesce(counted.on_request, 0) END AS arrangeable
    FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS code (need, place)
    LEFT JOIN counted ON counted.need = code.need
    LEFT JOIN asked ON asked.need = code.need
    ORDER BY code.place
    """
)

Counts = Sequence[Row[*tuple[Any, ...]]]


def days_with_sessions(session: Session, starts_from: datetime, starts_before: datetime) -> Counts:
    """Count the sessions and places of each Europe/London day that has any."""
    return session.execute(DAYS, _span(session, starts_from, starts_before)).all()


def by_area(
    session: Session,
    starts_from: datetime,
    starts_before: datetime,
    *,
    born_after: date,
    born_until: date,
) -> Counts:
    """Count sessions, places and children by postcode district."""
    born = {"born_after": born_after, "born_until": born_until}
    return session.execute(AREAS, _span(session, starts_from, starts_before) | born).all()


def by_age(
    session: Session,
    starts_from: datetime,
    starts_before: datetime,
    bands: Sequence[tuple[int, int, date, date]],
) -> Counts:
    """Count sessions, places and children by bands of ages, each with its dates of birth."""
    first, last, born_after, born_until = (list(column) for column in zip(*bands, strict=True))
    columns = {"first": first, "last": last, "born_after": born_after, "born_until": born_until}
    return session.execute(AGES, _span(session, starts_from, starts_before) | columns).all()


def by_need(
    session: Session,
    starts_from: datetime,
    starts_before: datetime,
    *,
    codes: Sequence[str],
    born_after: date,
    born_until: date,
) -> Counts:
    """Count the sessions that meet each need, and the children who have it as essential."""
    wanted = {"codes": list(codes), "born_after": born_after, "born_until": born_until}
    return session.execute(NEEDS, _span(session, starts_from, starts_before) | wanted).all()


def _span(session: Session, starts_from: datetime, starts_before: datetime) -> dict[str, Any]:
    authority_id: UUID = session.info["authority_id"]
    return {
        "authority_id": authority_id,
        "starts_from": starts_from,
        "starts_before": starts_before,
    }
