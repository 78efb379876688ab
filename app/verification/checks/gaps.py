"""What children want and cannot get, as it is stored."""

from typing import Final

from app.verification.checks.check import Check

# Outcomes by their codes: met, available, one of the twelve reasons (bit 0 is 2), nothing on offer.
GAP_FACTS: Final = Check(
    "gap facts",
    "Each stored fact is of a month that was judged, is about one of its sessions or about none,"
    " and its outcome, its reasons and the needs it lacks agree with each other and the child's.",
    """
    SELECT jsonb_build_object('month', c.month, 'child_id', c.child_id, 'want', f.want,
                              'outcome', f.outcome, 'reasons', f.reasons,
                              'session', f.number) AS facts,
           m.id IS NULL OR m.version < 1
           OR f.place IS NOT NULL AND (
               (f.outcome = 14) <> (f.number = -1)
               OR f.number <> -1 AND s.number IS NULL
               OR (f.outcome BETWEEN 2 AND 13) <> (f.reasons <> 0)
               OR f.reasons <> 0 AND f.reasons & -f.reasons <> 1 << (f.outcome - 2)
               OR f.lacking & ~c.needs <> 0
               -- The bits of need and of lead time.
               OR (f.reasons & (2 | 128) <> 0) <> (f.lacking <> 0)
               OR f.outcome NOT BETWEEN 0 AND 14
               OR f.outcome IN (0, 14) AND f.options <> 0) AS broken
    FROM gap_children c
    LEFT JOIN gap_months m ON m.authority_id = c.authority_id AND m.month = c.month
    LEFT JOIN LATERAL unnest(c.wants, c.outcomes, c.reasons, c.lacking, c.sessions, c.options)
        WITH ORDINALITY AS f (want, outcome, reasons, lacking, number, options, place) ON true
    LEFT JOIN gap_sessions s ON s.authority_id = c.authority_id AND s.month = c.month
        AND s.number = f.number
    """,
)

# Only where nothing has happened since it was looked at: the worker is a few minutes behind.
GAP_MET: Final = Check(
    "met wants",
    "In a month that nothing has happened to since it was judged, a want is met if and only if the"
    " child has a place in a session that serves it, and did not miss it.",
    """
    SELECT jsonb_build_object('month', c.month, 'child_id', c.child_id, 'want', f.want,
                              'met', f.outcome = 0, 'booked', b.booked) AS facts,
           (f.outcome = 0) <> b.booked AS broken
    FROM gap_months m
    JOIN gap_children c ON c.authority_id = m.authority_id AND c.month = m.month
    CROSS JOIN LATERAL unnest(c.wants, c.outcomes, c.sessions) AS f (want, outcome, number)
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM bookings b
            JOIN gap_sessions s ON s.authority_id = b.authority_id AND s.month = c.month
                AND s.session_id = b.session_id AND s.signature IS NOT NULL
            WHERE b.authority_id = c.authority_id AND b.child_id = c.child_id
                AND b.status IN ('held', 'confirmed', 'attended')
                AND f.want = ANY (s.serves)) AS booked
    ) b
    WHERE f.want IS NOT NULL
        AND m.last_event_id = (SELECT e.id FROM events e ORDER BY e.id DESC LIMIT 1)
        AND m.month >= to_char(CAST(:now AS timestamptz) AT TIME ZONE 'Europe/London', 'YYYY-MM')
    """,
)
