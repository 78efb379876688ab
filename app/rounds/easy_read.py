"""A brochure in easy words: short sentences, one idea a line, a picture beside each.

What a sentence may be is in `SENTENCES`, which a test holds to `MOST_WORDS`. Descriptions are left
out: nobody has written them in easy words. Names of things are as their owners gave them.
"""

from typing import Any, Final

from app.clock import LONDON
from app.rounds.brochure_schemas import BrochureActivity, BrochureRead
from app.rounds.pictograms import WORDS
from app.rounds.wording import (
    NEEDS,
    count_of,
    day_of,
    money_of,
    short_day_of,
    time_of,
    times_of,
)

Words = dict[str, Any]
# A picture, and the sentence beside it.
Line = tuple[str, str]

MOST_WORDS: Final = 12
SENTENCES: Final = {
    "about": ("star", "This book shows what you can do."),
    "for_child": ("star", "This book is for {who}."),
    "best_first": ("star", "The best for you comes first."),
    "left_out": ("no", "We left out {dates}."),
    "left_out_why": ("no", "You cannot go to these."),
    "may_choose": ("choose", "You can choose what you like."),
    "choose_from": ("day", "You can choose from {day}."),
    "choose_until": ("time", "You must choose before {time}, {day}."),
    "early_late": ("choose", "You do not need to be first."),
    "list": ("choose", "Put what you like best at the top."),
    "hear": ("day", "We will tell you by {day}."),
    "run_by": ("people", "Run by: {who}."),
    "where": ("place", "It is here: {place}."),
    "where_unknown": ("place", "Ask us where it is."),
    "ages": ("age", "It is for ages {first} to {last}."),
    "age": ("age", "It is for age {first}."),
    "female": ("people", "It is for girls."),
    "male": ("people", "It is for boys."),
    "specialist": ("people", "It is for disabled children only."),
    "supported": ("people", "All children can come. There is extra help."),
    "universal": ("people", "All children can come."),
    "free": ("free", "It is free."),
    "can_be_free": ("free", "It can be free."),
    "paid": ("money", "It costs {price}."),
    "or_paid": ("money", "Or you pay {price}."),
    "night": ("night", "You stay for the night."),
    "provided": ("help", "There is {need}."),
    "limited": ("help", "There is {need} for some children."),
    "on_request": ("help", "We can ask for {need}."),
    "arrange": ("help", "You need {need}."),
    "arrange_days": ("time", "We need {days} to get this."),
    "dates": ("day", "It is on {days}:"),
}


def say(name: str, **parts: str) -> Line:
    """Say one of the sentences."""
    picture, words = SENTENCES[name]
    return picture, words.format(**parts)


def simplify(brochure: BrochureRead) -> Words:
    """Put a brochure into easy words."""
    return {
        "title": brochure.round.title,
        "authority": brochure.authority,
        "edition": f"Version {brochure.version}. Made on {day_of(brochure.frozen_at)}.",
        "about": _about(brochure),
        "how": _how(brochure),
        "key": list(WORDS.items()),
        "activities": [
            _activity(number, one) for number, one in enumerate(brochure.activities, start=1)
        ],
    }


def _about(brochure: BrochureRead) -> list[Line]:
    child = brochure.for_child
    if child is None:
        return [say("about"), say("may_choose")]
    lines = [say("for_child", who=child.given_name), say("best_first")]
    left_out = sum(child.blocked.values())
    if left_out:
        lines.append(say("left_out", dates=count_of(left_out, "date", "dates")))
        lines.append(say("left_out_why"))
    return lines


def _how(brochure: BrochureRead) -> list[Line]:
    round_ = brochure.round
    return [
        say("choose_from", day=day_of(round_.choices_open_at)),
        say(
            "choose_until",
            time=time_of(round_.choices_close_at),
            day=day_of(round_.choices_close_at),
        ),
        say("early_late"),
        say("list"),
        say("hear", day=day_of(round_.offers_by)),
    ]


def _activity(number: int, activity: BrochureActivity) -> Words:
    return {
        "id": f"activity-{number}",
        "title": activity.title,
        "lines": [*_who(activity), *_where(activity), *_cost(activity), *_help(activity)],
        "when": say("dates", days=count_of(len(activity.sessions), "day", "days")),
        "dates": [
            f"{short_day_of(one.starts_at)}. {_times(one.starts_at, one.ends_at)}."
            for one in activity.sessions
        ],
    }


def _times(starts_at: Any, ends_at: Any) -> str:
    words = times_of(starts_at, ends_at)
    return words[0].upper() + words[1:]


def _who(activity: BrochureActivity) -> list[Line]:
    ages = {"first": str(activity.min_age), "last": str(activity.max_age)}
    lines = [
        say("run_by", who=activity.provider),
        say("age" if activity.min_age == activity.max_age else "ages", **ages),
    ]
    if activity.gender in ("female", "male"):
        lines.append(say(activity.gender))
    return [*lines, say(activity.setting)]


def _where(activity: BrochureActivity) -> list[Line]:
    venue = activity.venue
    parts = [venue.name, venue.postcode] if venue else []
    place = ", ".join(part for part in parts if part)
    lines = [say("where", place=place) if place else say("where_unknown")]
    if any(
        one.starts_at.astimezone(LONDON).date() != one.ends_at.astimezone(LONDON).date()
        for one in activity.sessions
    ):
        lines.append(say("night"))
    return lines


def _cost(activity: BrochureActivity) -> list[Line]:
    price = money_of(activity.price_pence)
    if activity.suits is not None and activity.suits.funding is not None:
        if activity.suits.funding == "free":
            return [say("free")]
        return [say("paid", price=money_of(activity.suits.price_pence or 0))]
    if "contributory" not in activity.funding:
        return [say("free")]
    if "free" not in activity.funding:
        return [say("paid", price=price)]
    return [say("can_be_free"), say("or_paid", price=price)]


def _help(activity: BrochureActivity) -> list[Line]:
    lines = [say(need.kind, need=NEEDS[need.need][1]) for need in activity.needs]
    for task in activity.suits.arrangements if activity.suits else ():
        lines.append(say("arrange", need=NEEDS[task.need][1]))
        if task.lead_days:
            lines.append(say("arrange_days", days=count_of(task.lead_days, "day", "days")))
    return lines
