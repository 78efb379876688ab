"""Rounds: their brochures, what families chose, and how the places were given out."""

from typing import Final

from app.verification.checks.check import Check

ROUNDS: Final = Check(
    "rounds",
    "A round has come to its step by the steps before it, and offers go out from one allocation.",
    """
    SELECT jsonb_build_object('round_id', r.id, 'state', r.state,
                              'published', count(a.id) FILTER (WHERE a.status = 'published'),
                              'done', count(a.id) FILTER (WHERE a.status = 'done')) AS facts,
           (r.published_at IS NULL) <> (r.state = 'draft')
           OR (r.allocated_at IS NULL) <> (r.state IN ('draft', 'published'))
           OR (r.offers_out_at IS NULL) <> (r.state NOT IN ('offers_out', 'closed'))
           OR (r.closed_at IS NULL) <> (r.state <> 'closed')
           OR count(a.id) FILTER (WHERE a.status = 'published')
              <> CASE WHEN r.state IN ('offers_out', 'closed') THEN 1 ELSE 0 END
           OR r.state = 'allocated'
              AND count(a.id) FILTER (WHERE a.status = 'done' AND NOT a.preview) = 0 AS broken
    FROM rounds r
    LEFT JOIN allocations a ON a.authority_id = r.authority_id AND a.round_id = r.id
    GROUP BY r.authority_id, r.id
    """,
)

BROCHURES: Final = Check(
    "brochures",
    "A published round's brochures are numbered from 1 without a gap, each in all five forms, and"
    " each form is to the byte what was made.",
    """
    SELECT jsonb_build_object('round_id', r.id, 'state', r.state, 'versions', count(b.id),
                              'forms', sum(d.forms), 'altered', sum(d.altered)) AS facts,
           (r.state = 'draft') <> (count(b.id) = 0)
           OR coalesce(min(b.version) <> 1 OR max(b.version) <> count(b.id), false)
           OR coalesce(bool_or(d.forms <> 5), false)
           OR coalesce(sum(d.altered) > 0, false) AS broken
    FROM rounds r
    LEFT JOIN brochures b ON b.authority_id = r.authority_id AND b.round_id = r.id
    LEFT JOIN LATERAL (
        SELECT count(*) AS forms,
               count(*) FILTER (WHERE d.sha256 <> sha256(d.content)) AS altered
        FROM brochure_documents d
        WHERE d.authority_id = b.authority_id AND d.brochure_id = b.id) d ON b.id IS NOT NULL
    GROUP BY r.authority_id, r.id
    """,
)

CHOICES: Final = Check(
    "choices",
    "A list's choices of a month are ranked from 1 without a gap, in sessions of that month of the"
    " round's quarter.",
    # A session that was moved after it had been chosen is no fault of the list.
    """
    SELECT jsonb_build_object('list_id', l.id, 'round_id', r.id, 'month', c.month,
                              'choices', count(*)) AS facts,
           max(c.rank) <> count(*) OR min(c.rank) <> 1
           OR date_part('year', min(m.first)) || '-Q' || date_part('quarter', min(m.first))
              <> min(r.quarter)
           OR bool_or(to_char(s.starts_at AT TIME ZONE 'Europe/London', 'YYYY-MM') <> c.month
                      AND s.updated_at < l.updated_at) AS broken
    FROM choices c
    JOIN choice_lists l ON l.authority_id = c.authority_id AND l.id = c.list_id
    JOIN rounds r ON r.authority_id = l.authority_id AND r.id = l.round_id
    JOIN sessions s ON s.authority_id = c.authority_id AND s.id = c.session_id
    CROSS JOIN LATERAL (SELECT to_date(c.month, 'YYYY-MM') AS first) m
    GROUP BY l.authority_id, l.id, r.id, c.month
    """,
)

ALLOCATED_PLACES: Final = Check(
    "allocated-places",
    "A published allocation's places have been offered or skipped, each offered one as that child's"
    " booking of that session; those of any other allocation have had no effect.",
    """
    SELECT jsonb_build_object('place_id', p.id, 'allocation_id', a.id, 'state', p.state,
                              'allocation', a.status, 'booking_id', p.booking_id) AS facts,
           CASE WHEN a.status = 'published'
                THEN p.state = 'given'
                     OR p.state = 'offered'
                        AND ((b.child_id, b.session_id, b.funding)
                             IS DISTINCT FROM (p.child_id, p.session_id, p.funding)
                             OR NOT EXISTS (SELECT FROM place_offers o
                                            WHERE o.authority_id = p.authority_id
                                              AND o.booking_id = p.booking_id
                                              AND o.source = 'round'))
                ELSE a.status <> 'done' OR p.state <> 'given' OR p.refilled END AS broken
    FROM allocated_places p
    JOIN allocations a ON a.authority_id = p.authority_id AND a.id = p.allocation_id
    LEFT JOIN bookings b ON b.authority_id = p.authority_id AND b.id = p.booking_id
    """,
)

