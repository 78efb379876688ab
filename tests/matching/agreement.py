"""The engine beside the oracle: every pair of a world, and what of the calendar it touches."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from matching import (
    BLOCKING_REASONS,
    SUPPORT_STATES,
    Arrangement,
    Catalogue,
    Child,
    Fit,
    Holdings,
    Match,
    Reason,
    SessionRow,
    eligible,
    explain_fit,
    judge_many,
    match,
    score,
)
from matching.codes import REASON_BIT
from matching.eligibility import reasons_of
from matching.entitlement import CONTRIBUTORY, FREE, family_price
from matching.explain import explain_scores
from tests.matching import oracle
from tests.matching.oracle import Verdict
from tests.matching.worlds import LONDON, World

# How far reasons may be from the score they add up to.
SUM_TOLERANCE = 1e-6
EVERYTHING = 10_000
FULL_EVERY = 12
ONE_DAY = timedelta(days=1)


def compare(world: World, seen: Counter[str]) -> Iterator[str]:
    """Tell each difference between engine and oracle; count in `seen` what occurred."""
    catalogue = world.catalogue()
    live = world.live(catalogue)
    sessions = {one.id: one for one in world.sessions}
    for number, (child, holdings) in enumerate(world.children):
        judged = eligible(catalogue, child, holdings, live)
        for at, session_id in enumerate(catalogue.session_ids):
            session = sessions[session_id]
            expected = oracle.judge(world, child, holdings, session)
            bits = int(judged.funding[at])
            km = float(judged.distance_km[catalogue.sessions.activity[at]])
            found = Verdict(
                reasons=set(reasons_of(int(judged.mask[at]))),
                support=SUPPORT_STATES[judged.support.state[at]],
                arrangements={
                    (one.need, one.source, one.lead_days, one.cost_pence)
                    for one in judged.support.arrangements(at)
                },
                funding=funding_of(bits),
                price_pence=price_of(catalogue, holdings, at, bits),
                distance_km=None if math.isnan(km) else km,
            )
            if not agree(found, expected):
                yield f"child {number}, session {session_id}: {found}, not {expected}"
            seen.update(expected.reasons or {"eligible"})
            seen.update({f"support {expected.support}"})
            seen.update(f"arranged by {one[1]}" for one in expected.arrangements)
            seen.update(situations(world, child, holdings, session))


def funding_of(bits: int) -> str | None:
    """Name the funding that is chosen of those that are open."""
    return "free" if bits & FREE else "contributory" if bits & CONTRIBUTORY else None


def price_of(catalogue: Catalogue, holdings: Holdings, at: int, bits: int) -> int | None:
    """Tell what the engine lets the family pay."""
    funding = funding_of(bits)
    return funding and family_price(catalogue, holdings, at, funding)


def agree(found: Verdict, expected: Verdict) -> bool:
    """Tell whether two verdicts say the same, distances to a centimetre."""
    km, other = found.distance_km, expected.distance_km
    if km is not None and other is not None and abs(km - other) < 1e-5:
        found = replace(found, distance_km=other)
    return found == expected


def compare_answers(world: World) -> Iterator[str]:
    """Tell where an answer's reasons do not add up, or two kinds of answer differ."""
    catalogue = world.catalogue()
    live = world.live(catalogue)
    scores = judge_many(catalogue, world.children, live).score
    for number, (child, holdings) in enumerate(world.children):
        items = match(catalogue, child, holdings, live, limit=EVERYTHING, fold=False).items
        matches = {one.session_id: one for one in items}
        answers = answer_all(catalogue, world, child, holdings)
        for at, (session_id, answer) in enumerate(answers.items()):
            pair = f"child {number}, session {session_id}"
            total = sum(reason.contribution for reason in answer.reasons)
            if abs(total - answer.score) > SUM_TOLERANCE:
                yield f"{pair}: reasons add up to {total}, not {answer.score}"
            if not 0.0 <= answer.score <= 1.0 or answer.score != scores[number, at]:
                yield f"{pair}: {answer.score} alone, {scores[number, at]} among many"
            one = matches.get(session_id)
            if (one is not None) is not (answer.mask == 0):
                yield f"{pair}: listed or not, against what blocks it"
            elif one is not None and Answer.of_match(one) != answer:
                yield f"{pair}: {one} in the list, {answer} alone"
            # A pair explained in full is judged by itself, which takes longer.
            if at % FULL_EVERY == number % FULL_EVERY:
                fit = explain_fit(catalogue, child, holdings, live, session_id)
                if Answer.of_fit(fit) != answer:
                    yield f"{pair}: {fit} in full, {answer} in short"


