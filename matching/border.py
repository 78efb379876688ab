"""Checks of single values at the border; each names the field and never its content."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime

from matching.errors import InvalidProblem


def check_code(value: str | None, allowed: Collection[str | None], name: str) -> None:
    """Refuse a value outside a closed list.

    Parameters
    ----------
    value : str or None
    allowed : collection of str or None
    name : str

    Raises
    ------
    InvalidProblem
    """
    if value not in allowed:
        raise InvalidProblem(f"{name} is not one of the known codes")


def check_aware(value: datetime, name: str) -> None:
    """Refuse a time without a time zone.

    Parameters
    ----------
    value : datetime
    name : str

    Raises
    ------
    InvalidProblem
    """
    if value.utcoffset() is None:
        raise InvalidProblem(f"{name} must carry a time zone")


def check_not_negative(value: float, name: str) -> None:
    """Refuse a negative quantity and NaN.

    Parameters
    ----------
    value : float
    name : str

    Raises
    ------
    InvalidProblem
    """
    if not value >= 0:
        raise InvalidProblem(f"{name} must not be negative")


def check_position(latitude: float | None, longitude: float | None) -> None:
    """Refuse half a position and one that is not on earth.

    Parameters
    ----------
    latitude, longitude : float or None
        Degrees; None for both is an unknown position.

    Raises
    ------
    InvalidProblem
    """
    if (latitude is None) != (longitude is None):
        raise InvalidProblem("latitude and longitude must be given together")
    if latitude is None or longitude is None:
        return
    if not (math.isfinite(latitude) and abs(latitude) <= 90):
        raise InvalidProblem("latitude must be within -90 and 90 degrees")
    if not (math.isfinite(longitude) and abs(longitude) <= 180):
        raise InvalidProblem("longitude must be within -180 and 180 degrees")