ROUND_OFFERS: Final = Check(
    "round-offers",
    "Every offer of a round is a place of a published allocation; while it is open it has a place,"
    " is of one month's sessions, and meets no other open offer of the child.",
    """
    SELECT jsonb_build_object('offer_id', o.id, 'booking_id', o.booking_id, 'child_id', o.child_id,
                              'session_id', o.session_id, 'allocation_id', a.id) AS facts,
           p.id IS NULL OR p.state <> 'offered' OR a.status <> 'published'
           OR o.status = 'open'
              AND (s.taken < 1
                   OR b.month <> to_char(s.starts_at AT TIME ZONE 'Europe/London', 'YYYY-MM')
                   OR EXISTS (SELECT FROM place_offers other
                              JOIN sessions t ON t.authority_id = other.authority_id
                                             AND t.id = other.session_id
                              WHERE other.authority_id = o.authority_id
                                AND other.child_id = o.child_id AND other.id <> o.id
                                AND other.status = 'open' AND other.source = 'round'
                                AND t.starts_at < s.ends_at AND s.starts_at < t.ends_at)) AS broken
    FROM place_offers o
    JOIN bookings b ON b.authority_id = o.authority_id AND b.id = o.booking_id
    JOIN sessions s ON s.authority_id = o.authority_id AND s.id = o.session_id
    LEFT JOIN allocated_places p ON p.authority_id = o.authority_id AND p.booking_id = o.booking_id
    LEFT JOIN allocations a ON a.authority_id = p.authority_id AND a.id = p.allocation_id
    WHERE o.source = 'round'
    """,
)

ROUND_ENTITLEMENT: Final = Check(
    "round-entitlement",
    "A child has no two open offers of rounds of one month and funding, unless allowed more.",
    # One is never too many: what is allowed may have been lowered, or used, since it was made.
    """
    SELECT jsonb_build_object('child_id', b.child_id, 'month', b.month, 'funding', b.funding,
                              'offers', count(*), 'allowed', min(allowed.count)) AS facts,
           count(*) > 1 AND coalesce(count(*) > min(allowed.count), false) AS broken
    FROM place_offers o
    JOIN bookings b ON b.authority_id = o.authority_id AND b.id = o.booking_id
    CROSS JOIN LATERAL (
        SELECT CASE b.funding WHEN 'free' THEN p.free_per_month
                              ELSE p.contributory_per_month END AS count
        FROM entitlement_policies p
        WHERE to_char(p.starts_on, 'YYYY-MM') <= b.month ORDER BY p.starts_on DESC LIMIT 1) policy
    LEFT JOIN LATERAL (
        SELECT e.id, e.allowed FROM entitlement_overrides e
        WHERE e.child_id = b.child_id AND e.measure = b.funding AND e.ended_at IS NULL
          AND b.month BETWEEN to_char(e.starts_on, 'YYYY-MM') AND to_char(e.ends_on, 'YYYY-MM')
        ORDER BY e.id DESC LIMIT 1) e ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN e.id IS NULL THEN policy.count ELSE e.allowed END AS count) allowed
    WHERE o.source = 'round' AND o.status = 'open' AND b.counts
    GROUP BY b.authority_id, b.child_id, b.month, b.funding
    """,
)

ALLOCATED_SESSIONS: Final = Check(
    "allocated-sessions",
    "An allocation has given no more places of a session than there were, and tells of each.",
    # An erased child's place is no longer there to be counted.
    """
    SELECT jsonb_build_object('allocation_id', t.allocation_id, 'session_id', t.session_id,
                              'funding', t.funding, 'places', t.places, 'given', t.given,
                              'told', coalesce(p.count, 0)) AS facts,
           t.given > t.places OR coalesce(p.count, 0) > t.given AS broken
    FROM allocated_sessions t
    LEFT JOIN (SELECT authority_id, allocation_id, session_id, funding, count(*)
               FROM allocated_places WHERE NOT refilled GROUP BY 1, 2, 3, 4) p
           ON (p.authority_id, p.allocation_id, p.session_id, p.funding)
            = (t.authority_id, t.allocation_id, t.session_id, t.funding)
    """,
)

JOBS: Final = Check(
    "jobs",
    "A job has come to the same end as what it makes, and only one that is worked on is claimed.",
    """
    SELECT jsonb_build_object('job_id', j.id, 'job', j.status, 'result', r.status) AS facts,
           r.status IS DISTINCT FROM CASE WHEN j.status IN ('done', 'failed', 'cancelled')
                                          THEN j.status ELSE 'working' END
           OR (j.claim IS NULL) <> (j.leased_until IS NULL)
           OR j.claim IS NOT NULL AND j.status NOT IN ('running', 'cancelling') AS broken
    FROM jobs j
    LEFT JOIN (
        SELECT authority_id, id, 'allocation' AS kind,
               CASE status WHEN 'published' THEN 'done' ELSE status END AS status
        FROM allocations
        UNION ALL
        SELECT authority_id, id, 'commissioning_plan', status FROM commissioning_plans
    ) r ON (r.authority_id, r.id, r.kind) = (j.authority_id, j.result_id, j.kind)
    """,
)

OLD_JOBS: Final = Check(
    "old-jobs",
    "A job is taken up within an hour, also one whose worker was killed.",
    """
    SELECT jsonb_build_object('job_id', id, 'status', status) AS facts,
           greatest(created_at, leased_until) < CAST(:now AS timestamptz) - interval '1 hour'
           AND status IN ('queued', 'running', 'cancelling') AS broken
    FROM jobs
    """,
    is_warning=True,
)
