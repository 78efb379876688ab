"""A brochure as words, in the order in which a page shows them."""

from itertools import groupby
from typing import Any

from app.rounds.brochure_schemas import (
    BrochureActivity,
    BrochureNeed,
    BrochureRead,
    BrochureSessionRead,
    Suits,
    ToArrange,
)
from app.rounds.wording import (
    BLOCKED,
    BREAK_TYPES,
    GENDERS,
    KINDS,
    NEEDS,
    SETTINGS,
    ages_of,
    cost_of,
    count_of,
    day_of,
    moment_of,
    money_of,
    times_of,
)

Words = dict[str, Any]


def present(brochure: BrochureRead) -> Words:
    """Put a brochure into words."""
    return {
        "title": brochure.round.title,
        "authority": brochure.authority,
        "edition": f"Version {brochure.version}, made on {day_of(brochure.frozen_at)}",
        "how": how_to_choose(brochure),
        "chapters": _chapters(brochure),
        **_of_child(brochure),
    }


def how_to_choose(brochure: BrochureRead) -> list[str]:
    """Say when families choose and when they hear."""
    round_ = brochure.round
    return [
        f"You can choose from {moment_of(round_.choices_open_at)}.",
        f"Choose before {moment_of(round_.choices_close_at)}.",
        "It makes no difference whether you choose early or late in that time.",
        "For each month, list what you would like in order, the best first.",
        f"We will tell you what we can offer by {moment_of(round_.offers_by)}.",
    ]


def _of_child(brochure: BrochureRead) -> Words:
    child = brochure.for_child
    if child is None:
        return {"child": None}
    return {
        "child": {
            "name": child.given_name,
            "left_out": [
                f"{count_of(number, 'date', 'dates')}: {BLOCKED.get(reason, reason)}"
                for reason, number in child.blocked.items()
                if number
            ],
        }
    }


def _chapters(brochure: BrochureRead) -> list[Words]:
    shown = [_activity(number, one) for number, one in enumerate(brochure.activities, start=1)]
    if brochure.for_child is not None:
        title = f"What suits {brochure.for_child.given_name}, the best first"
        return [{"id": "best", "title": title, "activities": shown}] if shown else []
    numbered = zip(brochure.activities, shown, strict=True)
    return [
        {
            "id": break_type,
            "title": BREAK_TYPES[break_type],
            "activities": [words for _, words in group],
        }
        for break_type, group in groupby(numbered, key=lambda pair: pair[0].break_type)
    ]


def _activity(number: int, activity: BrochureActivity) -> Words:
    suits = activity.suits
    facts = [
        ("Run by", activity.provider),
        ("Ages", ages_of(activity.min_age, activity.max_age)),
        *([("For", GENDERS.get(activity.gender, activity.gender))] if activity.gender else []),
        ("Who comes", SETTINGS[activity.setting]),
        ("Where", where_of(activity)),
        ("Cost", _cost(activity)),
    ]
    notes = [_note(one) for one in activity.sessions]
    return {
        "id": f"activity-{number}",
        "title": activity.title,
        "description": [part for part in activity.description.splitlines() if part.strip()],
        "facts": facts,
        "support": [_need(need) for need in activity.needs],
        "why": suits.reasons if suits else [],
        "arrange": [arrange_of(task) for task in suits.arrangements] if suits else [],
        "notes": any(notes),
        "dates": [
            {
                "day": day_of(one.starts_at),
                "times": times_of(one.starts_at, one.ends_at),
                "places": str(one.places),
                "note": note,
            }
            for one, note in zip(activity.sessions, notes, strict=True)
        ],
    }


def where_of(activity: BrochureActivity) -> str:
    """Say where an activity is."""
    venue = activity.venue
    parts = [venue.name, venue.address, venue.postcode] if venue else []
    return ", ".join(part for part in parts if part) or "Ask who runs it"


def _cost(activity: BrochureActivity) -> str:
    suits: Suits | None = activity.suits
    if suits is None or suits.funding is None or suits.price_pence is None:
        return cost_of(list(activity.funding), activity.price_pence)
    return "Free" if suits.funding == "free" else money_of(suits.price_pence)


def _need(need: BrochureNeed) -> str:
    words = f"{NEEDS[need.need][0]}: {KINDS[need.kind]}"
    if need.per_session is not None:
        words += f" ({need.per_session} at a time)"
    if need.lead_days:
        words += f", ask {count_of(need.lead_days, 'day', 'days')} before"
    return words


def arrange_of(task: ToArrange) -> str:
    """Say what has to be arranged, by whom and how long before."""
    who = "the council arranges it" if task.source == "authority" else "who runs it arranges it"
    before = (
        f", at least {count_of(task.lead_days, 'day', 'days')} before" if task.lead_days else ""
    )
    return f"{NEEDS[task.need][0]}: {who}{before}"


def _note(session: BrochureSessionRead) -> str:
    notes = [_need(need) for need in session.needs]
    if session.support == "arrange":
        notes.append("Support has to be arranged")
    return "; ".join(notes)
