"""Weights learned from what became of past bookings, and how good they are.

The model is a logistic regression whose prior is the default: each weight is pulled towards its
default one, brought to log-odds by one slope. So little evidence changes little, and a factor
that no booking has shown keeps its place. Weights that give stay at or above zero, and so do
those that take: no amount of noise makes a nearer session a worse one. Novelty alone is free.

Weights that are in use are judged along with new ones, by the same later bookings. Into use comes
only what is better beyond chance; out of use goes what is no longer ahead. Between the two lies
what chance alone can turn about, so that an authority's weights do not change every week.

Only `MEASURES` are looked at. They say how well a session fits, support included; who the child
is (age, gender, diagnosis, name) is none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.blend import probability
from matching.calibration import (
    CurvePoint,
    Quality,
    calibration_curve,
    calibration_error,
    log_losses,
    measure_quality,
)
from matching.errors import InvalidProblem
from matching.weights import DEFAULT_WEIGHTS, EITHER_WAY, MEASURES, TAKING, LearnedWeights

# Too little evidence fits anything: so many outcomes in all, and of each kind.
LEAST_OUTCOMES: Final = 200
LEAST_OF_EACH_KIND: Final = 40
HELD_BACK: Final = 0.25
# Of each kind, to judge what is in use by.
LEAST_TO_JUDGE: Final = 10
# How strongly weights are pulled towards the default; chosen within the earlier bookings.
PULLS: Final = (30.0, 10.0, 3.0, 1.0, 0.3)
INNER_SPLITS: Final = 3
# How strongly the unrated are taken for all alike.
PULL_OF_LIKING: Final = 1.0
# A gain on held-back bookings that chance alone would give in one of a hundred times: an
# authority learns again and again.
SURE: Final = 2.326

# Of a booked session the support is ready or to be arranged, so one of the two says it all.
_LEARNED: Final = tuple(name for name in MEASURES if name != "arrange")


@dataclass(frozen=True, slots=True)
class InUse:
    """Weights that were in use as new ones were learned, judged by bookings they never saw.

    Attributes
    ----------
    still_better : bool
        False if on these bookings the log loss is not smaller, or the AUC not larger, than the
        default's.
    n_held_back : int
    held_back_from_us : int
        When the first of them started, in microseconds of UTC.
    quality, default_quality : Quality
    calibration_error : float
    """

    still_better: bool
    n_held_back: int
    held_back_from_us: int
    quality: Quality
    default_quality: Quality
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Learning:
    """What was learned, and whether it is better than the default.

    Attributes
    ----------
    verdict : str
        `better`, `not_better` or `not_enough_evidence`.
    n_outcomes, n_liked, n_unrated : int
        Bookings with a known outcome, those attended and liked, and those attended of which
        nobody said anything.
    n_training, n_held_back : int
        Bookings learned from, and the later ones kept to judge by; 0 without enough evidence.
    first_us, held_back_from_us, last_us : int or None
        When the first booking, the first of those kept back and the last one started, in
        microseconds of UTC; None without enough evidence.
    weights : LearnedWeights or None
        None without enough evidence.
    quality, default_quality : Quality or None
        On what was held back; the default's after a map of its score to probabilities.
    curve : tuple of CurvePoint
        Calibration on what was held back, lowest first.
    calibration_error : float or None
        Mean distance of the curve's points from the diagonal, weighted by bookings.
    in_use : InUse or None
        None if nothing was in use, or too few bookings are left to judge it by.
    """

    verdict: str
    n_outcomes: int
    n_liked: int
    n_unrated: int
    n_training: int = 0
    n_held_back: int = 0
    first_us: int | None = None
    held_back_from_us: int | None = None
    last_us: int | None = None
    weights: LearnedWeights | None = None
    quality: Quality | None = None
    default_quality: Quality | None = None
    curve: tuple[CurvePoint, ...] = ()
    calibration_error: float | None = None
    in_use: InUse | None = None


def learn(
    measures: NDArray[np.float64],
    attended: NDArray[np.bool_],
    liked: NDArray[np.float64],
    starts_us: NDArray[np.int64],
    *,
    in_use: LearnedWeights | None = None,
    in_use_saw_until_us: int = 0,
) -> Learning:
    """Learn weights from past bookings, and judge them by the latest ones.

    Parameters
    ----------
    measures : ndarray of shape (n, n_measures), float64
        As they were when each was booked, in the order of `MEASURES`.
    attended : ndarray of shape (n,), bool
    liked : ndarray of shape (n,), float64
        1 liked, 0 not, NaN if nobody said; of no account where not attended.
    starts_us : ndarray of shape (n,), int64
        When the sessions started, in microseconds of UTC.
    in_use : LearnedWeights or None
        To be judged as well.
    in_use_saw_until_us : int
        What started earlier was there to be learned from, and does not judge it.

    Returns
    -------
    Learning

    Raises
    ------
    InvalidProblem
        If the shapes do not belong together, or a measure is not between 0 and 1.

    Notes
    -----
    Learned from the earlier three quarters and judged by the later one. What is told of is what
    was judged: it is not fitted again to everything afterwards. Better means that the log loss
    is smaller, beyond chance, and the AUC larger than the default's.

    A booking that was attended and not rated is weak evidence: it counts as liked to the degree
    in which rated ones like it among the earlier bookings were. To leave it out would make
    children seem to stay away more often than they do, because who stays away is always known;
    one degree for all of them would make every factor seem to count for less than it does.

    Nothing is random, and the order of the rows changes nothing. O(n) time.
    """
    n = len(measures)
    if measures.shape != (n, len(MEASURES)) or {attended.shape, liked.shape, starts_us.shape} != {
        (n,)
    }:
        raise InvalidProblem("measures, outcomes and starts must belong together")
    if not np.all((measures >= 0) & (measures <= 1)):
        raise InvalidProblem("measures must be between 0 and 1")
    outcome = np.where(attended, liked, 0.0)
    order = np.lexsort((*measures.T, attended, outcome, starts_us))
    measures, outcome, starts_us = measures[order], outcome[order], starts_us[order]
    attended, known = attended[order], ~np.isnan(outcome)
    n_outcomes, n_liked = int(known.sum()), int((outcome == 1).sum())
    scant = Learning("not_enough_evidence", n_outcomes, n_liked, n_unrated=n - n_outcomes)
    if n_outcomes < LEAST_OUTCOMES or min(n_liked, n_outcomes - n_liked) < LEAST_OF_EACH_KIND:
        return scant
    # Whole instants: nothing that is learned from starts with or after what judges it.
    boundary = starts_us[int(n * (1 - HELD_BACK))]
    earlier = starts_us < boundary
    if not (_both_kinds(outcome[earlier]) and _both_kinds(outcome[~earlier])):
        return scant
    x = measures[:, [MEASURES.index(name) for name in _LEARNED]] * _SIGNS
    good = np.where(known, outcome, 0.0)
    rated = earlier & attended & known
    if rated.any():
        offset, liking = _fit(x[rated], good[rated], np.zeros(len(_LEARNED)), PULL_OF_LIKING)
        good[~known] = probability(x[~known] @ liking + offset)
    default_score = measures @ _DEFAULT + DEFAULT_WEIGHTS.base

    slope, offset = _map_default(default_score[earlier], good[earlier])
    prior = slope * _DEFAULT_LEARNED
    pull = _choose_pull(x[earlier], good[earlier], prior)
    intercept, fitted = _fit(x[earlier], good[earlier], prior, pull)

    later = ~earlier
    predicted = probability(x[later] @ fitted + intercept)
    by_default = probability(default_score[later] * slope + offset)
    quality = measure_quality(predicted, good[later], known[later])
    default_quality = measure_quality(by_default, good[later], known[later])
    gain = log_losses(by_default, good[later]) - log_losses(predicted, good[later])
    beyond_chance = gain.mean() > SURE * gain.std(ddof=1) / np.sqrt(len(gain))
    curve = calibration_curve(predicted, good[later])
    judged = None
    if in_use is not None:
        unseen = later & (starts_us >= in_use_saw_until_us)
        judged = _judge_in_use(
            in_use,
            x[unseen],
            by_default[unseen[later]],
            good[unseen],
            known[unseen],
            starts_us[unseen],
        )
    return Learning(
        verdict="better" if beyond_chance and quality.auc > default_quality.auc else "not_better",
        n_outcomes=n_outcomes,
        n_liked=n_liked,
        n_unrated=n - n_outcomes,
        n_training=int(earlier.sum()),
        n_held_back=int(later.sum()),
        first_us=int(starts_us[0]),
        held_back_from_us=int(boundary),
        last_us=int(starts_us[-1]),
        weights=LearnedWeights(
            intercept=intercept,
            **{name: float(value) for name, value in zip(_LEARNED, fitted, strict=True)},
        ),
        quality=quality,
        default_quality=default_quality,
        curve=curve,
        calibration_error=calibration_error(curve),
        in_use=judged,
    )


def _judge_in_use(
    weights: LearnedWeights,
    x: NDArray[np.float64],
    by_default: NDArray[np.float64],
    good: NDArray[np.float64],
    known: NDArray[np.bool_],
    starts_us: NDArray[np.int64],
) -> InUse | None:
    n_liked = int((good[known] == 1).sum())
    if min(n_liked, int(known.sum()) - n_liked) < LEAST_TO_JUDGE:
        return None
    values = np.array([getattr(weights, name) for name in _LEARNED])
    predicted = probability(x @ values + weights.intercept)
    quality = measure_quality(predicted, good, known)
    default_quality = measure_quality(by_default, good, known)
    return InUse(
        still_better=quality.log_loss < default_quality.log_loss
        and quality.auc > default_quality.auc,
        n_held_back=len(good),
        held_back_from_us=int(starts_us[0]),
        quality=quality,
        default_quality=default_quality,
        calibration_error=calibration_error(calibration_curve(predicted, good)),
    )


def _sign(name: str) -> float:
    return -1.0 if name in TAKING else 1.0


# With these signs before the measures, every weight is one that gives.
_SIGNS: Final = np.array([_sign(name) for name in _LEARNED])
_DEFAULT: Final = np.array([_sign(name) * getattr(DEFAULT_WEIGHTS, name) for name in MEASURES])
_DEFAULT_LEARNED: Final = np.array(
    [
        # Readiness is told apart from what must be arranged, so its weight is the difference.
        getattr(DEFAULT_WEIGHTS, name) - (DEFAULT_WEIGHTS.arrange if name == "ready" else 0.0)
        for name in _LEARNED
    ]
)


def _both_kinds(outcome: NDArray[np.float64]) -> bool:
    return bool((outcome == 0).any() and (outcome == 1).any())


def _map_default(score: NDArray[np.float64], good: NDArray[np.float64]) -> tuple[float, float]:
    """Fit slope and offset that turn the default's score into log-odds (Platt)."""
    # Not at the top: a service that never learns need not load it.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    # A degree of being liked is as much of a good outcome, and the rest of a bad one.
    kinds, shares = np.repeat([1, 0], len(good)), np.concatenate([good, 1 - good])
    model = LogisticRegression(C=1e6, tol=1e-8, max_iter=1000)
    model.fit(np.tile(score, 2).reshape(-1, 1), kinds, sample_weight=shares)
    if model.coef_[0, 0] > 0:
        return float(model.coef_[0, 0]), float(model.intercept_[0])
    # A default that puts the worse ones first tells nothing but how often it goes well.
    return 0.0, float(np.log(good.mean() / (1 - good.mean())))


