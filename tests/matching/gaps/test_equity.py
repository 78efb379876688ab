"""Rates of groups: against published intervals, against chance, and against each other."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import InvalidProblem
from matching.gaps.equity import compare_groups, wilson


class TestWilson:
    @pytest.mark.parametrize(
        ("x", "n", "low", "high"),
        # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
        [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_it_gives_the_published_limits(self, x: int, n: int, low: float, high: float) -> None:
        found = wilson(x, n, 0.95)
        assert found.low == pytest.approx(low, abs=5e-5)
        assert found.high == pytest.approx(high, abs=5e-5)


class TestCompareGroups:
    @given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
    def test_the_ratio_lies_within_its_limits(self, x: int, met: int, y: int, others: int) -> None:
        (found,) = compare_groups([(x + met, x)], children=x + met + y + others, unmet=x + y)
        if found.ratio is None or found.ratio_95 is None:
            assert not (x + met and y + others and x + y)
            return
        assert found.ratio_95.low <= found.ratio + 1e-9
        assert found.ratio <= found.ratio_95.high + 1e-9
        assert found.share_of_unmet is not None
        assert found.share_of_children is not None
        assert found.ratio == pytest.approx(found.share_of_unmet / found.share_of_children)
        assert not math.isnan(found.ratio_95.high)

    def test_few_children_are_no_verdict(self) -> None:
        few, many = compare_groups([(9, 9), (100, 90)], children=400, unmet=160)
        assert few.verdict == "too_few"
        assert many.verdict == "under_served"

    def test_all_of_one_and_one_of_the_others(self) -> None:
        (found,) = compare_groups([(12, 12)], children=25, unmet=13)
        assert found.verdict == "under_served"
        assert found.ratio_95 is not None
        assert found.ratio_95.low == pytest.approx(1.4, abs=0.2)

    def test_both_ways_and_alike(self) -> None:
        under, better, alike = compare_groups(
            [(100, 80), (100, 10), (200, 90)], children=400, unmet=180
        )
        assert [under.verdict, better.verdict] == ["under_served", "better_served"]
        assert alike.verdict == "like_others"

    def test_chance_alone_is_seldom_a_verdict(self) -> None:
        rng = np.random.default_rng(3)
        wrong = 0
        for _ in range(400):
            unmet = rng.random(600) < 0.3
            group = rng.integers(0, 8, 600)
            rates = compare_groups(
                [(int((group == one).sum()), int(unmet[group == one].sum())) for one in range(8)],
                children=600,
                unmet=int(unmet.sum()),
            )
            wrong += any(rate.verdict != "like_others" for rate in rates)
        # One in twenty, and what chance makes of 400 tries.
        assert wrong / 400 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)

    def test_the_interval_covers_the_truth(self) -> None:
        rng = np.random.default_rng(4)
        covered, tries = 0, 2000
        share, p, q = 0.2, 0.45, 0.25
        truth = p / (share * p + (1 - share) * q)
        for _ in range(tries):
            x, y = int(rng.binomial(60, p)), int(rng.binomial(240, q))
            (found,) = compare_groups([(60, x)], children=300, unmet=x + y)
            assert found.ratio_95 is not None
            covered += found.ratio_95.low <= truth <= found.ratio_95.high
        assert abs(covered / tries - 0.95) < 0.02

    def test_nobody_and_everybody(self) -> None:
        empty, whole = compare_groups([(0, 0), (30, 10)], children=30, unmet=10)
        assert (empty.rate, empty.ratio_95, empty.verdict) == (None, None, "too_few")
        assert (whole.ratio, whole.ratio_95, whole.verdict) == (1.0, None, "too_few")
        (nothing,) = compare_groups([(20, 0)], children=50, unmet=0)
        assert (nothing.ratio, nothing.verdict) == (None, "too_few")

    @pytest.mark.parametrize(
        ("group", "children", "unmet"),
        [((3, 4), 10, 5), ((11, 1), 10, 5), ((5, 5), 10, 4), ((9, 0), 10, 5), ((1, 1), 1, 2)],
    )
    def test_what_cannot_be_is_refused(
        self, group: tuple[int, int], children: int, unmet: int
    ) -> None:
        with pytest.raises(InvalidProblem):
            compare_groups([group], children=children, unmet=unmet)
