"""The score: a sum of what each factor contributes, in [0, 1] by construction.

The base is as large as all penalties together, and base and gains add up to 1. So nothing is
ever clipped, and the contributions of a session add up to its score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Catalogue
from matching.codes import SETTINGS
from matching.eligibility import Eligibility
from matching.errors import InvalidProblem
from matching.interests.phrases import Phrase
from matching.offers import LIMITED
from matching.problem import Child, Holdings
from matching.scoring.distance import nearness
from matching.scoring.preferences import strengths, strongest, worst
from matching.scoring.timing import COMFORTABLE_S
from matching.support import Support


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each factor can give or take.

    Attributes
    ----------
    base : float
        What every session starts with; not less than both penalties together.
    interest, goal, distance, time, setting, friends, novelty : float
        The most each can give.
    ready, arrange : float
        What support gives when all is in place, and when something must be arranged.
    helpful_met : float
        The most that met helpful needs give.
    dislike, helpful_unmet : float
        The most that disliked things and unmet helpful needs take.
    """

    base: float = 0.20
    interest: float = 0.48
    goal: float = 0.05
    distance: float = 0.08
    time: float = 0.03
    ready: float = 0.05
    arrange: float = 0.02
    helpful_met: float = 0.03
    setting: float = 0.02
    friends: float = 0.04
    novelty: float = 0.02
    dislike: float = 0.15
    helpful_unmet: float = 0.05

    def __post_init__(self) -> None:
        gains = (self.base + self.interest + self.goal + self.distance + self.time + self.ready) + (
            self.helpful_met + self.setting + self.friends + self.novelty
        )
        if not 0 <= self.arrange <= self.ready:
            raise InvalidProblem("weights.arrange must be between 0 and weights.ready")
        if gains > 1 + 1e-9 or self.base < self.dislike + self.helpful_unmet - 1e-9:
            raise InvalidProblem("weights do not keep the score within 0 and 1")


DEFAULT_WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True)
class Scores:
    """Contributions of every factor to every session of a span.

    Attributes
    ----------
    weights : Weights
    of_activity : mapping of str to ndarray of shape (n_activities,), float64
        `interest` (what is liked), `dislike` (zero or less), `goal`, `distance`, `setting`,
        `novelty`.
    of_session : mapping of str to ndarray of shape (n,), float64
        `time`, `support` (essential needs), `helpful` (helpful needs), `friends`.
    total : ndarray of shape (n,), float64
        Their sum, blocked sessions included.
    liked, disliked : ndarray of shape (n_preferences, n_activities), float64
        How strongly each preference speaks to each activity.
    """

    weights: Weights
    of_activity: Mapping[str, NDArray[np.float64]]
    of_session: Mapping[str, NDArray[np.float64]]
    total: NDArray[np.float64]
    liked: NDArray[np.float64]
    disliked: NDArray[np.float64]


def spoken_phrases(catalogue: Catalogue, child: Child, eligibility: Eligibility) -> list[Phrase]:
    """List the phrases that `score` compares with the activities.

    Parameters
    ----------
    catalogue : Catalogue
    child : Child
    eligibility : Eligibility

    Returns
    -------
    list of Phrase
        Liked ones, disliked ones, then goals.
    """
    goals = [phrase for goal in child.goals for phrase in catalogue.vocabulary.encode(goal)]
    sides = eligibility.preferences.liked + eligibility.preferences.disliked
    return [one.phrase for one in sides] + [phrase for phrase in goals if phrase.liked]


