"""The words of a report: quarters, breakdowns and their values as people say them."""

from calendar import month_name
from datetime import datetime
from typing import Final

from app.clock import LONDON, months_of_quarter
from app.releases.schemas import ELSEWHERE, By

# As a heading, and as the head of a column.
TABLES: Final[dict[By, tuple[str, str]]] = {
    "interest": ("What children want and cannot get", "Interest"),
    "locality": ("Where these children live", "Area"),
    "age_band": ("How old they are", "Age"),
    "need_group": ("What support they need", "Support"),
    "reason": ("What stands in the way", "Reason"),
}
# Of values that are codes; the names of areas are the authority's own.
VALUES: Final[dict[By, dict[str, str]]] = {
    "locality": {ELSEWHERE: "Elsewhere or unknown"},
    "age_band": {ELSEWHERE: "Another age"},
    "need_group": {
        "mobility": "Getting about",
        "personal_care": "Personal care",
        "health": "Health",
        "communication": "Communication",
        "sensory": "Seeing, hearing and the senses",
        "behaviour": "Behaviour and safety",
        "staffing": "More staff",
        "family": "Family nearby",
        "none": "No essential support",
    },
    "reason": {
        "age": "For another age",
        "need": "Support is not there",
        "distance": "Too far away",
        "time": "At a time that does not suit",
        "gender": "For girls only or for boys only",
        "avoid": "Has something they avoid",
        "full": "Full",
        "lead_time": "Too soon to arrange support",
        "overlap": "At the same time as a booking",
        "entitlement": "The month's allowance is used up",
        "cancelled": "Cancelled",
        "past": "Over",
        "nothing_on_offer": "Nothing on offer",
    },
}


def quarter_of(period: str) -> str:
    """Say a quarter: January to March 2027."""
    first, *_, last = (month_name[int(month[-2:])] for month in months_of_quarter(period))
    return f"{first} to {last} {period[:4]}"


def day_of(moment: datetime) -> str:
    """Say a day: 3 April 2027."""
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}"


def value_of(by: By, value: str) -> str:
    """Say a value of a breakdown."""
    named = VALUES.get(by, {}).get(value)
    if named is not None:
        return named
    return value.replace("-", " to ") if by == "age_band" else value


def children_of(number: int) -> str:
    """Say how many, of a figure that is rounded and has noise."""
    return f"about {number:,} children"
