"""What the facts of a month add up to, for all of them or for those of a slice.

`chosen` tells which facts count; of pressure, the children of these facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.codes import NEED_CODES
from app.engine.gaps import BLOCKING_REASONS, OUTCOMES, SETTINGS
from app.gaps.warm import MonthFacts

MET: Final = OUTCOMES.index("met")
AVAILABLE: Final = OUTCOMES.index("available")
ENTITLEMENT: Final = 1 << BLOCKING_REASONS.index("entitlement")
SUPPORT: Final = 1 << BLOCKING_REASONS.index("need") | 1 << BLOCKING_REASONS.index("lead_time")

Chosen = NDArray[np.bool_] | None


@dataclass(frozen=True)
class SessionPressure:
    """Children who could go to a session but for its places, beside those left."""

    session_id: UUID
    activity_id: UUID
    children: int
    places_left: int


@dataclass(frozen=True)
class ConceptPressure:
    """Children who could go to anything that serves a concept they have not met, and the places."""

    concept: str
    children: int
    places_left: int


def session_pressure(facts: MonthFacts, chosen: Chosen = None) -> list[SessionPressure]:
    """Count by session the children who could go, the most for each place left first."""
    pairs = facts.going_session
    if chosen is not None:
        of_child = np.zeros(len(facts.child_ids), dtype=np.bool_)
        of_child[facts.child[chosen]] = True
        pairs = pairs[of_child[facts.going_child]]
    sessions = facts.sessions
    children = np.bincount(pairs, minlength=len(sessions.ids))
    places = np.maximum(sessions.places_left, 0)
    shown = np.flatnonzero((children > 0) & sessions.stands)
    # Without any place left a child presses more than however many do for one.
    order = np.lexsort((shown, -children[shown], -children[shown] / np.maximum(places[shown], 0.5)))
    return [
        SessionPressure(
            sessions.ids[at], sessions.activity_ids[at], int(children[at]), int(places[at])
        )
        for at in shown[order].tolist()
    ]


def concept_pressure(facts: MonthFacts, chosen: Chosen = None) -> list[ConceptPressure]:
    """Count by concept the children who could go, by notation."""
    pressing = _chosen(facts, chosen) & (facts.options > 0) & (facts.concept >= 0)
    children = np.bincount(facts.concept[pressing], minlength=len(facts.concepts))
    places = dict.fromkeys(facts.concepts, 0)
    left = np.where(facts.sessions.stands, np.maximum(facts.sessions.places_left, 0), 0)
    for served, count in zip(facts.sessions.serves, left.tolist(), strict=True):
        for concept in served:
            if concept in places:
                places[concept] += count
    return [
        ConceptPressure(concept, count, places[concept])
        for concept, count in zip(facts.concepts, children.tolist(), strict=True)
        if count
    ]


@dataclass(frozen=True)
class CapPressure:
    """What only the entitlement refuses: children, and their wants."""

    children: int
    wants: int


def cap_pressure(facts: MonthFacts, chosen: Chosen = None) -> CapPressure:
    """Count what only the rule of the month or of the year refuses."""
    capped = _chosen(facts, chosen) & (facts.mask == ENTITLEMENT)
    return CapPressure(len(np.unique(facts.child[capped])), int(capped.sum()))


@dataclass(frozen=True)
class NeedCount:
    """How a need fares: children who have it as essential, and what becomes of their wants."""

    need: str
    children: int
    met: int
    available: int
    unmet: int
    # Of the unmet, those whose nearest miss lacks it, and those that lack nothing else.
    lacking: int
    only: int


def need_counts(facts: MonthFacts, chosen: Chosen = None) -> list[NeedCount]:
    """Count the wants of children by their needs, in the order of the codes."""
    counted = _chosen(facts, chosen)
    of_child = facts.needs[facts.child]
    met = counted & (facts.outcome == MET)
    available = counted & (facts.outcome == AVAILABLE)
    unmet = counted & ~met & ~available
    only = unmet & (facts.mask != 0) & ((facts.mask & ~np.uint16(SUPPORT)) == 0)
    only &= np.bitwise_count(facts.lacking) == 1
    found = []
    for at, need in enumerate(NEED_CODES):
        has, lacks = (of_child >> at & 1).astype(np.bool_), (facts.lacking >> at & 1) != 0
        children = len(np.unique(facts.child[counted & has]))
        if children:
            found.append(
                NeedCount(
                    need,
                    children,
                    met=int((met & has).sum()),
                    available=int((available & has).sum()),
                    unmet=int((unmet & has).sum()),
                    lacking=int((unmet & lacks).sum()),
                    only=int((only & lacks).sum()),
                )
            )
    return found


@dataclass(frozen=True)
class SettingShare:
    """How inclusive what is there is: wants by the setting they are about, and what is on offer."""

    setting: str
    met: int
    available: int
    missed: int
    sessions: int
    places_left: int


def setting_shares(facts: MonthFacts, chosen: Chosen = None) -> list[SettingShare]:
    """Count wants and sessions by setting."""
    about = _chosen(facts, chosen) & (facts.session >= 0)
    setting = facts.sessions.setting[facts.session[about]]
    outcome = facts.outcome[about]
    sessions = facts.sessions
    shares = []
    for at, name in enumerate(SETTINGS):
        wants, here = outcome[setting == at], sessions.stands & (sessions.setting == at)
        shares.append(
            SettingShare(
                name,
                met=int((wants == MET).sum()),
                available=int((wants == AVAILABLE).sum()),
                missed=int((wants > AVAILABLE).sum()),
                sessions=int(here.sum()),
                places_left=int(np.maximum(sessions.places_left[here], 0).sum()),
            )
        )
    return shares


@dataclass(frozen=True)
class NearestMiss:
    """What would serve children at one session: the reasons to remove and the needs to meet."""

    session_id: UUID
    activity_id: UUID
    # 0 is Monday.
    weekday: int
    reasons: Sequence[str]
    needs: Sequence[str]
    children: int


def nearest_misses(facts: MonthFacts, chosen: Chosen = None, *, limit: int) -> list[NearestMiss]:
    """Group unmet wants by what would serve them, what serves most children first."""
    missed = _chosen(facts, chosen) & (facts.mask != 0)
    rows = np.stack(
        [
            facts.session[missed].astype(np.int64),
            facts.mask[missed].astype(np.int64),
            facts.lacking[missed],
            facts.child[missed].astype(np.int64),
        ],
        axis=1,
    )
    # A child whose two wants the same change would serve counts once.
    each = np.unique(rows, axis=0)
    kinds, children = np.unique(each[:, :3], axis=0, return_counts=True)
    order = np.argsort(-children, kind="stable")[:limit]
    sessions = facts.sessions
    return [
        NearestMiss(
            sessions.ids[number],
            sessions.activity_ids[number],
            int(sessions.weekday[number]),
            _names(mask, BLOCKING_REASONS),
            _names(lacking, NEED_CODES),
            count,
        )
        for (number, mask, lacking), count in zip(
            kinds[order].tolist(), children[order].tolist(), strict=True
        )
    ]


def _chosen(facts: MonthFacts, chosen: Chosen) -> NDArray[np.bool_]:
    return np.ones(len(facts.child), dtype=np.bool_) if chosen is None else chosen


def _names(mask: int, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for bit, name in enumerate(names) if mask >> bit & 1)
