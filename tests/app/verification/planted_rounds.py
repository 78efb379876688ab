"""Each rule of rounds, statements that break it, and what the finding must name."""

from typing import Any

from app.verification import checks
from app.verification.checks import Check

OF_OTHER_CHILD = "(SELECT child_id FROM bookings WHERE id = :other_booking)"
OF_OTHER_SESSION = "(SELECT session_id FROM bookings WHERE id = :other_booking)"

PLANTED_ROUNDS: list[tuple[Check, list[str], dict[str, Any]]] = [
    (
        checks.ROUNDS,
        ["UPDATE allocations SET status = 'done' WHERE id = :allocation"],
        {"round_id": "round", "state": "offers_out", "published": 0},
    ),
    (
        checks.ROUNDS,
        ["UPDATE rounds SET closed_at = now() WHERE id = :round"],
        {"round_id": "round", "state": "offers_out"},
    ),
    (
        checks.ROUNDS,
        ["UPDATE rounds SET state = 'published' WHERE id = :draft"],
        {"round_id": "draft", "state": "published"},
    ),
    (
        checks.BROCHURES,
        ["UPDATE brochure_documents SET content = 'other' WHERE form = 'easy_read_pdf'"],
        {"round_id": "round", "altered": 1},
    ),
    (
        checks.BROCHURES,
        ["DELETE FROM brochure_documents WHERE form = 'html'"],
        {"round_id": "round", "forms": 4},
    ),
    (
        checks.BROCHURES,
        ["UPDATE brochures SET version = 2"],
        {"round_id": "round", "versions": 1},
    ),
    (
        checks.CHOICES,
        ["DELETE FROM choices WHERE rank = 2"],
        {"round_id": "round", "month": "2027-04", "choices": 2},
    ),
    (
        checks.CHOICES,
        ["UPDATE choices SET month = '2027-07'"],
        {"round_id": "round", "month": "2027-07"},
    ),
    (
        checks.CHOICES,
        ["UPDATE sessions SET starts_at = '2027-05-01T09:00Z', ends_at = '2027-05-01T11:00Z'"],
        {"round_id": "round", "month": "2027-04"},
    ),
    (
        checks.ALLOCATED_PLACES,
        ["UPDATE allocated_places SET state = 'given', booking_id = NULL WHERE id = :place"],
        {"place_id": "place", "state": "given", "allocation": "published"},
    ),
    (
        checks.ALLOCATED_PLACES,
        ["UPDATE allocated_places SET funding = 'contributory' WHERE id = :place"],
        {"place_id": "place", "booking_id": "booking"},
    ),
    (
        checks.ALLOCATED_PLACES,
        [
            "UPDATE allocated_places SET state = 'skipped', skip_reason = 'full'"
            " WHERE allocation_id = :preview"
        ],
        {"allocation_id": "preview", "state": "skipped"},
    ),
    (
        checks.ALLOCATED_SESSIONS,
        ["UPDATE allocated_sessions SET given = 0 WHERE allocation_id = :allocation"],
        {"allocation_id": "allocation", "given": 0, "told": 1},
    ),
    (
        checks.ALLOCATED_SESSIONS,
        ["UPDATE allocated_sessions SET given = 2 WHERE allocation_id = :allocation"],
        {"allocation_id": "allocation", "places": 1, "given": 2},
    ),
    (
        checks.ROUND_OFFERS,
        ["DELETE FROM allocated_places WHERE id = :place"],
        {"offer_id": "offer", "allocation_id": None},
    ),
    (
        checks.ROUND_OFFERS,
        ["UPDATE sessions SET taken = 0 WHERE id = :offered_session"],
        {"offer_id": "offer", "session_id": "offered_session"},
    ),
    (
        checks.ROUND_OFFERS,
        [
            f"UPDATE place_offers SET child_id = {OF_OTHER_CHILD}, session_id = {OF_OTHER_SESSION}"
            " WHERE id = :offer"
        ],
        {"offer_id": "offer"},
    ),
    (
        checks.ROUND_ENTITLEMENT,
        [f"UPDATE bookings SET child_id = {OF_OTHER_CHILD} WHERE id = :booking"],
        {"month": "2027-04", "funding": "free", "offers": 2, "allowed": 1},
    ),
    (
        checks.JOBS,
        ["UPDATE allocations SET status = 'failed' WHERE id = :preview"],
        {"job": "done", "result": "failed"},
    ),
    (
        checks.JOBS,
        ["UPDATE jobs SET claim = id, leased_until = now() WHERE id = :job"],
        {"job_id": "job", "job": "done"},
    ),
    (
        checks.OLD_JOBS,
        ["UPDATE jobs SET created_at = '2027-03-01T00:00Z' WHERE id = :waiting_job"],
        {"job_id": "waiting_job", "status": "queued"},
    ),
]
