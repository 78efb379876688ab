"""T6: consecutive releases between which exactly one child joined, left or changed."""

import numpy as np
import pytest

from app.releases.building import plan_tables
from app.releases.noise import MOST_INTERESTS, odds_for_a_child, odds_for_a_flag
from tests.app.releases.attacks.likelihood import Attacker, standard_error
from tests.app.releases.attacks.synthetic import RHO, grid_of

PAIRS = 250


@pytest.mark.parametrize(
    ("topics", "releases", "bound"),
    [
        # What others did is known, so only the releases after the child joined (or left) tell.
        pytest.param(MOST_INTERESTS, 1, odds_for_a_child(RHO), id="a child joined or left"),
        pytest.param(MOST_INTERESTS, 4, odds_for_a_child(4 * RHO), id="... a year ago"),
        pytest.param(1, 1, odds_for_a_flag(RHO), id="one interest changed"),
        pytest.param(1, 4, odds_for_a_flag(4 * RHO), id="... a year ago"),
    ],
)
def test_releases_one_after_the_other(topics: int, releases: int, bound: float) -> None:
    grid = grid_of(topics)
    attacker = Attacker(grid, plan_tables(grid, RHO), topics)

    success = attacker.success(np.random.default_rng(topics + releases), PAIRS, releases)

    assert success <= bound + 4 * standard_error(2 * PAIRS, bound)


def test_more_releases_than_a_year_may_have_would_tell() -> None:
    """Show that the attacker adds releases up."""
    grid = grid_of(MOST_INTERESTS)
    attacker = Attacker(grid, plan_tables(grid, RHO), MOST_INTERESTS)

    success = attacker.success(np.random.default_rng(7), 40, releases=30)

    assert success >= odds_for_a_child(4 * RHO) + 0.05