@dataclass
class Answer:
    """What every kind of answer says of a pair."""

    mask: int
    support: str
    arrangements: tuple[Arrangement, ...]
    score: float
    reasons: tuple[Reason, ...]

    @classmethod
    def of_match(cls, one: Match) -> Answer:
        return cls(0, one.support, one.arrangements, one.score, one.reasons)

    @classmethod
    def of_fit(cls, fit: Fit) -> Answer:
        mask = sum(REASON_BIT[one.reason] for one in fit.obstacles)
        return cls(mask, fit.support, fit.arrangements, fit.score, fit.reasons)


def answer_all(
    catalogue: Catalogue, world: World, child: Child, holdings: Holdings
) -> dict[UUID, Answer]:
    """Judge, score and explain every session for a child, blocked or not."""
    judged = eligible(catalogue, child, holdings, world.live(catalogue))
    scores = score(catalogue, child, holdings, judged)
    reasons = explain_scores(catalogue, child, judged, scores, range(len(judged.mask)))
    return {
        session_id: Answer(
            int(judged.mask[at]),
            SUPPORT_STATES[judged.support.state[at]],
            judged.support.arrangements(at),
            float(scores.total[at]),
            reasons[at],
        )
        for at, session_id in enumerate(catalogue.session_ids)
    }


def compare_orders(world: World, rng: Random) -> Iterator[str]:
    """Tell where the order of rows changes an answer, whatever is shuffled."""
    other = shuffled(world, rng)
    first, second = world.catalogue(), other.catalogue()
    live, same_live = world.live(first), other.live(second)
    pairs = zip(world.children, other.children, strict=True)
    for number, ((child, holdings), (same, held)) in enumerate(pairs):
        answers = answer_all(first, world, child, holdings)
        if answers != answer_all(second, other, same, held):
            yield f"child {number}: another order of rows gives another answer"
        if match(first, child, holdings, live) != match(second, same, held, same_live):
            yield f"child {number}: another order of rows gives another list"
        for session_id in rng.sample(sorted(first.session_ids), 3):
            fit = explain_fit(first, child, holdings, live, session_id)
            if fit != explain_fit(second, same, held, same_live, session_id):
                yield f"child {number}, session {session_id}: another order explains it otherwise"


def shuffled(world: World, rng: Random) -> World:
    """Put every row of a world, and of the rows in it, into another order."""

    def mixed(rows):
        return type(rows)(rng.sample(list(rows), len(rows)))

    return replace(
        world,
        activities=[
            replace(one, offers=mixed(one.offers), concepts=mixed(one.concepts))
            for one in mixed(world.activities)
        ],
        sessions=[replace(one, offers=mixed(one.offers)) for one in mixed(world.sessions)],
        children=[
            (
                replace(
                    child,
                    needs=mixed(child.needs),
                    interests=mixed(child.interests),
                    availability=mixed(child.availability),
                    settings=mixed(child.settings),
                    goals=mixed(child.goals),
                ),
                replace(
                    holdings,
                    booked=mixed(holdings.booked),
                    remaining=dict(mixed([*holdings.remaining.items()])),
                ),
            )
            for child, holdings in world.children
        ],
        places_left=dict(mixed([*world.places_left.items()])),
        limited_taken=dict(mixed([*world.limited_taken.items()])),
        services=mixed(world.services),
        policies=mixed(world.policies),
    )


