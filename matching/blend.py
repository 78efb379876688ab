"""The score: a sum of what each factor contributes, in [0, 1] by construction.

With weights set by hand, the base is as large as all penalties together, and base and gains add
up to 1. So nothing is ever clipped, and the contributions of a session add up to its score.

Learned weights add up to log-odds, and the score is their probability. The way from the base's
probability to the score's is shared out in proportion to what each factor adds to the log-odds;
that is the Aumann-Shapley attribution, because the log-odds are a sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Catalogue
from matching.codes import SETTINGS
from matching.eligibility import Eligibility
from matching.interests.phrases import Phrase
from matching.offers import LIMITED
from matching.problem import Child, Holdings
from matching.scoring.distance import nearness
from matching.scoring.preferences import strengths, strongest, worst
from matching.scoring.timing import COMFORTABLE_S
from matching.support import Support
from matching.weights import DEFAULT_WEIGHTS, MEASURES, AnyWeights, LearnedWeights


@dataclass(frozen=True, slots=True)
class Measured:
    """What the weights are multiplied with, each between 0 and 1.

    Attributes
    ----------
    of_activity : mapping of str to ndarray of shape (n_activities,), float64
        `interest`, `dislike`, `goal`, `distance`, `setting`, `novelty`.
    time, friends : ndarray of shape (n,), float64
    helpful : ndarray of shape (n,), float64, or None
        Share of the helpful needs that are met; None if there are none.
    liked, disliked : ndarray of shape (n_preferences, n_activities), float64
        How strongly each preference speaks to each activity.
    """

    of_activity: Mapping[str, NDArray[np.float64]]
    time: NDArray[np.float64]
    friends: NDArray[np.float64]
    helpful: NDArray[np.float64] | None
    liked: NDArray[np.float64]
    disliked: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Contributions of every factor to every session of a span.

    Attributes
    ----------
    weights : Weights or LearnedWeights
    measured : Measured
    base : float
        What every session starts with, in score space.
    of_activity : mapping of str to ndarray of shape (n_activities,), float64
        `interest` (what is liked), `dislike` (zero or less), `goal`, `distance`, `setting`,
        `novelty`.
    of_session : mapping of str to ndarray of shape (n,), float64
        `time`, `support` (essential needs), `helpful` (helpful needs), `friends`.
    slope : ndarray of shape (n,), float64, or None
        What turns them into contributions in score space; None: they are.
    total : ndarray of shape (n,), float64
        Base and contributions added up, blocked sessions included.
    """

    weights: AnyWeights
    measured: Measured
    base: float
    of_activity: Mapping[str, NDArray[np.float64]]
    of_session: Mapping[str, NDArray[np.float64]]
    slope: NDArray[np.float64] | None
    total: NDArray[np.float64]

    def contributions(
        self, part: str, activities: NDArray[np.int32], at: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Give what one part contributes to some sessions, in score space.

        Parameters
        ----------
        part : str
            A key of `of_activity` or of `of_session`.
        activities : ndarray of shape (m,), int32
            Positions of the sessions' activities.
        at : ndarray of shape (m,), intp
            Positions within the span.

        Returns
        -------
        ndarray of shape (m,), float64
        """
        values = self.of_activity.get(part)
        amounts = values[activities] if values is not None else self.of_session[part][at]
        return amounts if self.slope is None else amounts * self.slope[at]


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
    weights: AnyWeights = DEFAULT_WEIGHTS,
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
    weights : Weights or LearnedWeights
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
    measured = _measure(catalogue, child, holdings, eligibility, similarity)
    part = measured.of_activity
    of_activity = {
        "interest": weights.interest * part["interest"],
        "dislike": -weights.dislike * part["dislike"],
        "goal": weights.goal * part["goal"],
        "distance": weights.distance * part["distance"],
        "setting": weights.setting * part["setting"],
        "novelty": weights.novelty * part["novelty"],
    }
    of_session = {
        "time": weights.time * measured.time,
        "support": np.array([weights.ready, weights.arrange, 0.0])[eligibility.support.state],
        "helpful": _helpful(measured, weights),
        "friends": weights.friends * measured.friends,
    }
    start = weights.intercept if isinstance(weights, LearnedWeights) else weights.base
    by_activity: NDArray[np.float64] = np.add(start, sum(of_activity.values()))
    total = by_activity[catalogue.sessions.activity[eligibility.span]]
    for amount in of_session.values():
        total += amount
    if not isinstance(weights, LearnedWeights):
        return Scores(weights, measured, start, of_activity, of_session, None, total)
    base = float(probability(np.array([start]))[0])
    score = probability(total)
    slope = _slope(total - start, score - base, at_start=base * (1 - base))
    return Scores(weights, measured, base, of_activity, of_session, slope, score)


def probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn log-odds into probabilities.

    Parameters
    ----------
    log_odds : ndarray of float64

    Returns
    -------
    ndarray of float64

    Notes
    -----
    By the hyperbolic tangent, which overflows nowhere.
    """
    return 0.5 + 0.5 * np.tanh(0.5 * log_odds)


def measures_at(
    catalogue: Catalogue, eligibility: Eligibility, scores: Scores, at: int
) -> dict[str, float]:
    """Give what was measured of one session.

    Parameters
    ----------
    catalogue : Catalogue
    eligibility : Eligibility
    scores : Scores
    at : int
        Position within the span.

    Returns
    -------
    dict of str to float
        By the names of `MEASURES`, each between 0 and 1.
    """
    activity = int(catalogue.sessions.activity[eligibility.span.start + at])
    measured, state = scores.measured, int(eligibility.support.state[at])
    helpful = measured.helpful
    of_session = {
        "time": float(measured.time[at]),
        "friends": float(measured.friends[at]),
        "ready": float(state == 0),
        "arrange": float(state == 1),
        "helpful_met": 0.0 if helpful is None else float(helpful[at]),
        "helpful_unmet": 0.0 if helpful is None else 1.0 - float(helpful[at]),
    }
    of_activity = {name: float(of[activity]) for name, of in measured.of_activity.items()}
    every = of_session | of_activity
    return {name: every[name] for name in MEASURES}


def _measure(
    catalogue: Catalogue,
    child: Child,
    holdings: Holdings,
    eligibility: Eligibility,
    similarity: NDArray[np.float64] | None,
) -> Measured:
    if similarity is None:
        spoken = spoken_phrases(catalogue, child, eligibility)
        similarity = catalogue.interests.recall(spoken)
    preferences = eligibility.preferences
    n_liked, n_disliked = len(preferences.liked), len(preferences.disliked)
    liked = strengths(preferences.liked, similarity[:n_liked])
    disliked = strengths(preferences.disliked, similarity[n_liked : n_liked + n_disliked])
    goals = similarity[n_liked + n_disliked :]
    return Measured(
        of_activity={
            "interest": strongest(liked),
            "dislike": worst(disliked),
            "goal": goals.max(axis=0, initial=0.0),
            "distance": nearness(eligibility.distance_km, child.max_km),
            "setting": _setting_fit(catalogue.activities.setting, child.settings),
            "novelty": _novelty(catalogue, holdings.visits),
        },
        time=_time_fit(eligibility),
        friends=_company(catalogue, holdings.friends, eligibility.span),
        helpful=_share_met(eligibility.support),
        liked=liked,
        disliked=disliked,
    )


def _slope(
    way: NDArray[np.float64], gain: NDArray[np.float64], *, at_start: float
) -> NDArray[np.float64]:
    """Divide what the score gains by the log-odds it took; by the curve's slope where none."""
    slope = np.full(len(way), at_start)
    # Nearer than this the curve is straight, and a quotient of rounding errors is not.
    np.divide(gain, way, out=slope, where=np.abs(way) > 1e-7)
    return slope


def _setting_fit(setting: NDArray[np.uint8], preferred: tuple[str, ...]) -> NDArray[np.float64]:
    """1 for a setting the family prefers, one half for each rung of the ladder less beside it.

    One half for any if it has no preference.
    """
    if not preferred:
        return np.full(len(setting), 0.5)
    rungs = [SETTINGS.index(name) for name in preferred]
    fits = np.array(
        [1 - 0.5 * min(abs(at - rung) for rung in rungs) for at in range(len(SETTINGS))]
    )
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


def _share_met(support: Support) -> NDArray[np.float64] | None:
    if not support.helpful:
        return None
    met = np.zeros(len(support.state))
    for answer in support.helpful.values():
        met += answer.how <= LIMITED
    return met / len(support.helpful)


def _helpful(measured: Measured, weights: AnyWeights) -> NDArray[np.float64]:
    share = measured.helpful
    if share is None:
        return np.zeros(len(measured.time))
    return weights.helpful_met * share - weights.helpful_unmet * (1 - share)


def _company(catalogue: Catalogue, friends: Mapping[UUID, int], span: slice) -> NDArray[np.float64]:
    """Half of what is left for every friend who holds a place."""
    company = np.zeros(span.stop - span.start)
    for session_id, count in friends.items():
        at = catalogue.session_index.get(session_id, -1)
        if span.start <= at < span.stop:
            company[at - span.start] = 1.0 - 0.5 ** max(count, 0)
    return company
