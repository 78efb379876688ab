"""What children have gained, and the parts that they play."""

from typing import Final

from app.verification.checks.check import Check

PROGRESS: Final = Check(
    "progress",
    "What is said of a goal after a session is about a goal of the child that was there, and a"
    " step of that goal.",
    """
    SELECT jsonb_build_object('progress_id', p.id, 'booking_id', b.id, 'goal_id', g.id,
                              'step_id', s.id) AS facts,
           g.child_id <> b.child_id OR coalesce(s.goal_id <> g.id, false) AS broken
    FROM goal_progress p
    JOIN bookings b ON b.authority_id = p.authority_id AND b.id = p.booking_id
    JOIN goals g ON g.authority_id = p.authority_id AND g.id = p.goal_id
    LEFT JOIN steps s ON s.authority_id = p.authority_id AND s.id = p.step_id
    """,
)

PROGRESSIONS: Final = Check(
    "progressions",
    "A child's new part in a place follows the one recorded there before, and began no earlier.",
    """
    SELECT jsonb_build_object('progression_id', id, 'child_id', child_id, 'role', role,
                              'from_role', from_role, 'before', lag(role) OVER place) AS facts,
           from_role IS DISTINCT FROM lag(role) OVER place
           OR coalesce(since < lag(since) OVER place, false) AS broken
    FROM progressions
    WINDOW place AS (PARTITION BY child_id, provider_id, lower(club) ORDER BY id)
    """,
)