def _choose_pull(
    x: NDArray[np.float64], good: NDArray[np.float64], prior: NDArray[np.float64]
) -> float:
    """Choose how strongly to pull towards the default: fit the past, judge by what came next."""
    from sklearn.model_selection import TimeSeriesSplit  # noqa: PLC0415

    losses = dict.fromkeys(PULLS, 0.0)
    for before, after in TimeSeriesSplit(INNER_SPLITS).split(x):
        for pull in PULLS:
            intercept, weights = _fit(x[before], good[before], prior, pull)
            predicted = probability(x[after] @ weights + intercept)
            losses[pull] += float(log_losses(predicted, good[after]).mean())
    # Of equal ones the strongest, which stands first.
    return min(PULLS, key=lambda pull: losses[pull])


def _fit(
    x: NDArray[np.float64], good: NDArray[np.float64], prior: NDArray[np.float64], pull: float
) -> tuple[float, NDArray[np.float64]]:
    """Fit intercept and weights within their bounds; the problem is convex, so it has one answer.

    scikit-learn's own logistic regression knows neither bounds nor a prior that is not zero.
    """
    from scipy.optimize import minimize  # noqa: PLC0415

    def cost(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_odds = x @ values[1:] + values[0]
        away = values[1:] - prior
        loss = np.logaddexp(0.0, log_odds).sum() - good @ log_odds + pull / 2 * away @ away
        residual = probability(log_odds) - good
        return float(loss), np.concatenate([[residual.sum()], residual @ x + pull * away])

    bounds = [(None, None) if name in EITHER_WAY else (0.0, None) for name in _LEARNED]
    found = minimize(
        cost,
        np.concatenate([[0.0], prior]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *bounds],
        options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 1000},
    )
    return float(found.x[0]), found.x[1:]
