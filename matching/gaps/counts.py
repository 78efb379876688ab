"""What gap facts add up to: pressure on places, the monthly rule, needs, settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Catalogue
from matching.codes import NEED_CODES, REASON_BIT, SETTINGS
from matching.gaps.facts import AVAILABLE, MET, OUTCOMES, GapFacts
from matching.problem import Live

_ENTITLEMENT = REASON_BIT["entitlement"]


@dataclass(frozen=True, slots=True)
class Pressure:
    """Children who could go, beside the places left for them.

    Attributes
    ----------
    session_children, session_places : ndarray of shape (n_sessions,), int64
        By index of the span: children who want it, have not met that want and could go but for a
        lack of places; places left, 0 or more.
    concept_children, concept_places : ndarray of shape (n_concepts,), int64
        By `GapFacts.concepts`: children with the want unmet who could go to any session that
        serves it; places left in all sessions that serve it.
    """

    session_children: NDArray[np.int64]
    session_places: NDArray[np.int64]
    concept_children: NDArray[np.int64]
    concept_places: NDArray[np.int64]


def pressure(catalogue: Catalogue, live: Live, facts: GapFacts, *, span: slice) -> Pressure:
    """Count the children who could go for each place left.

    Parameters
    ----------
    catalogue : Catalogue
    live : Live
    facts : GapFacts
        Of the same catalogue and span.
    span : slice

    Returns
    -------
    Pressure
    """
    count = span.stop - span.start
    places = np.maximum(live.places_left[span], 0).astype(np.int64)
    pressing = (facts.could_go > 0) & (facts.concept >= 0)
    activity = catalogue.sessions.activity[span]
    serving = [places[catalogue.interests.carrying([one])[activity]] for one in facts.concepts]
    return Pressure(
        session_children=np.bincount(facts.going_session - span.start, minlength=count),
        session_places=places,
        concept_children=np.bincount(facts.concept[pressing], minlength=len(facts.concepts)),
        concept_places=np.array([one.sum() for one in serving], dtype=np.int64),
    )


@dataclass(frozen=True, slots=True)
class CapPressure:
    """What only the entitlement of the month or the year refuses.

    Attributes
    ----------
    children : int
        With at least one such want.
    wants : int
    by_concept : ndarray of shape (n_concepts,), int64
        Children, by `GapFacts.concepts`.
    """

    children: int
    wants: int
    by_concept: NDArray[np.int64]


def cap_pressure(facts: GapFacts) -> CapPressure:
    """Count what only the entitlement refuses.

    Parameters
    ----------
    facts : GapFacts

    Returns
    -------
    CapPressure
    """
    capped = facts.mask == _ENTITLEMENT
    named = facts.concept[capped & (facts.concept >= 0)]
    return CapPressure(
        children=len(np.unique(facts.child[capped])),
        wants=int(capped.sum()),
        by_concept=np.bincount(named, minlength=len(facts.concepts)),
    )


@dataclass(frozen=True, slots=True)
class NeedCounts:
    """How the needs of children fare, each array by the columns of `NEED_CODES`.

    Attributes
    ----------
    children : ndarray of int64
        To whom the need is essential.
    met, available, unmet : ndarray of int64
        Their wants, by what has become of them.
    lacking : ndarray of int64
        Their wants whose nearest miss lacks the need.
    only : ndarray of int64
        Of these, the wants that lack nothing but this need: meeting it would serve them.
    """

    children: NDArray[np.int64]
    met: NDArray[np.int64]
    available: NDArray[np.int64]
    unmet: NDArray[np.int64]
    lacking: NDArray[np.int64]
    only: NDArray[np.int64]


def count_needs(facts: GapFacts, essential: NDArray[np.int64]) -> NeedCounts:
    """Count the wants of children with each need.

    Parameters
    ----------
    facts : GapFacts
    essential : ndarray of shape (n_children,), int64
        As `essential_masks` gives them, in the order of the facts' children.

    Returns
    -------
    NeedCounts
    """
    of_child = essential[facts.child]
    met, available = facts.outcome == MET, facts.outcome == AVAILABLE
    # A need that is only late has another bit; with no reason beside them, one need opens it.
    support = REASON_BIT["need"] | REASON_BIT["lead_time"]
    alone = (facts.mask != 0) & ((facts.mask & ~np.uint16(support)) == 0)
    return NeedCounts(
        children=_by_need(essential),
        met=_by_need(of_child[met]),
        available=_by_need(of_child[available]),
        unmet=_by_need(of_child[~met & ~available]),
        lacking=_by_need(facts.needs),
        only=_by_need(facts.needs[alone & (np.bitwise_count(facts.needs) == 1)]),
    )


def _by_need(masks: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = [int((masks >> need & 1).sum()) for need in range(len(NEED_CODES))]
    return np.array(counts, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class SettingShares:
    """How wants are met by how inclusive a setting is, by the positions of `SETTINGS`.

    Attributes
    ----------
    met, available, missed : ndarray of int64
        Wants, by the setting of the session they are about.
    sessions, places_left : ndarray of int64
        On offer in the span, cancelled ones left out.
    """

    met: NDArray[np.int64]
    available: NDArray[np.int64]
    missed: NDArray[np.int64]
    sessions: NDArray[np.int64]
    places_left: NDArray[np.int64]


def setting_shares(
    catalogue: Catalogue, live: Live, facts: GapFacts, *, span: slice
) -> SettingShares:
    """Count wants and sessions by setting.

    Parameters
    ----------
    catalogue : Catalogue
    live : Live
    facts : GapFacts
        Of the same catalogue and span.
    span : slice

    Returns
    -------
    SettingShares
    """
    setting = catalogue.activities.setting[catalogue.sessions.activity]
    about = facts.session >= 0
    of_fact = np.where(about, setting[facts.session], len(SETTINGS)) if setting.size else None

    def wants(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        if of_fact is None:
            return np.zeros(len(SETTINGS), dtype=np.int64)
        return np.bincount(of_fact[mask & about], minlength=len(SETTINGS))

    takes_place = ~catalogue.sessions.cancelled[span]
    of_session = setting[span][takes_place]
    places = np.maximum(live.places_left[span], 0)[takes_place]
    return SettingShares(
        met=wants(facts.outcome == MET),
        available=wants(facts.outcome == AVAILABLE),
        missed=wants(facts.mask != 0),
        sessions=np.bincount(of_session, minlength=len(SETTINGS)),
        places_left=np.bincount(of_session, weights=places, minlength=len(SETTINGS)).astype(
            np.int64
        ),
    )


def outcome_counts(facts: GapFacts) -> dict[str, int]:
    """Count wants by what has become of them.

    Parameters
    ----------
    facts : GapFacts

    Returns
    -------
    dict of str to int
        In the order of `OUTCOMES`, without those that became of none.
    """
    counts = np.bincount(facts.outcome, minlength=len(OUTCOMES)).tolist()
    return {name: count for name, count in zip(OUTCOMES, counts, strict=True) if count}
