"""The words of a slice: what its rows are called, how they add up, and what would serve."""

from collections.abc import Mapping
from typing import Final

from app.codes import WEEKDAYS
from app.concepts import vocabulary
from app.gaps.remedies import Remedy
from app.gaps.slices import NONE, OTHER
from app.rounds.wording import NEEDS

SUPPORT: Final[dict[str, str]] = {code: labels[0] for code, labels in NEEDS.items()}

REASONS: Final = {
    "age": "For another age",
    "need": "Support is missing",
    "distance": "Too far away",
    "time": "At a time that does not suit",
    "gender": "For another gender",
    "avoid": "Has something the child avoids",
    "full": "Full",
    "lead_time": "Too soon to arrange the support",
    "overlap": "At the same time as a booking",
    "entitlement": "The entitlement is used up",
    "cancelled": "Cancelled",
    "past": "Over",
    "nothing_on_offer": "Nothing on offer",
}
LABELS: Final = {"need": SUPPORT, "reason": REASONS, "area": {"unknown": "Area not known"}}
NO_VALUE: Final = {
    "need": "No essential need",
    "sen_type": "No SEN type",
    "weekday": "No session",
    "setting": "No session",
}

EACH_WANT_ONCE: Final = (
    "Each want counts in one row, so wants, met, available and unmet of all rows add up to the"
    " totals; a child with wants in several rows counts in each of them."
)
EACH_CHILD_ONCE: Final = (
    "Each child counts in one row with all its wants, so every figure of all rows adds up to the"
    " totals."
)
COUNTING: Final = {
    "interest": EACH_WANT_ONCE,
    "weekday": EACH_WANT_ONCE,
    "setting": EACH_WANT_ONCE,
    "area": EACH_CHILD_ONCE,
    "age_band": EACH_CHILD_ONCE,
    "reason": (
        "Only unmet wants have a reason, the first of their nearest miss: unmet of all rows adds up"
        " to the total; a child with wants in several rows counts in each of them."
    ),
    "need": (
        "A child with several essential needs counts with all its wants in the row of each, so rows"
        " add up to more than the totals."
    ),
    "sen_type": (
        "A child with several SEN types counts with all its wants in the row of each, so rows add"
        " up to more than the totals."
    ),
    "month": "A row is a month; the totals are those of the month that was asked for.",
}

# Of what serves: {support}, {title} of the activity, {day}, {what} (both), {interest}, {who} (how
# many children).
TEXTS: Final = {
    "need": "{support} on {what} would serve {who}",
    "lead_time": "{support} arranged in time on {what} would serve {who}",
    "full": "More places on {what} would serve {who}",
    "distance": "Transport to {title} on {day}, or a place nearer by, would serve {who}",
    "time": "{title} at another time than on {day} would serve {who}",
    "age": "Letting other ages in on {what} would serve {who}",
    "gender": "Letting every gender in on {what} would serve {who}",
    "avoid": "Leaving out what they avoid on {what} would serve {who}",
    "overlap": "Another date beside {what} would serve {who}",
    "cancelled": "Holding what was cancelled on {what} would serve {who}",
    "past": "One more date after {what} would serve {who}",
    "entitlement": "One more activity in the entitlement would serve {who}",
    "nothing_on_offer": "One activity for {interest} would serve {who}",
}
# Support by a person: another place with it, where things are rather there or not.
BY_A_PERSON: Final = frozenset({"one_to_one", "two_to_one", "buddy", "small_group"})


def label_of(by: str, value: str) -> str:
    """Name a row for people."""
    if value == NONE:
        return NO_VALUE.get(by, value)
    if by == "interest":
        return interest_label(value)
    if by in ("weekday", "setting"):
        return value.capitalize()
    return LABELS.get(by, {}).get(value, value)


def interest_label(notation: str) -> str:
    """Name an interest for people."""
    concept = vocabulary().concepts.get(notation)
    if notation == OTHER:
        return "Other interests"
    return notation if concept is None else concept.label


def text_of(remedy: Remedy, titles: Mapping[object, str]) -> str:
    """Say what would serve, as one sentence without its full stop."""
    title = titles.get(remedy.activity_id, "an activity that has gone")
    day = "" if remedy.weekday is None else f"{WEEKDAYS[remedy.weekday].capitalize()}s"
    who = "1 child" if remedy.children == 1 else f"{remedy.children} children"
    support = "" if remedy.need is None else SUPPORT[remedy.need]
    if remedy.need in BY_A_PERSON:
        support = f"One more place with {support.lower()}"
    return TEXTS[remedy.reason].format(
        support=support,
        title=title,
        day=day,
        what=f"{day} at {title}",
        interest="" if remedy.interest is None else interest_label(remedy.interest).lower(),
        who=who,
    )
