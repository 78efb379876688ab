"""Gap facts told again: one child, one want, one session at a time, by the oracle of pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from matching import ActivityRow, Child, SessionRow, Wanting
from tests.matching.oracle import RANK, judge, meet
from tests.matching.worlds import BROADER, TEXTS, World

# As the contract lists them; the first decides between equally near misses.
REASONS = [
    *("age", "need", "distance", "time", "gender", "avoid"),
    *("full", "lead_time", "overlap", "entitlement", "cancelled", "past"),
]
LIKED = ("love", "like", "curious")


@dataclass
class Fact:
    """What must be true of a want."""

    outcome: str
    reasons: list[str] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    session: UUID | None = None
    # Where nothing but a lack of places can stand in the way.
    going: set[UUID] = field(default_factory=set)


def wants_of(child: Child, wished: list[str]) -> list[str | None]:
    """Name what a child wants; None for a text that names no concept, each text once."""
    concepts, texts = set(wished), set()
    for interest in child.interests:
        concept = TEXTS[interest.text]
        if interest.feeling not in LIKED:
            continue
        if concept is None:
            texts.add(interest.text)
            continue
        overruled = any(
            other.feeling not in LIKED
            and TEXTS[other.text] == concept
            and RANK[other.voice] > RANK[interest.voice]
            for other in child.interests
        )
        if not overruled:
            concepts.add(concept)
    return sorted(concepts) + [None] * len(texts)


def fact_of(world: World, one: Wanting, concept: str) -> Fact:
    """Tell what becomes of one want."""
    serving = [session for session in world.sessions if serves(world, session, concept)]
    serving.sort(key=lambda session: (session.starts_at.timestamp(), session.id.bytes))
    been = [session.id for session in serving if session.id in one.places]
    if been:
        return Fact("met", session=been[0])
    if not serving:
        return Fact("nothing_on_offer")
    judged = [(judge(world, one.child, one.holdings, each).reasons, each) for each in serving]
    # The earliest of equals, as `min` gives the first.
    reasons, session = min(judged, key=lambda pair: nearness(pair[0]))
    going = {each.id for found, each in judged if found <= {"full"}}
    if not reasons:
        return Fact("available", session=session.id, going=going)
    ordered = [reason for reason in REASONS if reason in reasons]
    lacking = lacking_needs(world, one.child, session)
    return Fact(ordered[0], ordered, lacking, session.id, going)


def nearness(reasons: set[str]) -> tuple[int, list[int]]:
    return len(reasons), sorted(REASONS.index(reason) for reason in reasons)


def near_pairs(world: World, one: Wanting, concept: str) -> set[tuple[UUID, str]]:
    """Name the sessions that serve a want and are one reason away from the child."""
    pairs = set()
    for session in world.sessions:
        reasons = judge(world, one.child, one.holdings, session).reasons
        if serves(world, session, concept) and len(reasons) == 1:
            pairs.add((session.id, *reasons))
    return pairs


def activity_of(world: World, session: SessionRow) -> ActivityRow:
    return next(one for one in world.activities if one.id == session.activity_id)


def serves(world: World, session: SessionRow, concept: str) -> bool:
    carried = activity_of(world, session).concepts
    return any(concept in [one, *BROADER.get(one, [])] for one in carried)


def lacking_needs(world: World, child: Child, session: SessionRow) -> set[str]:
    """Name the essential needs that nothing meets in a session, or not in time."""
    activity = activity_of(world, session)
    needs = {one.code for one in child.needs if one.importance == "essential"}
    if child.accessible_transport_only:
        needs.add("accessible_transport")
    return {need for need in needs if meet(world, activity, session, need) in ("need", "lead_time")}
