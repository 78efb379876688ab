"""How well probabilities foretell outcomes: loss, order, and whether four in five means that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CURVE_POINTS: Final = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """How well probabilities foretold outcomes.

    Attributes
    ----------
    log_loss : float
        In nats an outcome; smaller is better.
    auc : float
        Share of pairs of a good and a bad outcome of which the good one was put higher.
    """

    log_loss: float
    auc: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One group of held-back bookings with probabilities near each other.

    Attributes
    ----------
    predicted, observed : float
        Mean probability, and share that was attended and liked.
    n_bookings : int
    """

    predicted: float
    observed: float
    n_bookings: int


def log_losses(predicted: NDArray[np.float64], good: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the log loss of each booking.

    Parameters
    ----------
    predicted : ndarray of shape (n,), float64
        Probabilities.
    good : ndarray of shape (n,), float64
        To what degree the outcome was good, from 0 to 1.

    Returns
    -------
    ndarray of shape (n,), float64
        In nats; no outcome costs more than a certain one could.
    """
    sure = np.clip(predicted, 1e-9, 1 - 1e-9)
    return -(good * np.log(sure) + (1 - good) * np.log(1 - sure))


def measure_quality(
    predicted: NDArray[np.float64], good: NDArray[np.float64], known: NDArray[np.bool_]
) -> Quality:
    """Measure probabilities by outcomes.

    Parameters
    ----------
    predicted, good : ndarray of shape (n,), float64
    known : ndarray of shape (n,), bool
        Whose outcome is known: those alone are put in order. Both kinds are among them.

    Returns
    -------
    Quality
    """
    # Not at the top: a service that never learns need not load it.
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    auc = float(roc_auc_score(good[known], predicted[known]))
    return Quality(float(log_losses(predicted, good).mean()), auc)


def calibration_curve(
    predicted: NDArray[np.float64], good: NDArray[np.float64]
) -> tuple[CurvePoint, ...]:
    """Gather bookings of like probability, as many in each point.

    Parameters
    ----------
    predicted, good : ndarray of shape (n,), float64

    Returns
    -------
    tuple of CurvePoint
        Lowest first; ten, or one a booking if there are fewer.
    """
    groups = np.array_split(np.argsort(predicted, kind="stable"), CURVE_POINTS)
    return tuple(
        CurvePoint(float(predicted[group].mean()), float(good[group].mean()), len(group))
        for group in groups
        if len(group)
    )


def calibration_error(curve: tuple[CurvePoint, ...]) -> float:
    """Measure how far what was foretold is from what came: the expected calibration error.

    Parameters
    ----------
    curve : tuple of CurvePoint
        Not empty.

    Returns
    -------
    float
        Mean distance of the points from the diagonal, weighted by bookings.

    Notes
    -----
    Chance alone gives some: 0.07 with 25 bookings a point, 0.035 with 100.
    """
    distance = sum(abs(point.predicted - point.observed) * point.n_bookings for point in curve)
    return distance / sum(point.n_bookings for point in curve)
