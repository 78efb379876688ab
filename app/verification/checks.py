"""The rules of the stored data: one statement each, which sees one instant of the database.

Each statement selects the rows that it examines as `facts` (ids and counts, never a child's
data) and `broken`. It runs with a tenant bound, so row-level security narrows it to one
authority; it may run while the service is at work, because no change is ever half visible.
"""

from dataclasses import dataclass
from typing import Final

# Written out here, not imported: a mistake in the room that is judged must not be shared.
ACTIVE: Final = ("held", "confirmed", "attended", "no_show")


@dataclass(frozen=True)
class Check:
    """One rule, and the statement that examines all rows it applies to."""

    name: str
    rule: str
    statement: str
    # A warning asks a person to look, but breaks no promise.
    is_warning: bool = False


PLACES: Final = Check(
    "places",
    "A session's taken places are its active bookings, and no more than its capacity.",
    """
    SELECT jsonb_build_object('session_id', s.id, 'capacity', s.capacity, 'taken', s.taken,
                              'bookings', coalesce(b.count, 0)) AS facts,
           s.taken <> coalesce(b.count, 0) OR s.taken > s.capacity AS broken
    FROM sessions s
    LEFT JOIN (SELECT authority_id, session_id, count(*) FROM bookings
               WHERE status = ANY (:active) GROUP BY 1, 2) b
           ON b.authority_id = s.authority_id AND b.session_id = s.id
    """,
)

ENTITLEMENT: Final = Check(
    "entitlement",
    "A child's counter of a month is its bookings that use it, and no more than is allowed.",
    """
    SELECT jsonb_build_object('child_id', coalesce(c.child_id, b.child_id),
                              'month', coalesce(c.month, b.month),
                              'funding', coalesce(c.funding, b.funding), 'allowed', c.allowed,
                              'used', coalesce(c.used, 0),
                              'bookings', coalesce(b.count, 0)) AS facts,
           coalesce(c.used, 0) <> coalesce(b.count, 0)
           OR coalesce(c.used > c.allowed, false) AS broken
    FROM entitlement_counters c
    FULL JOIN (SELECT authority_id, child_id, month, funding, count(*) FROM bookings
               WHERE uses_entitlement GROUP BY 1, 2, 3, 4) b
           ON (b.authority_id, b.child_id, b.month, b.funding)
            = (c.authority_id, c.child_id, c.month, c.funding)
    """,
)

USES_ENTITLEMENT: Final = Check(
    "uses-entitlement",
    "Every active booking uses the entitlement, and none on a waiting list does.",
    """
    SELECT jsonb_build_object('booking_id', id, 'status', status) AS facts,
           CASE WHEN status = ANY (:active) THEN NOT uses_entitlement
                ELSE uses_entitlement AND status = 'waitlisted' END AS broken
    FROM bookings
    """,
)

