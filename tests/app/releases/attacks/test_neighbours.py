"""T5: releases with and without one flag, told apart by the true likelihood ratio."""

import numpy as np
import pytest

from app.releases.building import Flags, build, plan_tables
from app.releases.noise import MOST_INTERESTS, odds_for_a_flag, worst_odds_for_a_flag
from tests.app.releases.attacks import controls
from tests.app.releases.attacks.likelihood import Attacker, alike, standard_error
from tests.app.releases.attacks.synthetic import RHO, grid_of

PAIRS = 1000


def test_one_flag_stays_hidden() -> None:
    grid = grid_of(1)
    attacker = Attacker(grid, plan_tables(grid, RHO))

    success = attacker.success(np.random.default_rng(5), PAIRS)

    bound = odds_for_a_flag(RHO)
    assert bound < 0.56
    assert success <= bound + 4 * standard_error(2 * PAIRS, bound)


def test_one_flag_more_than_are_counted_stays_hidden() -> None:
    """A fourth interest may displace another of the child in the lot, which tells of it too."""
    grid = grid_of(MOST_INTERESTS + 1)
    attacker = Attacker(grid, plan_tables(grid, RHO))
    rng, right = np.random.default_rng(8), 0.0
    pairs = 400
    for _ in range(pairs):
        others = int(rng.integers(5, 60))
        for fourth in (False, True):
            cells = build(_among(others, MOST_INTERESTS + fourth), grid, attacker.tables)
            weights = [attacker.weigh_topic(cells, topic, others) for topic in grid.topics]
            # Without the fourth the others are counted; with it one of the four is not.
            ratio = np.mean([np.exp(weights[-1] - left_out) for left_out in weights])
            right += float((ratio > 1) == fourth)

    bound = worst_odds_for_a_flag(RHO)
    assert bound < 0.562
    assert right / (2 * pairs) <= bound + 4 * standard_error(2 * pairs, bound)


def _among(others: int, interests: int) -> Flags:
    """Put a child with some interests among others of whom each has one, as many of each."""
    parts = [alike(others, MOST_INTERESTS + 1), alike(1, interests)]
    first = (MOST_INTERESTS + 1) * others
    return Flags(
        np.concatenate([np.arange(first), np.full(interests, first)]),
        np.concatenate([part.topic for part in parts]),
        {by: np.concatenate([part.columns[by] for part in parts]) for by in parts[0].columns},
        np.concatenate([part.in_need_group for part in parts]),
    )


def test_less_noise_is_noticed() -> None:
    """Show that the attacker finds what is there: a budget that is a hundred times as large."""
    grid = grid_of(1)
    attacker = Attacker(grid, plan_tables(grid, 100 * RHO))

    success = attacker.success(np.random.default_rng(5), 200)

    assert success > odds_for_a_flag(RHO) + 3 * standard_error(400, 0.5)


@pytest.mark.parametrize(
    ("rule", "least"),
    [
        (controls.suppress_small, 0.95),
        (controls.suppress_and_round, 0.65),
        (controls.cell_key, 0.65),
    ],
)
def test_weak_rules_give_the_flag_away(rule: controls.Rule, least: float) -> None:
    rng, right, cells = np.random.default_rng(6), 0.0, 5
    for _ in range(1000):
        # The five cells that the child would be in hold as many others as may be.
        others = rng.integers(8, 60, cells)
        for there in (False, True):
            seen = rule(others + there, rng)
            score = _log_ratio(rule, seen, others)
            right += 0.5 if score == 0 else float((score > 0) == there)

    assert right / 2000 >= least


def _log_ratio(rule: controls.Rule, seen: controls.Figures, others: controls.Counts) -> float:
    """Weigh figures by how often the rule gives them, from many tries of it."""
    tries = np.random.default_rng(0)
    shape = (400, len(others))
    shares = [
        (_same(rule(np.broadcast_to(counts, shape), tries), seen)).mean(axis=0) + 1e-6
        for counts in (others + 1, others)
    ]
    return float(np.log(shares[0] / shares[1]).sum().round(1))


def _same(found: controls.Figures, seen: controls.Figures) -> np.ndarray:
    return np.isclose(found, seen, equal_nan=True)
