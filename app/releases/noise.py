"""Noise for counts, drawn from OpenDP, what it costs, and when a noised count is shown."""

import math
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Final

from opendp.domains import atom_domain, vector_domain
from opendp.measurements import make_gaussian
from opendp.metrics import l2_distance
from opendp.mod import Measurement, binary_search_param, enable_features

# OpenDP's word for mechanisms whose proofs its own reviewers have not finished vetting.
enable_features("contrib")

MECHANISM: Final = "discrete Gaussian"
LIBRARY: Final = f"OpenDP {version('opendp')}"

# A child counts towards so many cells of a table, by one each: its distance is their root.
MOST_INTERESTS: Final = 3
DISTANCE: Final = math.nextafter(math.sqrt(MOST_INTERESTS), math.inf)

ROUNDING: Final = 5
LEAST_THRESHOLD: Final = 10


def _make(sd: float) -> Measurement:
    # Of integers, this is the discrete Gaussian: no floating point that could give a count away.
    counts = vector_domain(atom_domain(T="i32"))
    return make_gaussian(counts, l2_distance(T=float), sd)


@cache
def sd_of(rho: float) -> float:
    """Give the least noise for which a whole child costs no more than `rho` in one table."""
    return float(binary_search_param(_make, d_in=DISTANCE, d_out=rho))


def cost_of(sd: float) -> float:
    """Tell what one table with this noise costs for a whole child."""
    return float(_make(sd).map(DISTANCE))


def add_noise(counts: Sequence[int], sd: float) -> list[int]:
    """Draw the noise of one table, each cell's for itself, from the system's random source."""
    return [int(noised) for noised in _make(sd)(list(counts))]


def threshold_of(sd: float) -> int:
    """Tell below what no figure is shown: two standard deviations, up to the next five."""
    return max(LEAST_THRESHOLD, math.ceil(2 * sd / ROUNDING) * ROUNDING)


def error_of(sd: float) -> int:
    """Tell how far a figure is from the truth at most, 95 times of a hundred, rounding included."""
    return math.ceil(1.96 * sd + ROUNDING // 2)


def rounded(noised: int) -> int:
    """Round a noised count to the nearest five."""
    return ROUNDING * ((noised + ROUNDING // 2) // ROUNDING)


def odds_for_a_flag(rho: float) -> float:
    """Tell how often whoever knows all else guesses one interest of one child, from even odds.

    Of a child with no more interests than may be counted: see `worst_odds_for_a_flag`.
    """
    return _normal_cdf(math.sqrt(2 * rho / MOST_INTERESTS) / 2)


def worst_odds_for_a_flag(rho: float, releases: int = 1) -> float:
    """Tell the same of any child, after so many releases of `rho` each: a bound, not reached.

    Where a child has three already, one more may take the place of another in the lot, which moves
    two cells of each table instead of one; but at most three times in four it is drawn.
    """
    drawn = MOST_INTERESTS / (MOST_INTERESTS + 1)
    if_told_when = sum(
        math.comb(releases, times)
        * drawn**times
        * (1 - drawn) ** (releases - times)
        * odds_for_a_flag(2 * times * rho)
        for times in range(releases + 1)
    )
    return max(odds_for_a_flag(releases * rho), if_told_when)


def odds_for_a_child(rho: float) -> float:
    """Tell how often whoever knows all else guesses whether a child is in the data."""
    return _normal_cdf(math.sqrt(2 * rho) / 2)


def _normal_cdf(z: float) -> float:
    return (1 + math.erf(z / math.sqrt(2))) / 2
