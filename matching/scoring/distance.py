"""How far it is, and how much of the family's reach that takes."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Activities
from matching.problem import Child

EARTH_RADIUS_KM: Final = 6371.0088
# The reach that is assumed for scoring alone when a family names none.
USUAL_REACH_KM: Final = 30.0


def distances_km(activities: Activities, child: Child) -> NDArray[np.float64]:
    """Give the great-circle distance from a child's home to each venue.

    Parameters
    ----------
    activities : Activities
    child : Child

    Returns
    -------
    ndarray of shape (n_activities,), float64
        Kilometres; NaN when home or venue is unknown.

    Notes
    -----
    Haversine formula on a sphere of the earth's mean radius.
    """
    if child.latitude is None or child.longitude is None:
        return np.full(len(activities.ids), np.nan)
    latitude, longitude = math.radians(child.latitude), math.radians(child.longitude)
    half = (
        np.sin((activities.latitude - latitude) / 2) ** 2
        + math.cos(latitude)
        * np.cos(activities.latitude)
        * np.sin((activities.longitude - longitude) / 2) ** 2
    )
    # Rounding can lift the sine of a point's antipode above 1.
    distances: NDArray[np.float64] = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1)))
    return distances


def nearness(distance_km: NDArray[np.float64], max_km: float | None) -> NDArray[np.float64]:
    """Give what is left of the family's reach.

    Parameters
    ----------
    distance_km : ndarray of float64
    max_km : float or None

    Returns
    -------
    ndarray of float64
        1 next door, 0 at the limit and beyond it, 0 where the distance is unknown.
    """
    reach = USUAL_REACH_KM if max_km is None else max_km
    # A family that travels nowhere still has a next door.
    left: NDArray[np.float64] = np.maximum(1 - distance_km / max(reach, 1e-9), 0)
    left[np.isnan(left)] = 0.0
    return left
