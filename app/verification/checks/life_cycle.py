"""What happens to a booking, and what is told of it."""

from typing import Final

from app.verification.checks.check import Check

CANCELLED: Final = Check(
    "cancelled",
    "A cancelled booking holds nothing: no hold, no limited support, no arrangement, no offer.",
    """
    SELECT jsonb_build_object('booking_id', b.id) AS facts,
           b.hold_expires_at IS NOT NULL OR b.limited_needs <> '[]'
           OR EXISTS (SELECT FROM arrangements a
                      WHERE a.authority_id = b.authority_id AND a.booking_id = b.id
                        AND a.status <> 'dropped')
           OR EXISTS (SELECT FROM place_offers o
                      WHERE o.authority_id = b.authority_id AND o.booking_id = b.id
                        AND o.status = 'open') AS broken
    FROM bookings b
    WHERE b.status = 'cancelled'
    """,
)

ARRANGED: Final = Check(
    "arranged",
    "A place that is firm has no support left to arrange.",
    """
    SELECT jsonb_build_object('arrangement_id', a.id, 'booking_id', b.id, 'need', a.need,
                              'status', b.status) AS facts,
           a.status = 'open' AND b.status IN ('confirmed', 'attended', 'no_show') AS broken
    FROM arrangements a
    JOIN bookings b ON b.authority_id = a.authority_id AND b.id = a.booking_id
    """,
)

PARTIES: Final = Check(
    "parties",
    "Those who were booked together are different children in one session.",
    """
    SELECT jsonb_build_object('party_id', party_id, 'bookings', count(*),
                              'children', count(DISTINCT child_id),
                              'sessions', count(DISTINCT session_id)) AS facts,
           count(DISTINCT session_id) > 1 OR count(DISTINCT child_id) < count(*) AS broken
    FROM bookings
    WHERE party_id IS NOT NULL
    GROUP BY party_id
    """,
)

ATTENDANCE: Final = Check(
    "attendance",
    "Nobody has attended, or stayed away from, a session that has not begun.",
    """
    SELECT jsonb_build_object('booking_id', b.id, 'status', b.status) AS facts,
           s.starts_at > CAST(:now AS timestamptz) AS broken
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    WHERE b.status IN ('attended', 'no_show')
    """,
)

FEEDBACK: Final = Check(
    "feedback",
    "Feedback is about a booking that was recorded as attended.",
    # Recorded at some time: a correction afterwards does not take words back.
    """
    SELECT jsonb_build_object('booking_id', f.booking_id, 'voice', f.voice) AS facts,
           NOT EXISTS (SELECT FROM events e
                       WHERE e.authority_id = f.authority_id AND e.object_id = f.booking_id
                         AND e.type = 'booking.attended') AS broken
    FROM feedback f
    """,
)

EVENTS: Final = Check(
    "events",
    "Every version of a booking has exactly one event.",
    """
    SELECT jsonb_build_object('booking_id', b.id, 'version', b.version,
                              'events', count(e.id)) AS facts,
           count(e.id) <> b.version OR count(DISTINCT e.sequence) <> b.version
           OR coalesce(min(e.sequence) <> 1 OR max(e.sequence) <> b.version, true) AS broken
    FROM bookings b
    LEFT JOIN events e ON e.authority_id = b.authority_id AND e.object_id = b.id
    GROUP BY b.authority_id, b.id
    """,
)

HISTORY: Final = Check(
    "history",
    "Every version of a booking can be read back, and the newest is what it is now.",
    # What was before the history was kept has no status.
    """
    SELECT jsonb_build_object('booking_id', b.id, 'version', b.version,
                              'changes', count(c.version)) AS facts,
           count(c.version) <> b.version OR max(c.version) IS DISTINCT FROM b.version
           OR count(*) FILTER (WHERE c.version = b.version AND c.status <> b.status) > 0 AS broken
    FROM bookings b
    LEFT JOIN booking_changes c ON c.authority_id = b.authority_id AND c.booking_id = b.id
    GROUP BY b.authority_id, b.id
    """,
)

LOST_BOOKINGS: Final = Check(
    "lost-bookings",
    "Every event of a booking is about one that is there, unless the child was erased.",
    """
    SELECT jsonb_build_object('event_id', e.id, 'booking_id', e.object_id) AS facts,
           b.id IS NULL AND c.id IS NOT NULL AS broken
    FROM events e
    LEFT JOIN bookings b ON b.authority_id = e.authority_id AND b.id = e.object_id
    LEFT JOIN children c ON c.authority_id = e.authority_id AND c.id = e.child_id
    WHERE e.type LIKE 'booking.%'
    """,
)

IDEMPOTENCY: Final = Check(
    "idempotency",
    "Every Idempotency-Key that was kept has an answer, and its bookings are there.",
    """
    SELECT jsonb_build_object('client_id', k.client_id, 'acting_as', k.acting_as,
                              'request_sha256', encode(k.request_sha256, 'hex'),
                              'booking_ids', k.booking_ids) AS facts,
           k.status IS NULL OR cardinality(k.booking_ids) = 0
           OR EXISTS (SELECT FROM unnest(k.booking_ids) AS wanted
                      LEFT JOIN bookings b
                             ON b.authority_id = k.authority_id AND b.id = wanted
                      WHERE b.id IS NULL) AS broken
    FROM idempotency_keys k
    """,
)

OLD_HOLDS: Final = Check(
    "old-holds",
    "A hold that ran out more than an hour ago has been ended.",
    """
    SELECT jsonb_build_object('booking_id', id) AS facts,
           hold_expires_at < CAST(:now AS timestamptz) - interval '1 hour' AS broken
    FROM bookings
    WHERE status = 'held' AND hold_expires_at IS NOT NULL
    """,
    is_warning=True,
)
