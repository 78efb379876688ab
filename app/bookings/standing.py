"""How an authority stands: what children hold, what is taken, and by which terms, in one look.

Written out, unlike the other reads: it is part of every match and booking. Building each of its
parts anew takes longer than the database takes to answer them all.

Nor is it to be planned anew each time, which takes longer than running it. PostgreSQL keeps one
plan for all parameters unless knowing them promises a cheaper one; so lists come out of a
MATERIALIZED part, of which nothing is known beforehand. And OFFSET 0 has each of a child's sessions
looked up, few as they are, where the planner would read the whole catalogue.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.authorities.models import EntitlementPolicy, SupportService
from app.bookings.entitlement import Override
from app.bookings.models import ACTIVE_STATUSES
from app.db import read_documents

STANDING: Final = text(
    """
    WITH asked AS MATERIALIZED (
        SELECT CAST(:needs AS text[]) AS needs, CAST(:companions AS uuid[]) AS companions,
               CAST(:active AS text[]) AS active)
    SELECT
        coalesce((SELECT version FROM catalogue_versions), 0) AS catalogue_version,
        (SELECT coalesce(json_agg(p ORDER BY p.starts_on), '[]')::text
         FROM entitlement_policies p) AS policies,
        (SELECT coalesce(json_agg(v ORDER BY v.id), '[]')::text
         FROM support_services v
         WHERE v.need = ANY ((SELECT needs FROM asked)::text[])) AS services,
        -- What ended before cannot stand in the way of what begins in the span, or be it.
        (SELECT coalesce(json_agg(json_build_array(
                    s.id, s.starts_at, s.ends_at, b.id, b.status)), '[]')
         FROM bookings b, LATERAL (
             SELECT * FROM sessions
             WHERE authority_id = b.authority_id AND id = b.session_id OFFSET 0) s
         WHERE b.child_id = :child_id AND b.status <> 'cancelled'
             AND s.ends_at > :starts_from) AS live,
        (SELECT coalesce(json_object_agg(activity_id, visits), '{}')
         FROM (SELECT s.activity_id, count(*) AS visits
               FROM bookings b, LATERAL (
                   SELECT activity_id FROM sessions
                   WHERE authority_id = b.authority_id AND id = b.session_id OFFSET 0) s
               WHERE b.child_id = :child_id
                   AND b.status = ANY ((SELECT active FROM asked)::text[])
               GROUP BY s.activity_id) been) AS visits,
        (SELECT coalesce(json_object_agg(session_id, friends), '{}')
         FROM (SELECT b.session_id, count(*) AS friends
               FROM bookings b
               JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
               WHERE b.child_id = ANY ((SELECT companions FROM asked)::uuid[])
                   AND b.status = ANY ((SELECT active FROM asked)::text[])
                   AND s.starts_at >= :starts_from
                   AND (s.starts_at < :starts_before OR s.starts_at = :starts_from)
               GROUP BY b.session_id) there) AS friends,
        (SELECT coalesce(json_agg(json_build_array(month, funding, used)), '[]')
         FROM entitlement_counters WHERE child_id = :child_id) AS months,
        (SELECT coalesce(json_agg(json_build_array(year, measure, used)), '[]')
         FROM yearly_counters WHERE child_id = :child_id) AS years,
        (SELECT coalesce(json_agg(json_build_array(measure, allowed, starts_on, ends_on)
                                  ORDER BY id), '[]')
         FROM entitlement_overrides
         WHERE child_id = :child_id AND ended_at IS NULL) AS overrides,
        (SELECT coalesce(json_agg(json_build_array(id, taken)), '[]')
         FROM sessions
         WHERE taken > 0 AND starts_at >= :starts_from
             AND (starts_at < :starts_before OR starts_at = :starts_from)) AS places,
        (SELECT coalesce(json_agg(json_build_array(l.session_id, l.need, l.used)), '[]')
         FROM session_support l
         JOIN sessions s ON s.authority_id = l.authority_id AND s.id = l.session_id
         WHERE l.need = ANY ((SELECT needs FROM asked)::text[]) AND l.used > 0
             AND s.starts_at >= :starts_from
             AND (s.starts_at < :starts_before OR s.starts_at = :starts_from)) AS limited,
        (SELECT coalesce(json_agg(json_build_array(w.support_service_id, w.week, w.used)), '[]')
         FROM support_service_weeks w
         JOIN support_services v ON v.authority_id = w.authority_id AND v.id = w.support_service_id
         WHERE w.week >= :week_from AND w.used > 0
             AND v.need = ANY ((SELECT needs FROM asked)::text[])) AS weeks
    """
)


@dataclass(frozen=True)
class Standing:
    """What was read; ids are text, as the database writes them into a list."""

    catalogue_version: int
    # Every policy, the oldest first.
    policies: Sequence[EntitlementPolicy]
    # What the authority can put in place for the needs, the oldest first.
    services: Sequence[SupportService]
    # The child's bookings that are not cancelled or over: session, start, end, booking, status.
    live: Sequence[tuple[str, str, str, str, str]]
    # How often the child took part in or holds a place of each activity it knows.
    visits: Mapping[str, int]
    # How many of its companions hold a place, by session.
    friends: Mapping[str, int]
    # What the child has used of months and of years: which, measure, how much.
    months: Sequence[tuple[str, str, int]]
    years: Sequence[tuple[str, str, int]]
    # What it is allowed instead of the policies, the last recorded last.
    overrides: Sequence[Override]
    # Places taken: session, how many.
    places: Sequence[tuple[str, int]]
    # Limited support taken: session, need, how much.
    limited: Sequence[tuple[str, str, int]]
    # Support services taken: service, ISO week, how much.
    weeks: Sequence[tuple[str, str, int]]


def read_standing(
    session: Session,
    *,
    child_id: UUID | None = None,
    companions: Sequence[UUID] = (),
    needs: Collection[str],
    starts_from: datetime,
    starts_before: datetime,
    week_from: str,
) -> Standing:
    """Read what concerns a child, if any, and some needs, in sessions that start in a span.

    A span that ends where it begins is an instant.
    """
    parameters = {
        "child_id": child_id,
        "companions": list(companions),
        "active": list(ACTIVE_STATUSES),
        "needs": list(needs),
        "starts_from": starts_from,
        "starts_before": starts_before,
        "week_from": week_from,
    }
    row: dict[str, Any] = dict(session.execute(STANDING, parameters).one()._mapping)
    row["policies"] = read_documents(EntitlementPolicy, row["policies"])
    row["services"] = read_documents(SupportService, row["services"])
    row["overrides"] = [
        Override(measure, allowed, date.fromisoformat(starts_on), date.fromisoformat(ends_on))
        for measure, allowed, starts_on, ends_on in row["overrides"]
    ]
    return Standing(**row)
