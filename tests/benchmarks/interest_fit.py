"""Fitting the interest scorer's logistic regression, and measuring it on what it has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from matching import (
    InterestIndex,
    Listing,
    Phrase,
    RankingMeasures,
    load_vocabulary,
    mean_measures,
    measure_ranking,
    rank_listings,
)
from matching.interests import index as scorer

Judged = tuple[str, dict[str, int], tuple[str, ...]]

# Keeps the weights small; any value from 0.002 to 0.01 gives the same figures within 0.005.
PENALTY = 0.005


@dataclass(frozen=True)
class Coefficients:
    """The logistic regression of `matching.interests.index`."""

    vector: float
    concept: float
    topic: float
    offset: float


def measure_phrase(index: InterestIndex, phrase: Phrase) -> NDArray[np.float64]:
    """The measures of a phrase against every listing, shape (3, n_listings)."""
    cosines = scorer._standardised(index._cosines([phrase]))[0]
    concepts = np.zeros_like(cosines)
    if phrase.concepts:
        columns = [index._column(notation) for notation in phrase.concepts]
        concepts = scorer._standardised(np.maximum.reduce(columns)[np.newaxis])[0]
    rows = np.array([cosines, concepts], dtype=np.float64)[:, : index.n_listings_]
    return np.vstack([rows, index._shared_topic(phrase)])


Collection = tuple[Sequence[Listing], Sequence[str], Sequence[Judged]]


def fit(collections: Sequence[Collection]) -> Coefficients:
    """Fit the weights so that relevant listings come first, then the offset to their share.

    Each collection is listings, their ids, and judged texts. Of a text with several likings, the
    one that answers a listing best counts for it; which that is depends on the weights, so they
    are fitted three times.
    """
    vocabulary = load_vocabulary()
    queries = []
    for listings, ids, judged in collections:
        index = InterestIndex(vocabulary).fit(listings)
        for text, relevance, avoid in judged:
            liked = [one for one in vocabulary.encode(text) if one.liked]
            liked = [one for one in liked if one.weight == 1.0] or liked
            gains = np.array([2.0 ** relevance.get(id_, 0) - 1.0 for id_ in ids])
            kept = ~np.isin(ids, avoid)
            if liked and gains[kept].any():
                measured = np.array([measure_phrase(index, one) for one in liked])
                queries.append((measured[:, :, kept], gains[kept]))
    weights = np.full(3, 0.5)
    for _ in range(3):
        designs = []
        for measured, gains in queries:
            best = np.einsum("pfn,f->pn", measured, weights).argmax(axis=0)
            designs.append((measured[best, :, np.arange(measured.shape[2])], gains))
        weights = _first_places(designs, weights)
    scores = np.concatenate([design @ weights for design, _ in designs])
    full = np.concatenate([gains == 3.0 for _, gains in designs])
    line = LogisticRegression(C=1e3).fit(scores[:, np.newaxis], full)
    vector, concept, topic = weights * line.coef_[0, 0]
    return Coefficients(float(vector), float(concept), float(topic), float(line.intercept_[0]))


def _first_places(designs: list[tuple[NDArray, NDArray]], start: NDArray) -> NDArray:
    """Weights, none below zero, under which the relevant listings are likeliest to be chosen."""

    def loss(weights: NDArray) -> tuple[float, NDArray]:
        total, slope = 0.0, np.zeros_like(weights)
        for design, gains in designs:
            scores = design @ weights
            scores = scores - scores.max()
            log_sum = np.log(np.exp(scores).sum())
            aim = gains / gains.sum()
            total -= float(aim @ (scores - log_sum))
            slope -= design.T @ (aim - np.exp(scores - log_sum))
        count = len(designs)
        penalty = PENALTY * float(weights @ weights)
        return total / count + penalty, slope / count + 2 * PENALTY * weights

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    return found.x


def rank_with(
    coefficients: Coefficients,
    listings: Sequence[Listing],
    ids: Sequence[str],
    judged: Sequence[Judged],
) -> Iterator[RankingMeasures]:
    """Measure the default ranking with other coefficients."""
    index = InterestIndex(load_vocabulary()).fit(listings)
    with (
        patch.object(scorer, "VECTOR_WEIGHT", coefficients.vector),
        patch.object(scorer, "CONCEPT_WEIGHT", coefficients.concept),
        patch.object(scorer, "TOPIC_WEIGHT", coefficients.topic),
        patch.object(scorer, "OFFSET", coefficients.offset),
    ):
        for text, relevance, avoid in judged:
            ranking = [ids[place] for place in rank_listings(index, text)]
            known = {id_: grade for id_, grade in relevance.items() if id_ in ids}
            yield measure_ranking(ranking, known, [id_ for id_ in avoid if id_ in ids])


def held_out(collections: Sequence[Collection]) -> Iterator[tuple[str, RankingMeasures]]:
    """Measure on queries, then on whole collections, that nothing was fitted to."""
    by_query: list[RankingMeasures] = []
    by_collection: list[RankingMeasures] = []
    for listings, ids, judged in collections:
        others = [one for one in collections if one[0] is not listings]
        by_collection.extend(rank_with(fit(others), listings, ids, judged))
        for train, test in KFold(5, shuffle=True, random_state=0).split(range(len(judged))):
            learnt = (listings, ids, [judged[at] for at in train])
            unseen = [judged[at] for at in test]
            by_query.extend(rank_with(fit([*others, learnt]), listings, ids, unseen))
    yield "held-out queries", mean_measures(by_query)
    yield "held-out queries and listings", mean_measures(by_collection)
