"""Waiting lists, and the places offered to those who wait."""

from typing import Final

from app.verification.checks.check import Check

OFFERS: Final = Check(
    "offers",
    "An open offer is of a booking that waits for a session that takes place; an answered one"
    " has made its booking a place, or ended it.",
    # A session that was just cancelled stands in the queue until its list is ended.
    """
    SELECT jsonb_build_object('offer_id', o.id, 'booking_id', b.id, 'offer', o.status,
                              'booking', b.status, 'session', s.status) AS facts,
           (o.child_id, o.session_id) <> (b.child_id, b.session_id)
           OR CASE o.status WHEN 'open' THEN b.status <> 'waitlisted'
                                             OR s.status <> 'scheduled' AND NOT s.kept_for_waitlist
                            WHEN 'accepted' THEN b.status = 'waitlisted'
                            ELSE b.status <> 'cancelled' END AS broken
    FROM place_offers o
    JOIN bookings b ON b.authority_id = o.authority_id AND b.id = o.booking_id
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    """,
)

WAITING: Final = Check(
    "waiting",
    "A waitlisted booking has its turn on its session's list, and holds nothing but an offer.",
    """
    SELECT jsonb_build_object('booking_id', b.id, 'session_id', b.session_id) AS facts,
           w.booking_id IS NULL OR b.hold_expires_at IS NOT NULL
           OR NOT EXISTS (SELECT FROM place_offers o
                          WHERE o.authority_id = b.authority_id AND o.booking_id = b.id
                            AND o.status = 'open')
              AND (b.limited_needs <> '[]'
                   OR EXISTS (SELECT FROM arrangements a
                              WHERE a.authority_id = b.authority_id AND a.booking_id = b.id
                                AND a.status <> 'dropped')) AS broken
    FROM bookings b
    LEFT JOIN waitlist_entries w
           ON (w.authority_id, w.booking_id, w.session_id) = (b.authority_id, b.id, b.session_id)
    WHERE b.status = 'waitlisted'
    """,
)

PASSED_OVER: Final = Check(
    "passed-over",
    "Nobody waits for a place that is free, unless passed over for a reason that is kept.",
    # Two hours before the start, what is left is anybody's.
    """
    SELECT jsonb_build_object('booking_id', b.id, 'session_id', s.id,
                              'skip_reason', w.skip_reason) AS facts,
           (w.skipped_at IS NULL) <> (w.skip_reason IS NULL)
           OR w.skipped_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM booking_changes c
                              WHERE c.authority_id = b.authority_id AND c.booking_id = b.id
                                AND c.what = 'booking.skipped' AND c.cause = w.skip_reason)
           OR w.skip_reason IS NULL AND b.status = 'waitlisted' AND s.status = 'scheduled'
              AND s.taken < s.capacity AND NOT s.kept_for_waitlist
              AND s.starts_at > CAST(:now AS timestamptz) + interval '2 hours'
              AND NOT EXISTS (SELECT FROM place_offers o
                              WHERE o.authority_id = b.authority_id AND o.booking_id = b.id
                                AND o.status = 'open') AS broken
    FROM waitlist_entries w
    JOIN bookings b ON b.authority_id = w.authority_id AND b.id = w.booking_id
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    """,
)

KEPT_PLACES: Final = Check(
    "kept-places",
    "A place kept for those who wait is offered, or let go, within ten minutes.",
    """
    SELECT jsonb_build_object('session_id', s.id) AS facts,
           greatest(s.updated_at,
                    (SELECT max(b.updated_at) FROM bookings b
                     WHERE b.authority_id = s.authority_id AND b.session_id = s.id))
           < CAST(:now AS timestamptz) - interval '10 minutes' AS broken
    FROM sessions s
    WHERE s.kept_for_waitlist
    """,
    is_warning=True,
)

OLD_OFFERS: Final = Check(
    "old-offers",
    "An offer that ran out more than an hour ago has been ended.",
    """
    SELECT jsonb_build_object('offer_id', id, 'booking_id', booking_id) AS facts,
           expires_at < CAST(:now AS timestamptz) - interval '1 hour' AS broken
    FROM place_offers
    WHERE status = 'open'
    """,
    is_warning=True,
)
