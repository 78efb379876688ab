"""What a child has used of what it is allowed."""

from typing import Final

from app.verification.checks.check import Check

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
    "Every active booking that counts uses the entitlement, and none on a waiting list does.",
    """
    SELECT jsonb_build_object('booking_id', id, 'status', status) AS facts,
           CASE WHEN status = ANY (:active) THEN uses_entitlement <> counts
                ELSE uses_entitlement AND (status = 'waitlisted' OR NOT counts) END AS broken
    FROM bookings
    """,
)

YEAR: Final = Check(
    "year",
    "A child's counter of a year is what its bookings use of it, and no more than is allowed.",
    """
    SELECT jsonb_build_object('child_id', coalesce(c.child_id, b.child_id),
                              'year', coalesce(c.year, b.year),
                              'measure', coalesce(c.measure, b.measure), 'allowed', c.allowed,
                              'used', coalesce(c.used, 0),
                              'bookings', coalesce(b.sum, 0)) AS facts,
           coalesce(c.used, 0) <> coalesce(b.sum, 0)
           OR coalesce(c.used > c.allowed, false) AS broken
    FROM yearly_counters c
    FULL JOIN (SELECT authority_id, child_id, year, uses.key AS measure, sum(uses.value::bigint)
               FROM bookings CROSS JOIN LATERAL jsonb_each_text(yearly_use) AS uses
               WHERE uses_entitlement GROUP BY 1, 2, 3, 4) b
           ON (b.authority_id, b.child_id, b.year, b.measure)
            = (c.authority_id, c.child_id, c.year, c.measure)
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

YEARS: Final = Check(
    "years",
    "A booking counts in the year of its month, from April to March, and uses nothing of it where"
    " its type of break does not count.",
    """
    SELECT jsonb_build_object('booking_id', id, 'month', month, 'year', year,
                              'counts', counts) AS facts,
           year <> to_char(first - interval '3 months', 'YYYY') || '/'
                   || to_char(first + interval '9 months', 'YY')
           OR NOT counts AND yearly_use <> '{}' AS broken
    FROM bookings CROSS JOIN LATERAL to_date(month, 'YYYY-MM') AS first
    """,
)

OVERRIDES: Final = Check(
    "overrides",
    "An override ends on no earlier day than it starts, and is ended after it was recorded.",
    """
    SELECT jsonb_build_object('override_id', id, 'child_id', child_id,
                              'measure', measure) AS facts,
           starts_on > ends_on OR coalesce(ended_at < recorded_at, false) AS broken
    FROM entitlement_overrides
    """,
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
