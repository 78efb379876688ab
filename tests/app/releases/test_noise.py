"""Noise costs what it is said to cost, and figures are shown by the noised count alone."""

import math

import pytest

from app.releases.building import Grid, plan_tables
from app.releases.noise import (
    add_noise,
    cost_of,
    error_of,
    odds_for_a_child,
    odds_for_a_flag,
    rounded,
    sd_of,
    threshold_of,
    worst_odds_for_a_flag,
)
from tests.app.releases.attacks.synthetic import RHO, grid_of


@pytest.mark.parametrize(
    ("grid", "sds", "thresholds"),
    [
        pytest.param(Grid({}), [3.46], [10], id="no breakdowns"),
        pytest.param(grid_of(1), [5.48, 8.94, 8.94, 8.94, 8.94], [15, 20, 20, 20, 20], id="four"),
        pytest.param(
            Grid(dict.fromkeys(("age_band", "need_group", "reason"), ("a",))),
            [5.48, 7.75, 7.75, 7.75],
            [15, 20, 20, 20],
            id="three, without localities",
        ),
    ],
)
def test_the_budget_is_shared(grid: Grid, sds: list[float], thresholds: list[int]) -> None:
    tables = plan_tables(grid, RHO)

    assert [round(table.sd, 2) for table in tables] == sds
    assert [table.threshold for table in tables] == thresholds
    spent = sum(cost_of(table.sd) for table in tables)
    assert spent <= RHO
    assert spent == pytest.approx(RHO)


def test_a_child_in_three_cells_costs_what_the_formula_says() -> None:
    assert sd_of(0.05) == pytest.approx(math.sqrt(3 / (2 * 0.05)))


def test_the_noise_has_the_spread_that_is_published() -> None:
    noise = add_noise([0] * 4000, 5.48)

    mean = sum(noise) / len(noise)
    spread = math.sqrt(sum(value**2 for value in noise) / len(noise))
    assert abs(mean) < 6 * 5.48 / math.sqrt(4000)
    assert spread == pytest.approx(5.48, rel=0.07)
    assert len(set(noise)) > 20


def test_no_two_draws_are_the_same() -> None:
    assert add_noise([50] * 60, 5.48) != add_noise([50] * 60, 5.48)


@pytest.mark.parametrize(
    ("sd", "threshold", "error"), [(3.46, 10, 9), (5.48, 15, 13), (7.75, 20, 18), (8.94, 20, 20)]
)
def test_thresholds_and_errors(sd: float, threshold: int, error: int) -> None:
    assert (threshold_of(sd), error_of(sd)) == (threshold, error)


@pytest.mark.parametrize(
    ("noised", "figure"), [(15, 15), (17, 15), (18, 20), (22, 20), (23, 25), (100, 100)]
)
def test_figures_are_rounded_to_five(noised: int, figure: int) -> None:
    assert rounded(noised) == figure


def test_odds_are_those_of_the_policy() -> None:
    told = [odds(rho) for odds in (odds_for_a_flag, odds_for_a_child) for rho in (RHO, 4 * RHO)]

    assert [round(one, 2) for one in told] == [0.56, 0.61, 0.60, 0.69]


def test_the_lot_makes_one_more_interest_a_little_easier_to_guess() -> None:
    worst = [worst_odds_for_a_flag(RHO, releases) for releases in (1, 4)]

    assert worst == pytest.approx([0.5607, 0.6362], abs=5e-5)
    assert worst[0] > odds_for_a_flag(RHO)
    # With hardly any noise nothing is hidden.
    assert worst_odds_for_a_flag(1e6) == 1.0
