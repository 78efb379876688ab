"""What could be bought for a month, and which unmet wants each of it would serve.

What a near miss lacks names the one thing that would close it: a need met at an activity, a support
package, transport for an area, more places. New sessions are made up and judged by the engine as if
they were in the catalogue, so every rule of a match holds for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

import matching
from app.clock import month_bounds
from app.codes import NEED_CODES, WEEKDAYS
from app.concepts import vocabulary
from app.engine.gaps import GapFacts, Month, Wanting, judge_month

LONDON: Final = ZoneInfo("Europe/London")
MOST_OUTCODES: Final = 30
Integers = NDArray[np.int64]

_BIT: Final = {name: 1 << bit for bit, name in enumerate(matching.BLOCKING_REASONS)}
_SUPPORT: Final = _BIT["need"] | _BIT["lead_time"]
_TRANSPORT: Final = 1 << NEED_CODES.index("accessible_transport")


@dataclass(frozen=True)
class Candidate:
    """One thing to buy: by position of the child, the facts that it would serve."""

    serves: Mapping[int, Sequence[int]]
    need: str | None = None
    activity_id: UUID | None = None
    outcode: str | None = None
    interest: str | None = None
    weekday: str | None = None


def needs_met(month: Month, facts: GapFacts) -> list[Candidate]:
    """Give, for each activity and need, whom it would serve if the need were met there."""
    need, activity, fact = _one_need(month, facts)
    ids = month.warm.arrays.activities.ids
    return [
        Candidate(_by_child(facts, served), need=NEED_CODES[at[0]], activity_id=ids[at[1]])
        for at, served in _grouped([need, activity], fact)
    ]


def packages(month: Month, facts: GapFacts) -> list[Candidate]:
    """Give, for each need, whom support that goes with the child would serve."""
    need, _, fact = _one_need(month, facts)
    return [
        Candidate(_by_child(facts, served), need=NEED_CODES[at[0]])
        for at, served in _grouped([need], fact)
    ]


def transport(facts: GapFacts, areas: Sequence[str]) -> list[Candidate]:
    """Give, for each outcode, who would be served if they were brought."""
    near = facts.near
    mask, needs = near.mask.astype(np.int64), near.needs
    brought = ((mask & ~(_BIT["distance"] | _SUPPORT)) == 0) & ((needs & ~_TRANSPORT) == 0)
    fact = np.unique(near.fact[brought].astype(np.int64))
    names, area = np.unique(np.array(areas, dtype=str), return_inverse=True)
    return [
        Candidate(_by_child(facts, served), outcode=str(names[at[0]]))
        for at, served in _grouped([area[facts.child[fact]]], fact)
    ]


def more_places(month: Month, facts: GapFacts) -> list[Candidate]:
    """Give, for each activity, whom only a lack of places keeps out."""
    near = facts.near
    full = near.mask == _BIT["full"]
    arrays = month.warm.arrays
    activity = arrays.sessions.activity[near.session[full]].astype(np.int64)
    return [
        Candidate(_by_child(facts, served), activity_id=arrays.activities.ids[at[0]])
        for at, served in _grouped([activity], near.fact[full].astype(np.int64))
    ]


def places_left(month: Month, activity_id: UUID) -> int:
    """Count the places left in an activity's sessions of the month."""
    arrays, span = month.warm.arrays, month.span
    own = arrays.sessions.activity[span] == arrays.activity_index[activity_id]
    takes_place = own & ~arrays.sessions.cancelled[span]
    return int(np.maximum(month.live.places_left[span][takes_place], 0).sum())


def _one_need(month: Month, facts: GapFacts) -> tuple[Integers, Integers, Integers]:
    """Give the near misses that lack one need and nothing else: need, activity, fact."""
    near = facts.near
    mask = near.mask.astype(np.int64)
    one = ((mask & ~_SUPPORT) == 0) & (np.bitwise_count(near.needs) == 1)
    need = np.log2(near.needs[one]).astype(np.int64)
    activity = month.warm.arrays.sessions.activity[near.session[one]].astype(np.int64)
    return need, activity, near.fact[one].astype(np.int64)


