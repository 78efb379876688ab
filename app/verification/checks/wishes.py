"""Wishes, and what has become of them."""

from typing import Final

from app.verification.checks.check import Check

MET_WISHES: Final = Check(
    "met-wishes",
    "A wish that is met has an attended booking of its child, or a broker's word.",
    """
    SELECT jsonb_build_object('wish_id', w.id, 'child_id', w.child_id, 'met_by', w.met_by,
                              'booking_id', b.id, 'booking', b.status) AS facts,
           CASE w.met_by
               WHEN 'attendance' THEN b.id IS NULL OR b.status <> 'attended'
                   OR b.child_id <> w.child_id
               WHEN 'word' THEN w.reason IS NULL
               ELSE true
           END AS broken
    FROM wishes w
    LEFT JOIN bookings b ON b.authority_id = w.authority_id AND b.id = w.met_booking_id
    WHERE w.status = 'met'
    """,
)

WISH_EVENTS: Final = Check(
    "wish-events",
    "Every change of a wish has exactly one event, numbered without gaps.",
    """
    SELECT jsonb_build_object('wish_id', w.id, 'version', w.version, 'events', count(e.id))
               AS facts,
           count(e.id) <> w.version OR min(e.sequence) IS DISTINCT FROM 1
           OR max(e.sequence) IS DISTINCT FROM w.version AS broken
    FROM wishes w
    LEFT JOIN events e ON e.authority_id = w.authority_id AND e.object_id = w.id
    GROUP BY w.authority_id, w.id
    """,
)