def score(
    catalogue: Catalogue,
    child: Child,
    holdings: Holdings,
    eligibility: Eligibility,
    weights: Weights = DEFAULT_WEIGHTS,
    similarity: NDArray[np.float64] | None = None,
) -> Scores:
    """Score one child against the sessions of a span.

    Parameters
    ----------
    catalogue : Catalogue
    child : Child
    holdings : Holdings
    eligibility : Eligibility
        What `eligible` gave for the same child and span.
    weights : Weights
    similarity : ndarray of shape (n_phrases, n_activities), float64, or None
        Of `spoken_phrases`, if it is known already; None: looked up in the interest index.

    Returns
    -------
    Scores

    Notes
    -----
    What depends on the activity alone is added up once per activity and then gathered; the order
    of addition is fixed, so equal pairs have equal scores whatever else is scored.
    """
    if similarity is None:
        spoken = spoken_phrases(catalogue, child, eligibility)
        similarity = catalogue.interests.similarity(spoken)
    preferences = eligibility.preferences
    n_liked, n_disliked = len(preferences.liked), len(preferences.disliked)
    liked = strengths(preferences.liked, similarity[:n_liked])
    disliked = strengths(preferences.disliked, similarity[n_liked : n_liked + n_disliked])
    goals = similarity[n_liked + n_disliked :]
    of_activity = {
        "interest": weights.interest * strongest(liked),
        "dislike": -weights.dislike * worst(disliked),
        "goal": weights.goal * goals.max(axis=0, initial=0.0),
        "distance": weights.distance * nearness(eligibility.distance_km, child.max_km),
        "setting": weights.setting * _setting_fit(catalogue.activities.setting, child.settings),
        "novelty": weights.novelty * _novelty(catalogue, holdings.visits),
    }
    span = eligibility.span
    of_session = {
        "time": weights.time * _time_fit(eligibility),
        "support": np.array([weights.ready, weights.arrange, 0.0])[eligibility.support.state],
        "helpful": _helpful(eligibility.support, weights),
        "friends": weights.friends * _company(catalogue, holdings.friends, span),
    }
    by_activity = weights.base + sum(of_activity.values())
    total = by_activity[catalogue.sessions.activity[span]]
    for part in of_session.values():
        total += part
    return Scores(weights, of_activity, of_session, total, liked, disliked)


def _setting_fit(setting: NDArray[np.uint8], preferred: tuple[str, ...]) -> NDArray[np.float64]:
    """1 for a setting the family prefers, one half for any if it has no preference."""
    if not preferred:
        return np.full(len(setting), 0.5)
    fits = np.array([1.0 if name in preferred else 0.0 for name in SETTINGS])
    return fits[setting]


def _novelty(catalogue: Catalogue, visits: Mapping[UUID, int]) -> NDArray[np.float64]:
    """1 for an activity never visited, then falling with every visit."""
    novelty = np.ones(len(catalogue.activities.ids))
    for activity_id, count in visits.items():
        if activity_id in catalogue.activity_index:
            novelty[catalogue.activity_index[activity_id]] = 1.0 / (1 + max(count, 0))
    return novelty


def _time_fit(eligibility: Eligibility) -> NDArray[np.float64]:
    """1 with time to spare, one half if just in time or if any time suits, 0 outside."""
    slack = eligibility.slack_s
    if slack is None:
        return np.full(len(eligibility.mask), 0.5)
    return 0.5 * (slack >= 0) + 0.5 * (slack >= COMFORTABLE_S)


def _helpful(support: Support, weights: Weights) -> NDArray[np.float64]:
    total = np.zeros(len(support.state))
    if support.helpful:
        met = np.zeros(len(support.state))
        for answer in support.helpful.values():
            met += answer.how <= LIMITED
        share = met / len(support.helpful)
        total += weights.helpful_met * share - weights.helpful_unmet * (1 - share)
    return total


def _company(catalogue: Catalogue, friends: Mapping[UUID, int], span: slice) -> NDArray[np.float64]:
    """Half of what is left for every friend who holds a place."""
    company = np.zeros(span.stop - span.start)
    for session_id, count in friends.items():
        at = catalogue.session_index.get(session_id, -1)
        if span.start <= at < span.stop:
            company[at - span.start] = 1.0 - 0.5 ** max(count, 0)
    return company
