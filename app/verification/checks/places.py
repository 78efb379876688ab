"""Places, and the support that goes with them."""

from typing import Final

from app.verification.checks.check import Check

PLACES: Final = Check(
    "places",
    "A session's taken places are its active bookings and open offers, within its capacity.",
    """
    SELECT jsonb_build_object('session_id', s.id, 'capacity', s.capacity, 'taken', s.taken,
                              'bookings', coalesce(b.count, 0),
                              'offers', coalesce(o.count, 0)) AS facts,
           s.taken <> coalesce(b.count, 0) + coalesce(o.count, 0)
           OR s.taken > s.capacity AS broken
    FROM sessions s
    LEFT JOIN (SELECT authority_id, session_id, count(*) FROM bookings
               WHERE status = ANY (:active) GROUP BY 1, 2) b
           ON b.authority_id = s.authority_id AND b.session_id = s.id
    LEFT JOIN (SELECT authority_id, session_id, count(*) FROM place_offers
               WHERE status = 'open' GROUP BY 1, 2) o
           ON o.authority_id = s.authority_id AND o.session_id = s.id
    """,
)

ONE_BOOKING: Final = Check(
    "one-booking",
    "A child has at most one live booking of a session.",
    """
    SELECT jsonb_build_object('child_id', child_id, 'session_id', session_id,
                              'bookings', count(*)) AS facts,
           count(*) > 1 AS broken
    FROM bookings
    WHERE status <> 'cancelled'
    GROUP BY authority_id, child_id, session_id
    """,
)

OVERLAP: Final = Check(
    "overlap",
    "A child is in one place at a time.",
    # By start, a booking overlaps an earlier one when one of those ends after it begins.
    """
    SELECT jsonb_build_object('booking_id', b.id, 'child_id', b.child_id) AS facts,
           coalesce(s.starts_at < max(s.ends_at) OVER (
               PARTITION BY b.authority_id, b.child_id ORDER BY s.starts_at, b.id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS broken
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    WHERE b.status = ANY (:active)
    """,
)

SESSION_SUPPORT: Final = Check(
    "session-support",
    "A session's limited support is what its bookings and open offers take, within its number.",
    """
    SELECT jsonb_build_object('session_id', coalesce(t.session_id, b.session_id),
                              'need', coalesce(t.need, b.need), 'allowed', t.allowed,
                              'used', coalesce(t.used, 0),
                              'bookings', coalesce(b.count, 0)) AS facts,
           coalesce(t.used, 0) <> coalesce(b.count, 0)
           OR coalesce(t.used > t.allowed, false) AS broken
    FROM session_support t
    FULL JOIN (SELECT b.authority_id, b.session_id, need, count(*)
               FROM bookings b
               LEFT JOIN place_offers o ON o.authority_id = b.authority_id
                                       AND o.booking_id = b.id AND o.status = 'open',
                    jsonb_array_elements_text(b.limited_needs) AS need
               WHERE b.status = ANY (:active) OR o.id IS NOT NULL
               GROUP BY 1, 2, 3) b
           ON (b.authority_id, b.session_id, b.need) = (t.authority_id, t.session_id, t.need)
    """,
)

SERVICE_WEEKS: Final = Check(
    "service-weeks",
    "A support service's week is the arrangements made for it, and no more than its places.",
    """
    SELECT jsonb_build_object('support_service_id',
                              coalesce(w.support_service_id, a.support_service_id),
                              'week', coalesce(w.week, a.week), 'allowed', w.allowed,
                              'used', coalesce(w.used, 0),
                              'arrangements', coalesce(a.count, 0)) AS facts,
           coalesce(w.used, 0) <> coalesce(a.count, 0)
           OR coalesce(w.used > w.allowed, false) AS broken
    FROM support_service_weeks w
    FULL JOIN (SELECT a.authority_id, a.support_service_id,
                      to_char(s.starts_at AT TIME ZONE 'Europe/London', 'IYYY-"W"IW') AS week,
                      count(*)
               FROM arrangements a
               JOIN bookings b ON b.authority_id = a.authority_id AND b.id = a.booking_id
               JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
               WHERE a.support_service_id IS NOT NULL AND a.status IN ('open', 'done')
               GROUP BY 1, 2, 3) a
           ON (a.authority_id, a.support_service_id, a.week)
            = (w.authority_id, w.support_service_id, w.week)
    """,
)
