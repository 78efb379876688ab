"""Listings are found for what people say: the development set, with room below what was reached."""

from __future__ import annotations

import pytest

from matching import mean_measures
from tests.benchmarks.interests import default, load


@pytest.mark.parametrize(
    ("kind", "ndcg5"),
    [(None, 0.78), ("negation", 0.70), ("pop", 0.78), ("sensory", 0.62), ("typo", 0.85)],
)
def test_finds_what_is_asked_for(kind: str | None, ndcg5: float) -> None:
    benchmark = load()
    rank = default(benchmark.listings)
    found = mean_measures(
        benchmark.measure(query, rank(query.text))
        for query in benchmark.queries
        if kind in {None, query.kind}
    )
    assert found.ndcg5 is not None
    assert found.ndcg5 >= ndcg5
    assert (found.violation5 or 0.0) <= 0.07
