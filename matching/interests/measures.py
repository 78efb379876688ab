"""How good a ranking of listings is, judged by graded relevance."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

# The grade of a listing that answers the text in full.
FULL: Final = 2


@dataclass(frozen=True, slots=True)
class RankingMeasures:
    """Measures of one ranking, or means of several; None where nothing can be measured.

    Attributes
    ----------
    ndcg5 : float or None
        Normalised discounted cumulative gain of the first five; the gain is `2**grade - 1`.
    recall10 : float or None
        Share of the fully relevant listings among the first ten, of at most ten.
    mrr : float or None
        One over the place of the first fully relevant listing.
    violation5 : float or None
        Share of the first five places held by what the text asked to avoid.
    """

    ndcg5: float | None
    recall10: float | None
    mrr: float | None
    violation5: float | None


def measure_ranking(
    ranking: Sequence[str], relevance: Mapping[str, int], avoid: Collection[str] = ()
) -> RankingMeasures:
    """Measure one ranking.

    Parameters
    ----------
    ranking : sequence of str
        Ids of listings, best first, each once.
    relevance : mapping of str to int
        Grades 1 and 2; listings that are left out are irrelevant.
    avoid : collection of str
        Listings that should not be shown.

    Returns
    -------
    RankingMeasures

    Notes
    -----
    O(n log n) in the number of graded listings.
    """
    full = {listing for listing, grade in relevance.items() if grade == FULL}
    ideal = _gain(sorted(relevance.values(), reverse=True)[:5])
    first = next((place for place, one in enumerate(ranking, 1) if one in full), None)
    return RankingMeasures(
        ndcg5=_gain([relevance.get(one, 0) for one in ranking[:5]]) / ideal if ideal else None,
        recall10=len(full & set(ranking[:10])) / min(10, len(full)) if full else None,
        mrr=(1 / first if first else 0.0) if full else None,
        violation5=sum(one in avoid for one in ranking[:5]) / 5 if avoid else None,
    )


def mean_measures(measures: Iterable[RankingMeasures]) -> RankingMeasures:
    """Average measures over rankings.

    Parameters
    ----------
    measures : iterable of RankingMeasures

    Returns
    -------
    RankingMeasures
        Each the mean over the rankings that have it.
    """
    every = list(measures)
    means: dict[str, float | None] = {}
    for field in fields(RankingMeasures):
        known = [value for one in every if (value := getattr(one, field.name)) is not None]
        means[field.name] = math.fsum(known) / len(known) if known else None
    return RankingMeasures(**means)


def _gain(grades: Sequence[int]) -> float:
    return math.fsum(
        (2.0**grade - 1.0) / math.log2(place + 1) for place, grade in enumerate(grades, 1)
    )