def _grouped(
    keys: Sequence[Integers], fact: Integers
) -> Iterable[tuple[tuple[int, ...], list[int]]]:
    """Give the facts of each key, each once, in the order of the keys."""
    if not fact.size:
        return
    rows = np.unique(np.stack([*keys, fact], axis=1), axis=0)
    heads, starts = np.unique(rows[:, :-1], axis=0, return_index=True)
    for head, part in zip(heads.tolist(), np.split(rows[:, -1], starts[1:]), strict=True):
        yield tuple(head), part.tolist()


def _by_child(facts: GapFacts, served: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for fact in served:
        found.setdefault(int(facts.child[fact]), []).append(fact)
    return found


@dataclass(frozen=True)
class NewSession:
    """A kind of session that could be held: when, with what support, for whom."""

    start: time
    end: time
    weekdays: Sequence[str]
    # Provided for everybody who has them.
    needs: Sequence[str]
    places: int
    # Only this one; None: any that is wanted in vain.
    interest: str | None


def new_sessions(
    month: Month,
    children: Sequence[Wanting],
    facts: GapFacts,
    unmet: NDArray[np.bool_],
    kind: NewSession,
    *,
    positions: Mapping[str, tuple[float, float]],
    most: int,
) -> list[Candidate]:
    """Make up sessions where many could come, and judge who could by the rules of a match."""
    places = _most_wanted(children, facts, unmet, kind, positions, most // len(kind.weekdays))
    days = _days(month.month, kind.weekdays)
    made = [(concept, outcode, day) for concept, outcode in places for day in days]
    if not made:
        return []
    world, what = _made_up(month, kind, made, positions)
    wanted = _unmet_by_child(facts, unmet)
    asking = sorted(wanted)
    found = judge_month(world, [_asking(children[at], facts, wanted[at]) for at in asking])
    served: dict[int, dict[int, list[int]]] = {}
    broader = {concept: vocabulary().with_broader([concept]) for concept, _ in places}
    for at, session in zip(found.going_child.tolist(), found.going_session.tolist(), strict=True):
        child = asking[at]
        contains = broader[what[session][0]]
        served.setdefault(session, {})[child] = [
            fact for fact in wanted[child] if facts.concepts[facts.concept[fact]] in contains
        ]
    return [
        Candidate(
            children_of,
            interest=what[session][0],
            outcode=what[session][1],
            weekday=what[session][2],
        )
        for session, children_of in sorted(served.items())
    ]


def _unmet_by_child(facts: GapFacts, unmet: NDArray[np.bool_]) -> dict[int, list[int]]:
    """Give the unmet wants that name a concept."""
    return _by_child(facts, np.flatnonzero(unmet & (facts.concept >= 0)).tolist())


def _asking(child: Wanting, facts: GapFacts, wanted: Sequence[int]) -> Wanting:
    """Let a child ask for what it cannot get, and for nothing else."""
    wants = tuple(child.wants[int(facts.want[fact])] for fact in wanted)
    return replace(child, wants=wants, places=())


def _most_wanted(
    children: Sequence[Wanting],
    facts: GapFacts,
    unmet: NDArray[np.bool_],
    kind: NewSession,
    positions: Mapping[str, tuple[float, float]],
    most: int,
) -> list[tuple[str, str]]:
    """Choose the concepts and places that the most children want within their reach."""
    rows = np.flatnonzero(unmet & (facts.concept >= 0))
    if kind.interest is not None:
        at = [place for place, name in enumerate(facts.concepts) if name == kind.interest]
        rows = rows[np.isin(facts.concept[rows], at)]
    if not rows.size or not positions:
        return []
    outcodes = sorted(positions)
    reach = _within_reach(children, [positions[outcode] for outcode in outcodes])
    counts = np.zeros((len(facts.concepts), len(outcodes)), dtype=np.int64)
    np.add.at(counts, facts.concept[rows], reach[facts.child[rows]])
    order = np.argsort(-counts, axis=None, kind="stable")[: max(most, 1)]
    concept, place = np.unravel_index(order, counts.shape)
    return [
        (facts.concepts[one], outcodes[where])
        for one, where in zip(concept.tolist(), place.tolist(), strict=True)
        if counts[one, where]
    ]


def _within_reach(
    children: Sequence[Wanting], places: Sequence[tuple[float, float]]
) -> NDArray[np.int64]:
    def radians(values: Iterable[float | None]) -> NDArray[np.float64]:
        known = [np.nan if value is None else value for value in values]
        return np.radians(np.array(known, dtype=np.float64))

    own = [child.child for child in children]
    latitude, longitude = radians(c.latitude for c in own), radians(c.longitude for c in own)
    there = np.radians(np.array(places, dtype=np.float64))
    half = (
        np.sin((there[:, 0] - latitude[:, None]) / 2) ** 2
        + np.cos(latitude)[:, None]
        * np.cos(there[:, 0])
        * np.sin((there[:, 1] - longitude[:, None]) / 2) ** 2
    )
    # Only to choose what is judged: the engine's own measure decides.
    far = 2 * 6371.0 * np.arcsin(np.sqrt(np.minimum(half, 1)))
    reach = np.array([np.inf if c.max_km is None else c.max_km for c in own])
    within: NDArray[np.int64] = (~(far > reach[:, None])).astype(np.int64)
    return within


def _days(month: str, weekdays: Sequence[str]) -> list[tuple[str, datetime]]:
    """Give the first midnight of each weekday in the second week of the month."""
    first = month_bounds(month)[0].astimezone(LONDON).replace(tzinfo=None) + timedelta(days=7)
    days = [first + timedelta(days=one) for one in range(7)]
    return [(WEEKDAYS[day.weekday()], day) for day in days if WEEKDAYS[day.weekday()] in weekdays]


def _made_up(
    month: Month,
    kind: NewSession,
    made: Sequence[tuple[str, str, tuple[str, datetime]]],
    positions: Mapping[str, tuple[float, float]],
) -> tuple[Month, list[tuple[str, str, str]]]:
    """Put made-up sessions in the place of the catalogue; and tell what each is."""
    offers = tuple(matching.OfferRow(need) for need in kind.needs)
    activities: dict[tuple[str, str], Any] = {}
    sessions: list[matching.SessionRow] = []
    what: dict[UUID, tuple[str, str, str]] = {}
    for concept, outcode, (weekday, day) in made:
        activity = activities.get((concept, outcode))
        if activity is None:
            latitude, longitude = positions[outcode]
            activity = activities[concept, outcode] = matching.ActivityRow(
                id=UUID(int=len(activities)),
                title=concept.replace("_", " "),
                latitude=latitude,
                longitude=longitude,
                concepts=(concept,),
                offers=offers,
            )
        row = matching.SessionRow(
            id=UUID(int=len(sessions)),
            activity_id=activity.id,
            starts_at=datetime.combine(day, kind.start, tzinfo=LONDON),
            ends_at=datetime.combine(day, kind.end, tzinfo=LONDON),
        )
        sessions.append(row)
        what[row.id] = concept, outcode, weekday
    arrays = matching.build_catalogue(activities.values(), sessions, vocabulary())
    live = matching.Live(
        month.live.now,
        np.full(len(sessions), kind.places, dtype=np.int64),
        services=month.live.services,
        policies=month.live.policies,
    )
    warm = replace(month.warm, arrays=arrays)
    world = replace(month, warm=warm, live=live, span=slice(0, len(sessions)))
    return world, [what[id_] for id_ in arrays.session_ids]


__all__ = [
    "MOST_OUTCODES",
    "Candidate",
    "NewSession",
    "more_places",
    "needs_met",
    "new_sessions",
    "packages",
    "places_left",
    "transport",
]
