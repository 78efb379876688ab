"""Brochures made up to be looked at, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.ids import new_id
from app.rounds.brochure_schemas import BrochureRead
from app.rounds.wording import BREAK_TYPES

NEEDS = ("wheelchair_access", "hoist", "one_to_one", "makaton", "quiet_space")
FIRST = datetime(2027, 4, 3, 9, 0, tzinfo=UTC)


def brochure(*, activities: int = 8, dates: int = 3) -> BrochureRead:
    """Make up a brochure with something of everything in it."""
    return BrochureRead.model_validate(
        {
            "round": {
                "id": new_id(),
                "quarter": "2027-Q2",
                "months": ["2027-04", "2027-05", "2027-06"],
                "title": "Short breaks, April to June 2027",
                "choices_open_at": datetime(2027, 3, 2, 9, 0, tzinfo=UTC),
                "choices_close_at": datetime(2027, 3, 16, 23, 59, 59, tzinfo=UTC),
                "offers_by": datetime(2027, 3, 22, 12, 0, tzinfo=UTC),
            },
            "authority": "Stoke-on-Trent",
            "version": 1,
            "frozen_at": datetime(2027, 3, 1, 12, 0, tzinfo=UTC),
            "activities": [_activity(number, activities, dates) for number in range(activities)],
        }
    )


def own_brochure() -> BrochureRead:
    """Make up a brochure for one child."""
    made = brochure(activities=4).model_dump()
    for activity in made["activities"]:
        activity["suits"] = {
            "score": 0.8,
            "reasons": ["fishing: Junior angling", "3 km away"],
            "arrangements": [{"need": "one_to_one", "source": "authority", "lead_days": 7}],
            "funding": "free",
            "price_pence": 0,
        }
        for date in activity["sessions"]:
            date["support"] = "arrange"
    made["for_child"] = {
        "child_id": new_id(),
        "given_name": "Sam",
        "blocked": {"age": 12, "need": 1},
    }
    return BrochureRead.model_validate(made)


def _activity(number: int, activities: int, dates: int) -> dict[str, Any]:
    return {
        "activity_id": new_id(),
        "title": f"Junior angling {number}",
        "provider": "Mill Lane Anglers",
        "description": "Coarse fishing at the lake.\n\nWe bring rods, bait and a flask of tea.",
        "break_type": list(BREAK_TYPES)[number * len(BREAK_TYPES) // activities],
        "setting": ("specialist", "supported", "universal")[number % 3],
        "min_age": 8,
        "max_age": 14,
        "gender": (None, "female", "male")[number % 3],
        "venue": {"name": "Fenton Pool", "address": "1 Lake Road", "postcode": "ST4 2DE"},
        "funding": (["free"], ["contributory"], ["free", "contributory"])[number % 3],
        "price_pence": 550,
        "needs": [_need(need, kind) for need in NEEDS for kind in _kind(number)],
        "sessions": [
            {
                "session_id": new_id(),
                "starts_at": FIRST + timedelta(days=7 * week),
                "ends_at": FIRST + timedelta(days=7 * week, hours=2 + 24 * (number % 2)),
                "places": 10,
                "needs": [_need("hoist", "on_request")] if week == 1 else [],
            }
            for week in range(dates)
        ],
    }


def _kind(number: int) -> list[str]:
    return [("provided", "limited", "on_request")[number % 3]]


def _need(need: str, kind: str) -> dict[str, Any]:
    return {
        "need": need,
        "kind": kind,
        "per_session": 2 if kind == "limited" else None,
        "lead_days": 7 if kind == "on_request" else 0,
    }
