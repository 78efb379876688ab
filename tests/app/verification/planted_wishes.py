"""Rules of wishes, statements that break them, and what the findings must name."""

from typing import Any

from app.verification import checks
from app.verification.checks import Check

DROP = "ALTER TABLE wishes DROP CONSTRAINT {}"

PLANTED_WISHES: list[tuple[Check, list[str], dict[str, Any]]] = [
    (
        checks.MET_WISHES,
        ["UPDATE bookings SET status = 'no_show' WHERE id = :attended"],
        {"wish_id": "wish", "booking": "no_show"},
    ),
    (
        checks.MET_WISHES,
        ["UPDATE wishes SET child_id = :child WHERE id = :wish"],
        {"wish_id": "wish", "booking_id": "attended"},
    ),
    (
        checks.MET_WISHES,
        [
            DROP.format("ck_wishes_ended_with_reason"),
            DROP.format("ck_wishes_met_where"),
            "UPDATE wishes SET met_by = 'word' WHERE id = :wish",
        ],
        {"wish_id": "wish", "met_by": "word"},
    ),
    (
        checks.WISH_EVENTS,
        ["DELETE FROM events WHERE object_id = :event_less"],
        {"wish_id": "event_less", "version": 1, "events": 0},
    ),
]
