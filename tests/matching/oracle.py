"""The rules of a pair, told again: one child, one session, plain Python, nothing of the engine.

Slow on purpose and by other means: free time is a set of minutes, a session is walked in steps of
five minutes, distance is a chord through the globe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from matching import ActivityRow, Child, Holdings, OfferRow, Remaining, SessionRow
from tests.matching.worlds import BROADER, LONDON, TEXTS, World

RANK = {"observed": 0, "professional": 1, "parent": 2, "child": 3}
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass
class Verdict:
    """What must be true of a pair."""

    reasons: set[str]
    support: str
    arrangements: set[tuple[str, str, int, int]]
    funding: str | None
    price_pence: int | None
    distance_km: float | None


def judge(world: World, child: Child, holdings: Holdings, session: SessionRow) -> Verdict:
    activity = next(one for one in world.activities if one.id == session.activity_id)
    starts, ends = session.starts_at.astimezone(UTC), session.ends_at.astimezone(UTC)
    local_day = starts.astimezone(LONDON).date()
    reasons = set()

    age = age_on(child.date_of_birth, local_day)
    policy = policy_for(world, local_day)
    if not (activity.min_age <= age <= activity.max_age):
        reasons.add("age")
    if not (policy.min_age <= age <= policy.max_age):
        reasons.add("age")

    support, arrangements, why = judge_support(world, child, activity, session)
    reasons |= why

    km = kilometres(child, activity)
    if km is not None and child.max_km is not None and km > child.max_km:
        reasons.add("distance")
    if child.availability and not in_free_time(child, starts, ends):
        reasons.add("time")
    if activity.gender is not None and child.gender != activity.gender:
        reasons.add("gender")
    if avoids(child, activity):
        reasons.add("avoid")
    if world.places_left[session.id] <= 0:
        reasons.add("full")
    for place in holdings.booked:
        if place.starts_at.astimezone(UTC) < ends and starts < place.ends_at.astimezone(UTC):
            reasons.add("overlap")
    remaining = holdings.remaining.get(local_day.strftime("%Y-%m"), holdings.remaining_otherwise)
    funding, price = pay(activity, starts, ends, remaining)
    if funding is None:
        reasons.add("entitlement")
    if session.cancelled:
        reasons.add("cancelled")
    if starts <= world.now:
        reasons.add("past")
    return Verdict(reasons, support, arrangements, funding, price, km)


def pay(
    activity: ActivityRow, starts: datetime, ends: datetime, left: Remaining
) -> tuple[str | None, int | None]:
    """Choose how a place is taken, free if it can be, and what the family pays for it."""
    days, moment = set(), starts
    while moment < ends:
        days.add(moment.astimezone(LONDON).date())
        moment += timedelta(minutes=5)
    nights = len(days) - 1 if activity.break_type == "overnight" else 0
    minutes = math.ceil((ends - starts).total_seconds() / 60)
    for funding in ("free", "contributory"):
        if funding not in activity.funding:
            continue
        price = 0
        if funding == "contributory":
            prices = [activity.price_pence, left.contribution_pence]
            price = min(one for one in prices if one is not None)
        uses = {
            funding: 1,
            "minutes": minutes,
            "nights": nights,
            "pence": max(activity.cost_pence - price, 0),
        }
        fits = all(
            getattr(left, name) is None or uses[name] <= getattr(left, name) for name in uses
        )
        if fits or activity.break_type in left.uncounted:
            return funding, price
    return None, None


def age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def policy_for(world: World, day: date):
    begun = [one for one in world.policies if one.starts_on <= day]
    first = min(world.policies, key=lambda one: one.starts_on)
    return max(begun, key=lambda one: one.starts_on) if begun else first


def kilometres(child: Child, activity: ActivityRow) -> float | None:
    if child.latitude is None or activity.latitude is None:
        return None
    points = []
    for latitude, longitude in (
        (child.latitude, child.longitude),
        (activity.latitude, activity.longitude),
    ):
        up, around = math.radians(latitude), math.radians(longitude)
        points.append(
            (math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up))
        )
    return 2 * 6371.0088 * math.asin(math.dist(*points) / 2)


def in_free_time(child: Child, starts: datetime, ends: datetime) -> bool:
    free: dict[str, set[int]] = {day: set() for day in DAYS}
    for window in child.availability:
        last = window.end.hour * 60 + window.end.minute
        if (window.end.hour, window.end.minute) == (23, 59):
            last = 1440
        free[window.weekday] |= set(range(window.start.hour * 60 + window.start.minute, last))
    touched: dict[date, list[int]] = {}
    moment = starts
    while moment < ends:
        local = moment.astimezone(LONDON)
        minute = local.hour * 60 + local.minute
        touched.setdefault(local.date(), []).extend([minute, minute + 4])
        moment += timedelta(minutes=5)
    return all(
        set(range(min(minutes), max(minutes) + 1)) <= free[DAYS[day.weekday()]]
        for day, minutes in touched.items()
    )


def avoids(child: Child, activity: ActivityRow) -> bool:
    for interest in child.interests:
        concept = TEXTS[interest.text]
        if interest.feeling != "avoid" or concept is None:
            continue
        overruled = any(
            other.feeling in ("love", "like", "curious")
            and TEXTS[other.text] == concept
            and RANK[other.voice] > RANK[interest.voice]
            for other in child.interests
        )
        for carried in activity.concepts:
            if not overruled and concept in [carried, *BROADER.get(carried, [])]:
                return True
    return False


def judge_support(world: World, child: Child, activity: ActivityRow, session: SessionRow):
    essential = {one.code for one in child.needs if one.importance == "essential"}
    if child.accessible_transport_only:
        essential.add("accessible_transport")
    reasons, arrangements = set(), set()
    for need in essential:
        outcome = meet(world, activity, session, need)
        if isinstance(outcome, tuple):
            arrangements.add((need, *outcome))
        elif outcome != "met":
            reasons.add(outcome)
    state = "blocked" if reasons else "arrange" if arrangements else "ready"
    return state, arrangements, reasons


def meet(world: World, activity: ActivityRow, session: SessionRow, need: str):
    offers: list[OfferRow] = [one for one in session.offers if one.need == need]
    if not offers:
        offers = [one for one in activity.offers if one.need == need]
    if any(one.kind == "provided" for one in offers):
        return "met"
    places = sum(one.per_session for one in offers if one.kind == "limited")
    if places - world.limited_taken.get((session.id, need), 0) > 0:
        return "met"
    ways = [
        (one.cost_pence, one.lead_days, 0, "provider") for one in offers if one.kind == "on_request"
    ]
    year, week, _ = session.starts_at.astimezone(LONDON).isocalendar()
    for service in world.services:
        left = service.per_week
        if left is not None:
            left -= service.taken.get(year * 100 + week, 0)
        if service.need == need and (left is None or left > 0):
            ways.append((service.cost_pence, service.lead_days, 1, "authority"))
    if not ways:
        return "need"
    starts = session.starts_at.astimezone(UTC)
    in_time = [one for one in ways if world.now + timedelta(days=one[1]) <= starts]
    if not in_time:
        return "lead_time"
    cost, lead, _, source = min(in_time)
    return source, lead, cost
