"""One pair of child and session explained in full, and what would make a blocked one possible."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from matching.blend import measures_at, score
from matching.catalogue import Catalogue
from matching.codes import FUNDINGS, NEED_CODES, NEED_LABELS, SUPPORT_STATES
from matching.eligibility import Eligibility, eligible, policy_on, reasons_of
from matching.entitlement import FREE, family_price, shortfalls
from matching.errors import InvalidProblem
from matching.explain import explain_scores, known_distance, need_text
from matching.local_time import DAY_US, date_number, to_microseconds, to_moment
from matching.offers import AUTHORITY, NOTHING, PROVIDER, TOO_LATE
from matching.problem import Child, Holdings, Live
from matching.result import Fit, NeedFit, Obstacle
from matching.support import MET_BY, NeedAnswer, has_place
from matching.weights import DEFAULT_WEIGHTS, AnyWeights


def explain_fit(
    catalogue: Catalogue,
    child: Child,
    holdings: Holdings,
    live: Live,
    session_id: UUID,
    *,
    weights: AnyWeights = DEFAULT_WEIGHTS,
) -> Fit:
    """Explain how one session fits a child.

    Parameters
    ----------
    catalogue : Catalogue
    child : Child
    holdings : Holdings
    live : Live
    session_id : UUID
    weights : Weights or LearnedWeights

    Returns
    -------
    Fit
        With the same score, support and reasons that `match` gives for the pair.

    Raises
    ------
    InvalidProblem
        If the catalogue does not hold the session, or `live` does not belong to it.
    """
    index = catalogue.session_index.get(session_id)
    if index is None:
        raise InvalidProblem("the catalogue does not hold the session")
    judged = eligible(catalogue, child, holdings, live, slice(index, index + 1))
    scores = score(catalogue, child, holdings, judged, weights)
    activity = int(catalogue.sessions.activity[index])
    funding = int(judged.funding[0])
    pair = _Pair(catalogue, child, holdings, live, judged, index, activity)
    chosen = "free" if funding & FREE else "contributory"
    return Fit(
        session_id=session_id,
        activity_id=catalogue.activities.ids[activity],
        eligible=not judged.mask[0],
        score=float(scores.total[0]),
        distance_km=known_distance(judged, activity),
        funding=chosen if funding else None,
        price_pence=family_price(catalogue, holdings, index, chosen) if funding else None,
        support=SUPPORT_STATES[int(judged.support.state[0])],
        arrangements=judged.support.arrangements(0),
        reasons=explain_scores(catalogue, child, judged, scores, [0])[0],
        needs=(
            *_needs(pair, judged.support.essential, "essential"),
            *_needs(pair, judged.support.helpful, "helpful"),
        ),
        obstacles=tuple(_OBSTACLES[reason](pair) for reason in reasons_of(int(judged.mask[0]))),
        places_left=int(live.places_left[index]),
        measures=measures_at(catalogue, judged, scores, 0),
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    catalogue: Catalogue
    child: Child
    holdings: Holdings
    live: Live
    judged: Eligibility
    index: int
    activity: int

    def starts_at(self) -> str:
        return to_moment(int(self.catalogue.sessions.starts_us[self.index])).isoformat()

    def ends_at(self) -> str:
        return to_moment(int(self.catalogue.sessions.ends_us[self.index])).isoformat()

    def needs(self, how: int) -> list[int]:
        answers = self.judged.support.essential
        return [need for need, answer in answers.items() if int(answer.how[0]) == how]

    def is_limited(self, need: int) -> bool:
        """Tell whether the session offers some of it."""
        profile = self.catalogue.sessions.profile[self.index]
        return bool(self.catalogue.profiles.limited[profile, need])

    def has_service(self, need: int) -> bool:
        """Tell whether the authority has some of it each week."""
        return any(one.need == NEED_CODES[need] and one.per_week for one in self.live.services)

    def notice_days(self, need: int) -> int:
        """Give how many days of notice the quickest way to arrange a need takes."""
        sessions, profiles = self.catalogue.sessions, self.catalogue.profiles
        week = sessions.iso_week[self.index : self.index + 1]
        ways = [
            *profiles.lead_days[:, sessions.profile[self.index], need].tolist(),
            *(
                one.lead_days
                for one in self.live.services
                if one.need == NEED_CODES[need] and has_place(one, week)[0]
            ),
        ]
        # -1 stands where there is no way.
        return int(min(days for days in ways if days >= 0))


def _needs(pair: _Pair, answers: Mapping[int, NeedAnswer], importance: str) -> list[NeedFit]:
    found = []
    for need, answer in answers.items():
        how = int(answer.how[0])
        lead_days, cost_pence = answer.terms(0) if how in {PROVIDER, AUTHORITY} else (None, None)
        text = need_text(need, answer, 0)
        if how == TOO_LATE:
            text += f": it takes {_days(pair.notice_days(need))}"
        elif how == NOTHING and (pair.is_limited(need) or pair.has_service(need)):
            text = f"{NEED_LABELS[need]} is all taken"
        found.append(
            NeedFit(NEED_CODES[need], importance, MET_BY[how], lead_days, cost_pence, text)
        )
    return found


def _days(count: int) -> str:
    return f"{count} day{'s' * (count != 1)}"


def _birthday(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:  # Born on a leap day: in a common year the birthday is on 1 March.
        return date(born.year + years, 3, 1)


def _age(pair: _Pair) -> Obstacle:
    activities = pair.catalogue.activities
    day = int(pair.catalogue.sessions.date_number[pair.index])
    policy = policy_on(pair.live.policies, day)
    youngest = max(int(activities.min_age[pair.activity]), policy.min_age)
    oldest = min(int(activities.max_age[pair.activity]), policy.max_age)
    age = (day - date_number(pair.child.date_of_birth)) // 10_000
    remedy = None
    if age < youngest <= oldest:
        remedy = f"possible from {_birthday(pair.child.date_of_birth, youngest).isoformat()} on"
    facts = {"age_years": age, "min_age": youngest, "max_age": oldest}
    return Obstacle("age", f"for ages {youngest} to {oldest}, not {age}", facts, remedy)


def _need(pair: _Pair) -> Obstacle:
    missing = pair.needs(NOTHING)
    limited = [need for need in missing if pair.is_limited(need)]
    elsewhen = [need for need in missing if pair.has_service(need)]
    taken = [need for need in missing if need in {*limited, *elsewhen}]
    never = [need for need in missing if need not in taken]
    # What is said of needs, where there are any of which to say it.
    texts = {"not provided": never, "all taken": taken}
    remedies = {
        "if the provider or the authority put in place": never,
        "if another child in this session no longer needed": limited,
        "in a week in which the authority still has": elsewhen,
    }
    return Obstacle(
        "need",
        "; ".join(f"{text}: {_labels(needs)}" for text, needs in texts.items() if needs),
        {"needs": _codes(missing), "taken": _codes(taken)},
        "; ".join(f"{remedy} {_labels(needs)}" for remedy, needs in remedies.items() if needs),
    )


def _labels(needs: list[int]) -> str:
    return ", ".join(NEED_LABELS[need] for need in needs)


def _codes(needs: list[int]) -> list[str]:
    return [NEED_CODES[need] for need in needs]


def _distance(pair: _Pair) -> Obstacle:
    km = float(pair.judged.distance_km[pair.activity])
    reach = pair.child.max_km
    facts = {"distance_km": km, "max_km": reach}
    # Rounded up, so that it would do.
    remedy = f"if the family could travel {math.ceil(km * 10) / 10:.1f} km, or at a nearer venue"
    return Obstacle("distance", f"{km:.1f} km away, {reach:g} km at most", facts, remedy)


def _time(pair: _Pair) -> Obstacle:
    facts = {"starts_at": pair.starts_at(), "ends_at": pair.ends_at()}
    starts = to_moment(int(pair.catalogue.sessions.starts_us[pair.index]))
    text = f"{starts:%A %H:%M} is outside your free time"
    return Obstacle("time", text, facts, "if the child were free for all of these hours")


def _gender(pair: _Pair) -> Obstacle:
    wanted = {1: "female", 2: "male"}[int(pair.catalogue.activities.gender[pair.activity])]
    text = f"for {wanted} participants only"
    return Obstacle("gender", text, {"gender": wanted}, None)


def _avoid(pair: _Pair) -> Obstacle:
    vocabulary, interests = pair.catalogue.vocabulary, pair.catalogue.interests
    avoided = sorted(
        one for one in pair.judged.preferences.avoided() if interests.carrying([one])[pair.activity]
    )
    labels = ", ".join(vocabulary.label(one).lower() for one in avoided)
    facts = {"concepts": avoided}
    return Obstacle("avoid", f"has to do with {labels}", facts, "if it were no longer avoided")


def _full(pair: _Pair) -> Obstacle:
    facts = {"places_left": int(pair.live.places_left[pair.index])}
    return Obstacle("full", "no place is left", facts, "if a place is given back")


def _lead_time(pair: _Pair) -> Obstacle:
    late = pair.needs(TOO_LATE)
    notice = max(pair.notice_days(need) for need in late)
    facts = {"needs": _codes(late), "starts_at": pair.starts_at(), "lead_days": notice}
    first = to_moment(to_microseconds(pair.live.now) + notice * DAY_US)
    remedy = f"a session from {first:%Y-%m-%d %H:%M} on leaves the {_days(notice)} that it takes"
    return Obstacle("lead_time", f"too soon to arrange {_labels(late)}", facts, remedy)


def _overlap(pair: _Pair) -> Obstacle:
    sessions = pair.catalogue.sessions
    begins, finishes = int(sessions.starts_us[pair.index]), int(sessions.ends_us[pair.index])
    hours = [
        {"starts_at": place.starts_at.isoformat(), "ends_at": place.ends_at.isoformat()}
        for place in sorted(pair.holdings.booked, key=lambda one: to_microseconds(one.starts_at))
        if to_microseconds(place.starts_at) < finishes and to_microseconds(place.ends_at) > begins
    ]
    text = "another place is booked at that time"
    return Obstacle("overlap", text, {"booked": hours}, "if that booking were cancelled")


def _entitlement(pair: _Pair) -> Obstacle:
    sessions = pair.catalogue.sessions
    month = sessions.months[int(sessions.month[pair.index])]
    bits = int(sessions.funding[pair.index])
    allowed = [name for bit, name in enumerate(FUNDINGS) if bits >> bit & 1]
    short = shortfalls(pair.catalogue, pair.holdings, pair.index)
    facts = {"month": month, "funding": allowed, "short": short}
    if {str(one["measure"]) for one in short}.issuperset(allowed):
        text = f"no {' or '.join(allowed)} activity is left in {month}"
        remedy = "a session in another month, a cancelled booking, or a higher entitlement"
    else:
        text = "too little is left of the year: " + ", ".join(
            f"{_amount(one, 'remaining')}, {_amount(one, 'wanted')} needed"
            for one in short
            if one["measure"] not in FUNDINGS
        )
        remedy = "a smaller session, one in another year, a cancelled booking, or a higher limit"
    return Obstacle("entitlement", text, facts, remedy)


def _amount(shortfall: Mapping[str, object], which: str) -> str:
    if shortfall["measure"] == "money_pence":
        return f"£{cast('int', shortfall[which]) / 100:.2f}"
    return f"{shortfall[which]:g} {shortfall['measure']}"


def _cancelled(pair: _Pair) -> Obstacle:
    return Obstacle("cancelled", "the session is cancelled", {"starts_at": pair.starts_at()}, None)


def _past(pair: _Pair) -> Obstacle:
    return Obstacle("past", "the session has begun", {"starts_at": pair.starts_at()}, None)


_OBSTACLES: Mapping[str, Callable[[_Pair], Obstacle]] = {
    "age": _age,
    "need": _need,
    "distance": _distance,
    "time": _time,
    "gender": _gender,
    "avoid": _avoid,
    "full": _full,
    "lead_time": _lead_time,
    "overlap": _overlap,
    "entitlement": _entitlement,
    "cancelled": _cancelled,
    "past": _past,
}
