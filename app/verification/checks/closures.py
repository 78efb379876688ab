"""Sessions that do not take place, and the families who had booked them."""

from typing import Final

from app.verification.checks.check import Check

CANCELLED_SESSIONS: Final = Check(
    "cancelled-sessions",
    "Nobody has a live booking of a session that was cancelled more than ten minutes ago.",
    """
    SELECT jsonb_build_object('booking_id', b.id, 'session_id', s.id, 'status', b.status) AS facts,
           b.status IN ('held', 'confirmed', 'waitlisted')
           AND s.updated_at < CAST(:now AS timestamptz) - interval '10 minutes' AS broken
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    WHERE s.status = 'cancelled'
    """,
)

PLANS: Final = Check(
    "plans",
    "A plan's booking has ended once the plan is made, its family was told, and a closure that is"
    " done has made all of its plans.",
    """
    SELECT jsonb_build_object('plan_id', p.id, 'booking_id', b.id, 'state', p.state,
                              'booking', b.status, 'closure', c.status) AS facts,
           (p.child_id, p.session_id) <> (b.child_id, b.session_id)
           OR p.state <> 'found' AND b.status IN ('held', 'confirmed', 'waitlisted')
           OR c.status = 'done' AND p.state <> 'planned'
           OR p.state = 'planned' AND NOT EXISTS (
               SELECT FROM events e
               WHERE e.authority_id = p.authority_id AND e.child_id = p.child_id
                 AND e.type = 'closure.family_told' AND e.occurred_at = p.planned_at) AS broken
    FROM transition_plans p
    JOIN bookings b ON b.authority_id = p.authority_id AND b.id = p.booking_id
    JOIN closures c ON c.authority_id = p.authority_id AND c.id = p.closure_id
    """,
)
