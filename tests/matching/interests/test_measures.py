"""Measures of rankings, worked by hand."""

from __future__ import annotations

import math

import pytest

from matching import RankingMeasures, mean_measures, measure_ranking

RELEVANCE = {"a": 2, "b": 1, "c": 2}


def test_worked_by_hand() -> None:
    # Gains: x 0, a 3 at place 2, y 0, b 1 at place 4; ideal 3, 3, 1.
    found = measure_ranking(["x", "a", "y", "b", "z", "c"], RELEVANCE, ["y", "q"])
    reached = 3 / math.log2(3) + 1 / math.log2(5)
    ideal = 3 + 3 / math.log2(3) + 1 / math.log2(4)
    assert found.ndcg5 == pytest.approx(reached / ideal)
    assert found.recall10 == 1.0
    assert found.mrr == 0.5
    assert found.violation5 == 0.2


def test_the_best_ranking() -> None:
    assert measure_ranking(["a", "c", "b", "x"], RELEVANCE, ["y"]) == RankingMeasures(1, 1, 1, 0)


def test_nothing_found() -> None:
    found = measure_ranking(["x"], RELEVANCE)
    assert found == RankingMeasures(ndcg5=0.0, recall10=0.0, mrr=0.0, violation5=None)


def test_only_ten_count_for_recall() -> None:
    relevance = {str(number): 2 for number in range(20)}
    ranking = [*(str(number) for number in range(5)), "x", *"abcde"]
    assert measure_ranking(ranking, relevance).recall10 == 0.5


def test_what_cannot_be_measured_is_none() -> None:
    assert measure_ranking(["x"], {}) == RankingMeasures(None, None, None, None)
    assert measure_ranking(["b"], {"b": 1}) == RankingMeasures(1.0, None, None, None)


def test_means_leave_out_what_is_not_known() -> None:
    means = mean_measures(
        [RankingMeasures(1.0, None, 0.5, None), RankingMeasures(0.0, None, 1.0, 0.2)]
    )
    assert means == RankingMeasures(0.5, None, 0.75, 0.2)
    assert mean_measures([]) == RankingMeasures(None, None, None, None)