def situations(world: World, child: Child, holdings: Holdings, session: SessionRow) -> set[str]:
    """Name what is hard about a pair."""
    activity = next(one for one in world.activities if one.id == session.activity_id)
    starts, ends = session.starts_at.astimezone(UTC), session.ends_at.astimezone(UTC)
    local, after = starts.astimezone(LONDON), ends.astimezone(LONDON)
    born, day = child.date_of_birth, local.date()
    year, week, _ = local.isocalendar()
    left = holdings.remaining.get(f"{day:%Y-%m}", holdings.remaining_otherwise)
    said = {
        "local month is not UTC's": (local.year, local.month) != (starts.year, starts.month),
        "first or last day of a month": {(day - ONE_DAY).month, (day + ONE_DAY).month}
        != {day.month},
        "clock changes in between": local.utcoffset() != after.utcoffset(),
        "starts in the repeated hour": bool(local.fold),
        "across midnight": (ends - timedelta(microseconds=1)).astimezone(LONDON).date() != day,
        "ISO year is not the calendar's": year != day.year,
        "53rd week": week == 53,
        "18, until tomorrow": oracle.age_on(born, day) == 18
        and oracle.age_on(born, day + ONE_DAY) == 19,
        "19th birthday": oracle.age_on(born, day) == 19
        and oracle.age_on(born, day - ONE_DAY) == 18,
        "born on 29 February": (born.month, born.day) == (2, 29),
        "on 29 February": (day.month, day.day) == (2, 29),
        "leap-day child on 28 February or 1 March": (born.month, born.day) == (2, 29)
        and (day.month, day.day) in {(2, 28), (3, 1)},
        "touching windows": any(
            one.weekday == other.weekday and one.end == other.start
            for one in child.availability
            for other in child.availability
        ),
        "any time": not child.availability,
        "unlimited entitlement": None in (left.free, left.contributory),
        "no entitlement": (left.free, left.contributory) == (0, 0),
        "a limit of the year": (left.minutes, left.nights, left.pence) != (None, None, None),
        "a type of break that does not count": activity.break_type in left.uncounted,
        "the family pays less than the price": "contributory" in activity.funding
        and left.contribution_pence is not None
        and left.contribution_pence < activity.price_pence,
        "gender unknown, activity for one": child.gender is None and activity.gender is not None,
        "home unknown": child.latitude is None,
        "venue unknown": activity.latitude is None,
        "no places": world.places_left[session.id] <= 0,
        "starts now": starts == world.now,
    }
    names = {name for name, is_so in said.items() if is_so}
    essential = {one.code for one in child.needs if one.importance == "essential"}
    offers = [one for one in session.offers if one.need in essential]
    replaced = {one.need for one in offers}
    offers += [one for one in activity.offers if one.need in essential - replaced]
    for offer in offers:
        if offer.kind == "limited":
            taken = world.limited_taken.get((session.id, offer.need), 0)
            names.add("limited, none left" if taken >= offer.per_session else "limited, left")
        elif offer.kind == "on_request":
            names |= notice(world.now, offer.lead_days, starts)
    for service in world.services:
        if service.need in essential:
            names |= notice(world.now, service.lead_days, starts)
            if service.per_week and service.taken.get(year * 100 + week, 0) >= service.per_week:
                names.add("service full that week")
                if year != day.year or week in {1, 53}:
                    names.add("service full in a week at the turn of the year")
    return names


def notice(now: datetime, lead_days: int, starts: datetime) -> set[str]:
    """Name how a lead time stands to the time that is left, where it is close."""
    over = starts - now - timedelta(days=lead_days)
    return {"lead time to the second"} if not over else set()


# Whoever compares must have seen each of them, or the comparison says nothing of it.
MUST_OCCUR = (
    *BLOCKING_REASONS,
    "a limit of the year",
    "a type of break that does not count",
    "the family pays less than the price",
    "eligible",
    *(f"support {state}" for state in SUPPORT_STATES),
    "arranged by provider",
    "arranged by authority",
    "local month is not UTC's",
    "first or last day of a month",
    "clock changes in between",
    "starts in the repeated hour",
    "across midnight",
    "ISO year is not the calendar's",
    "53rd week",
    "18, until tomorrow",
    "19th birthday",
    "born on 29 February",
    "on 29 February",
    "leap-day child on 28 February or 1 March",
    "touching windows",
    "any time",
    "unlimited entitlement",
    "no entitlement",
    "gender unknown, activity for one",
    "home unknown",
    "venue unknown",
    "no places",
    "starts now",
    "limited, none left",
    "limited, left",
    "lead time to the second",
    "service full that week",
    "service full in a week at the turn of the year",
)
