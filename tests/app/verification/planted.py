"""Each rule of the stored data, statements that break it, and what the finding must name."""

from typing import Any

from app.verification import checks
from app.verification.checks import Check
from tests.app.verification.planted_releases import PLANTED_RELEASES
from tests.app.verification.planted_wishes import PLANTED_WISHES

DROP = "ALTER TABLE {} DROP CONSTRAINT {}"

PLANTED: list[tuple[Check, list[str], dict[str, Any]]] = [
    (
        checks.PLACES,
        ["UPDATE sessions SET taken = taken + 1 WHERE id = :session"],
        {"session_id": "session", "taken": 3, "bookings": 2},
    ),
    (
        checks.PLACES,
        [
            DROP.format("sessions", "ck_sessions_taken_within_capacity"),
            "UPDATE sessions SET capacity = 1 WHERE id = :session",
        ],
        {"session_id": "session", "capacity": 1, "taken": 2},
    ),
    (
        checks.ENTITLEMENT,
        ["DELETE FROM entitlement_counters WHERE child_id = :child"],
        {"child_id": "child", "month": "2027-03", "used": 0, "bookings": 1},
    ),
    (
        checks.ENTITLEMENT,
        [
            DROP.format("entitlement_counters", "ck_entitlement_counters_used_allowed"),
            "UPDATE entitlement_counters SET allowed = 0 WHERE child_id = :child",
        ],
        {"child_id": "child", "used": 1, "allowed": 0},
    ),
    (
        checks.YEAR,
        ["UPDATE yearly_counters SET used = used + 1 WHERE child_id = :child"],
        {"child_id": "child", "year": "2026/27", "measure": "minutes", "used": 121},
    ),
    (
        checks.YEAR,
        [
            DROP.format("yearly_counters", "ck_yearly_counters_used_allowed"),
            "UPDATE yearly_counters SET allowed = 119 WHERE child_id = :child",
        ],
        {"child_id": "child", "used": 120, "allowed": 119},
    ),
    (
        checks.USES_ENTITLEMENT,
        [
            "UPDATE bookings SET uses_entitlement = false WHERE id = :firm",
            "UPDATE entitlement_counters SET used = 0 WHERE child_id ="
            " (SELECT child_id FROM bookings WHERE id = :firm)",
        ],
        {"booking_id": "firm", "status": "confirmed"},
    ),
    (
        checks.MONTH,
        ["UPDATE sessions SET starts_at = '2027-03-31T23:00Z', ends_at = '2027-04-01T01:00Z'"],
        {"booking_id": "firm", "month": "2027-03"},
    ),
    (
        checks.YEARS,
        ["UPDATE bookings SET year = '2027/28' WHERE id = :firm"],
        {"booking_id": "firm", "month": "2027-03", "year": "2027/28"},
    ),
    (
        checks.YEARS,
        ["UPDATE bookings SET counts = false WHERE id = :firm"],
        {"booking_id": "firm", "year": "2026/27", "counts": False},
    ),
    (
        checks.OVERRIDES,
        [
            DROP.format("entitlement_overrides", "ck_entitlement_overrides_days"),
            "UPDATE entitlement_overrides SET ends_on = '2027-02-28'",
        ],
        {"child_id": "grown", "measure": "nights"},
    ),
    (
        checks.OVERRIDES,
        ["UPDATE entitlement_overrides SET ended_at = '2027-01-01T00:00Z'"],
        {"child_id": "grown", "measure": "nights"},
    ),
    (
        checks.ONE_BOOKING,
        [
            "DROP INDEX uq_bookings_child_session_live",
            "UPDATE bookings SET child_id = :child WHERE id = :firm",
        ],
        {"child_id": "child", "session_id": "session", "bookings": 2},
    ),
    (
        checks.OVERLAP,
        [
            "UPDATE sessions SET starts_at = '2027-03-06T11:59Z', ends_at = '2027-03-06T13:00Z'"
            " WHERE id = :later",
            "UPDATE bookings SET child_id = :child, session_id = :later WHERE id = :firm",
        ],
        {"booking_id": "firm", "child_id": "child"},
    ),
    (
        checks.PARTIES,
        ["UPDATE bookings SET session_id = :wanted WHERE id = :together"],
        {"party_id": "party", "bookings": 2, "sessions": 2},
    ),
    (
        checks.PARTIES,
        [
            "UPDATE bookings SET status = 'cancelled', cancelled_at = now(), child_id = :child"
            " WHERE party_id = :party",
        ],
        {"party_id": "party", "bookings": 2, "children": 1},
    ),
    (
        checks.SESSION_SUPPORT,
        ["UPDATE session_support SET used = 2"],
        {"session_id": "session", "need": "one_to_one", "used": 2, "bookings": 1},
    ),
    (
        checks.SESSION_SUPPORT,
        [
            DROP.format("session_support", "ck_session_support_used_allowed"),
            "UPDATE session_support SET allowed = 0",
        ],
        {"session_id": "session", "used": 1, "allowed": 0},
    ),
    (
        checks.SERVICE_WEEKS,
        ["DELETE FROM support_service_weeks"],
        {"week": "2027-W09", "used": 0, "arrangements": 1},
    ),
    (
        checks.SERVICE_WEEKS,
        [
            DROP.format("support_service_weeks", "ck_support_service_weeks_used_allowed"),
            "UPDATE support_service_weeks SET allowed = 0",
        ],
        {"week": "2027-W09", "used": 1, "allowed": 0},
    ),
    (
        checks.CANCELLED,
        ["UPDATE bookings SET limited_needs = '[\"hoist\"]' WHERE id = :ended"],
        {"booking_id": "ended"},
    ),
    (
        checks.CANCELLED,
        ["UPDATE arrangements SET booking_id = :ended"],
        {"booking_id": "ended"},
    ),
    (
        checks.CANCELLED,
        ["UPDATE place_offers SET booking_id = :ended"],
        {"booking_id": "ended"},
    ),
    (
        checks.PLACES,
        ["UPDATE place_offers SET status = 'withdrawn', answered_at = now()"],
        {"session_id": "wanted", "taken": 1, "bookings": 0, "offers": 0},
    ),
    (
        checks.SESSION_SUPPORT,
        ["UPDATE bookings SET limited_needs = '[\"hoist\"]' WHERE id = :offered"],
        {"session_id": "wanted", "need": "hoist", "used": 0, "bookings": 1},
    ),
    (
        checks.OFFERS,
        ["UPDATE bookings SET status = 'confirmed' WHERE id = :offered"],
        {"offer_id": "offer", "offer": "open", "booking": "confirmed"},
    ),
    (
        checks.OFFERS,
        [
            "UPDATE sessions SET status = 'cancelled' WHERE id = :wanted",
            "UPDATE sessions SET kept_for_waitlist = false WHERE id = :wanted",
        ],
        {"offer_id": "offer", "session": "cancelled"},
    ),
    (
        checks.OFFERS,
        ["UPDATE place_offers SET session_id = :session"],
        {"offer_id": "offer"},
    ),
    (
        checks.OFFERS,
        ["UPDATE place_offers SET status = 'accepted', answered_at = now()"],
        {"offer_id": "offer", "offer": "accepted", "booking": "waitlisted"},
    ),
    (
        checks.OFFERS,
        ["UPDATE place_offers SET status = 'expired', answered_at = now()"],
        {"offer_id": "offer", "offer": "expired", "booking": "waitlisted"},
    ),
    (
        checks.WAITING,
        ["DELETE FROM waitlist_entries WHERE booking_id = :next"],
        {"booking_id": "next", "session_id": "wanted"},
    ),
    (
        checks.WAITING,
        ["UPDATE bookings SET limited_needs = '[\"hoist\"]' WHERE id = :next"],
        {"booking_id": "next"},
    ),
    (
        checks.PASSED_OVER,
        ["UPDATE waitlist_entries SET skip_reason = NULL WHERE booking_id = :skipped"],
        {"booking_id": "skipped"},
    ),
    (
        checks.PASSED_OVER,
        ["DELETE FROM booking_changes WHERE what = 'booking.skipped'"],
        {"booking_id": "skipped", "skip_reason": "session-overlap"},
    ),
    (
        checks.PASSED_OVER,
        [
            "UPDATE sessions SET capacity = 2 WHERE id = :wanted",
            "UPDATE sessions SET kept_for_waitlist = false WHERE id = :wanted",
        ],
        {"booking_id": "next", "session_id": "wanted"},
    ),
    (
        checks.KEPT_PLACES,
        [
            "UPDATE sessions SET kept_for_waitlist = true, updated_at = '2027-03-01T00:00Z'"
            " WHERE id = :wanted",
            "UPDATE bookings SET updated_at = '2027-03-01T00:00Z'",
        ],
        {"session_id": "wanted"},
    ),
    (
        checks.OLD_OFFERS,
        ["UPDATE place_offers SET expires_at = '2027-03-01T10:00Z'"],
        {"offer_id": "offer", "booking_id": "offered"},
    ),
    (
        checks.ARRANGED,
        ["UPDATE bookings SET status = 'confirmed' WHERE id = :pending"],
        {"booking_id": "pending", "need": "interpreter", "status": "confirmed"},
    ),
    (
        checks.ATTENDANCE,
        ["UPDATE bookings SET status = 'no_show' WHERE id = :firm"],
        {"booking_id": "firm", "status": "no_show"},
    ),
    (
        checks.FEEDBACK,
        ["UPDATE feedback SET booking_id = :firm"],
        {"booking_id": "firm"},
    ),
    (
        checks.PROGRESS,
        ["UPDATE goals SET child_id = :child WHERE id = :goal"],
        {"booking_id": "attended", "goal_id": "goal", "step_id": "step"},
    ),
    (
        checks.PROGRESS,
        ["UPDATE goal_progress SET goal_id = :other_goal"],
        {"booking_id": "attended", "goal_id": "other_goal", "step_id": "step"},
    ),
    (
        checks.PROGRESSIONS,
        ["UPDATE progressions SET role = 'mentor' WHERE id = :joined"],
        {"child_id": "grown", "from_role": "member", "before": "mentor"},
    ),
    (
        checks.PROGRESSIONS,
        ["DELETE FROM progressions WHERE id = :joined"],
        {"child_id": "grown", "from_role": "member", "before": None},
    ),
    (
        checks.PROGRESSIONS,
        ["UPDATE progressions SET since = '2027-02-02' WHERE id = :joined"],
        {"child_id": "grown", "role": "mentor"},
    ),
    (
        checks.EVENTS,
        ["DELETE FROM events WHERE object_id = :firm"],
        {"booking_id": "firm", "version": 1, "events": 0},
    ),
    (
        checks.EVENTS,
        ["UPDATE events SET sequence = 3 WHERE object_id = :ended AND sequence = 1"],
        {"booking_id": "ended", "version": 2, "events": 2},
    ),
    (
        checks.HISTORY,
        ["DELETE FROM booking_changes WHERE booking_id = :ended AND version = 2"],
        {"booking_id": "ended", "version": 2, "changes": 1},
    ),
    (
        checks.HISTORY,
        ["UPDATE booking_changes SET status = 'held' WHERE booking_id = :firm"],
        {"booking_id": "firm", "version": 1, "changes": 1},
    ),
    (
        checks.LOST_BOOKINGS,
        [
            "DELETE FROM bookings WHERE id = :firm",
            "UPDATE sessions SET taken = 1 WHERE id = :session",
        ],
        {"booking_id": "firm"},
    ),
    (
        checks.IDEMPOTENCY,
        ["UPDATE idempotency_keys SET status = NULL WHERE booking_ids[1] = :pending"],
        {},
    ),
    (
        checks.IDEMPOTENCY,
        ["UPDATE idempotency_keys SET booking_ids[1] = :session WHERE booking_ids[1] = :pending"],
        {},
    ),
    (
        checks.OLD_HOLDS,
        ["UPDATE bookings SET hold_expires_at = '2027-03-01T10:59Z' WHERE id = :pending"],
        {"booking_id": "pending"},
    ),
    (
        checks.AGES,
        ["UPDATE children SET date_of_birth = '2008-03-06' WHERE id = :child"],
        {"booking_id": "pending"},
    ),
    (
        checks.PASSPORTS,
        ["UPDATE passport_versions SET version = 2"],
        {"child_id": "child", "versions": 1},
    ),
    (checks.PASSPORTS, ["DELETE FROM child_keys"], {"child_id": "child"}),
    (
        checks.CANCELLED_SESSIONS,
        [
            "UPDATE sessions SET status = 'cancelled', updated_at = '2027-03-01T12:49Z'"
            " WHERE id = :session"
        ],
        {"booking_id": "firm", "status": "confirmed"},
    ),
    (
        checks.PLANS,
        ["UPDATE bookings SET status = 'confirmed', cancelled_at = NULL WHERE id = :lost"],
        {"booking_id": "lost", "booking": "confirmed"},
    ),
    (
        checks.PLANS,
        ["UPDATE transition_plans SET state = 'released', planned_at = NULL"],
        {"booking_id": "lost", "closure": "done"},
    ),
    (
        checks.PLANS,
        ["DELETE FROM events WHERE type = 'closure.family_told'"],
        {"booking_id": "lost", "state": "planned"},
    ),
    *PLANTED_WISHES,
    *PLANTED_RELEASES,
]
