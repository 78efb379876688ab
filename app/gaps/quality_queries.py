"""What profiles and activities lack, one statement each."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.clock import month_bounds

Rows = Sequence[Row[*tuple[Any, ...]]]

# Of a wish that is open there need be no interest.
CHILDREN: Final = text(
    """
    SELECT c.id, c.home_latitude IS NULL AS no_home, c.home_postcode IS NULL AS no_postcode,
        NOT EXISTS (
            SELECT FROM interests i
            WHERE i.authority_id = c.authority_id AND i.child_id = c.id
                AND i.feeling IN ('love', 'like', 'curious')
        ) AND NOT EXISTS (
            SELECT FROM wishes w
            WHERE w.authority_id = c.authority_id AND w.child_id = c.id AND w.status = 'open'
        ) AS no_interests
    FROM children c WHERE c.authority_id = :authority_id
    ORDER BY c.id
    """
)
ACTIVITIES: Final = text(
    """
    SELECT a.id, a.provider_id, p.name AS provider, a.latitude IS NULL AS no_venue_position,
        jsonb_array_length(a.concepts) = 0 AS no_concepts,
        a.min_age = 0 AND a.max_age >= 18 AS no_age_limits,
        a.funding @> '["contributory"]' AND a.price_pence = 0 AS no_price,
        coalesce(o.needs, '{}') AS told_needs, coalesce(s.held, 0) AS sessions
    FROM activities a
    JOIN providers p ON p.authority_id = a.authority_id AND p.id = a.provider_id
    LEFT JOIN (
        SELECT activity_id, array_agg(DISTINCT need) AS needs FROM offers
        WHERE authority_id = :authority_id GROUP BY activity_id
    ) o ON o.activity_id = a.id
    LEFT JOIN (
        SELECT activity_id, count(*) AS held FROM sessions
        WHERE authority_id = :authority_id AND status = 'scheduled'
            AND starts_at >= :starts_from AND starts_at < :starts_before
        GROUP BY activity_id
    ) s ON s.activity_id = a.id
    WHERE a.authority_id = :authority_id
        AND (a.closed_from IS NULL OR a.closed_from > :starts_from)
    ORDER BY a.id
    """
)


def list_children(session: Session) -> Rows:
    """List the children with what their profiles lack."""
    return session.execute(CHILDREN, {"authority_id": session.info["authority_id"]}).all()


def list_activities(session: Session, month: str) -> Rows:
    """List the open activities with what they lack, and how many sessions they hold in a month."""
    starts_from, starts_before = month_bounds(month)
    return session.execute(
        ACTIVITIES,
        {
            "authority_id": session.info["authority_id"],
            "starts_from": starts_from,
            "starts_before": starts_before,
        },
    ).all()
