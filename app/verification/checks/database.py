"""What guards the rows of every authority; run once, with no tenant bound."""

from typing import Final

from app.verification.checks.check import Check

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
                      'ck_yearly_counters_used_allowed',
                      'ck_session_support_used_allowed',
                      'ck_support_service_weeks_used_allowed',
                      'uq_bookings_child_session_live',
                      'uq_place_offers_booking_open',
                      'pk_idempotency_keys']) AS wanted
    """,
)