MONTH: Final = Check(
    "month",
    "An active booking counts in the Europe/London month of its session's start.",
    # A session with taken places keeps its time, so an active booking's month never goes stale.
    # A cancelled one's may: its session is free to move afterwards, so it is not compared.
    """
    SELECT jsonb_build_object('booking_id', b.id, 'month', b.month, 'session_id', s.id) AS facts,
           b.month <> to_char(s.starts_at AT TIME ZONE 'Europe/London', 'YYYY-MM') AS broken
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    WHERE b.status = ANY (:active)
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
    "A session's limited support is what its active bookings take, and no more than it has.",
    """
    SELECT jsonb_build_object('session_id', coalesce(t.session_id, b.session_id),
                              'need', coalesce(t.need, b.need), 'allowed', t.allowed,
                              'used', coalesce(t.used, 0),
                              'bookings', coalesce(b.count, 0)) AS facts,
           coalesce(t.used, 0) <> coalesce(b.count, 0)
           OR coalesce(t.used > t.allowed, false) AS broken
    FROM session_support t
    FULL JOIN (SELECT authority_id, session_id, need, count(*)
               FROM bookings, jsonb_array_elements_text(limited_needs) AS need
               WHERE status = ANY (:active) GROUP BY 1, 2, 3) b
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

CANCELLED: Final = Check(
    "cancelled",
    "A cancelled booking holds nothing: no hold, no limited support, no arrangement.",
    """
    SELECT jsonb_build_object('booking_id', b.id) AS facts,
           b.hold_expires_at IS NOT NULL OR b.limited_needs <> '[]'
           OR EXISTS (SELECT FROM arrangements a
                      WHERE a.authority_id = b.authority_id AND a.booking_id = b.id
                        AND a.status <> 'dropped') AS broken
    FROM bookings b
    WHERE b.status = 'cancelled'
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

AGES: Final = Check(
    "ages",
    "An active booking is for a child of the policy's ages on the day of the session.",
    # A corrected date of birth or a later policy may leave one outside; a person must decide.
    """
    SELECT jsonb_build_object('booking_id', b.id, 'policy_id', p.id) AS facts,
           date_part('year', age(day, c.date_of_birth))
           NOT BETWEEN p.min_age_years AND p.max_age_years AS broken
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    JOIN children c ON c.authority_id = b.authority_id AND c.id = b.child_id
    CROSS JOIN LATERAL
        CAST(date_trunc('day', s.starts_at AT TIME ZONE 'Europe/London') AS timestamp) AS day
    CROSS JOIN LATERAL (SELECT id, min_age_years, max_age_years FROM entitlement_policies
                        WHERE to_char(starts_on, 'YYYY-MM') <= b.month
                        ORDER BY starts_on DESC LIMIT 1) p
    WHERE b.status = ANY (:active)
    """,
    is_warning=True,
)

# In the order in which they are reported.
OF_AN_AUTHORITY: Final = (
    PLACES,
    ENTITLEMENT,
    USES_ENTITLEMENT,
    MONTH,
    ONE_BOOKING,
    OVERLAP,
    SESSION_SUPPORT,
    SERVICE_WEEKS,
    CANCELLED,
    ATTENDANCE,
    FEEDBACK,
    EVENTS,
    LOST_BOOKINGS,
    IDEMPOTENCY,
    OLD_HOLDS,
    AGES,
)

TENANCY: Final = Check(
    "tenancy",
    "Every tenant table has forced row-level security with the one policy, and no other.",
    """
    SELECT jsonb_build_object('table', t.relname) AS facts,
           NOT (t.relrowsecurity AND t.relforcerowsecurity)
           OR (SELECT array_agg(p.polname::text) IS DISTINCT FROM ARRAY['tenant']
               FROM pg_policy p WHERE p.polrelid = t.oid)
           OR NOT EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = t.oid AND a.attname = 'authority_id') AS broken
    FROM pg_class t
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
      AND t.relname <> ALL (CAST(:without_tenant AS text[]))
    """,
)

SERVING_ROLE: Final = Check(
    "serving-role",
    "The serving role is bound by row-level security: it owns nothing and bypasses nothing.",
    """
    SELECT jsonb_build_object('role', r.rolname) AS facts,
           r.rolsuper OR r.rolbypassrls
           OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid) AS broken
    FROM pg_roles r WHERE r.rolname = current_user
    """,
)

GUARDS: Final = Check(
    "guards",
    "The constraints that have the last word on places and entitlement are in force.",
    """
    SELECT jsonb_build_object('constraint', wanted) AS facts,
           NOT EXISTS (SELECT FROM pg_constraint c
                       WHERE c.conname = wanted AND c.convalidated)
           AND NOT EXISTS (SELECT FROM pg_class i JOIN pg_index x ON x.indexrelid = i.oid
                           WHERE i.relname = wanted AND x.indisunique AND x.indisvalid) AS broken
    FROM unnest(ARRAY['ck_sessions_taken_within_capacity',
                      'ck_entitlement_counters_used_allowed',
                      'ck_session_support_used_allowed',
                      'ck_support_service_weeks_used_allowed',
                      'uq_bookings_child_session_live',
                      'pk_idempotency_keys']) AS wanted
    """,
)

# Run once, with no tenant bound.
OF_THE_DATABASE: Final = (TENANCY, SERVING_ROLE, GUARDS)
