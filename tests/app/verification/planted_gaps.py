"""Rules of gap facts, statements that break them, and what the findings must name."""

from typing import Any

from app.verification import checks
from app.verification.checks import Check

OF_CHILD = "UPDATE gap_children SET {} WHERE child_id = :{}"

PLANTED_GAPS: list[tuple[Check, list[str], dict[str, Any]]] = [
    (checks.GAP_FACTS, ["DELETE FROM gap_months"], {"month": "2027-03", "child_id": "met"}),
    (
        checks.GAP_FACTS,
        ["DELETE FROM gap_sessions"],
        {"child_id": "near", "want": "angling", "session": 0},
    ),
    (
        checks.GAP_FACTS,
        [OF_CHILD.format("sessions = '{-1}'", "near")],
        {"child_id": "near", "session": -1},
    ),
    (
        checks.GAP_FACTS,
        [OF_CHILD.format("reasons = '{4}'", "near")],
        {"child_id": "near", "outcome": 3, "reasons": 4},
    ),
    (checks.GAP_FACTS, [OF_CHILD.format("lacking = '{0}'", "near")], {"child_id": "near"}),
    (checks.GAP_FACTS, [OF_CHILD.format("lacking = '{1}'", "near")], {"child_id": "near"}),
    (
        checks.GAP_FACTS,
        [OF_CHILD.format("outcomes = '{1}'", "nothing")],
        {"child_id": "nothing", "outcome": 1},
    ),
    (checks.GAP_FACTS, [OF_CHILD.format("options = '{2}'", "met")], {"child_id": "met"}),
    (
        checks.GAP_MET,
        ["UPDATE bookings SET status = 'no_show' WHERE id = :booking"],
        {"child_id": "met", "met": True, "booked": False},
    ),
    (
        checks.GAP_MET,
        [OF_CHILD.format("outcomes = '{1}'", "met")],
        {"child_id": "met", "met": False, "booked": True},
    ),
]
