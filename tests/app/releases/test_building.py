"""Who counts where: a bounded part of each child, and every declared cell whoever is in it."""

import random
from collections import Counter

import numpy as np
import pytest

from app.releases import building
from app.releases.building import Cell, Flags, Grid, build, plan_tables
from app.releases.noise import MOST_INTERESTS
from tests.app.releases.attacks.likelihood import alike
from tests.app.releases.attacks.synthetic import RHO, grid_of, make_children


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the noise out, to see what it is added to."""
    monkeypatch.setattr(building, "add_noise", lambda counts, sd: list(counts))


def counts_of(flags: Flags, grid: Grid, seed: int = 1) -> dict[tuple[str, str, str | None], int]:
    source = random.Random(seed)
    cells = build(flags, grid, plan_tables(grid, RHO), random=source.randbytes)
    return {(cell.by, cell.interest, cell.value): cell.noised for cell in cells}


@pytest.mark.usefixtures("exact")
def test_counts_are_those_of_a_plain_count() -> None:
    grid = grid_of(6)
    children = make_children(np.random.default_rng(3))

    counted = counts_of(children.flags(), grid)

    for at, topic in enumerate(grid.topics):
        assert counted["interest", topic, None] == children.wants[:, at].sum()
        for by, values in grid.breakdowns.items():
            exact = children.count(grid, at)[by]
            assert [counted[by, topic, value] for value in values] == exact.tolist()


@pytest.mark.usefixtures("exact")
def test_a_child_counts_for_three_interests_at_most() -> None:
    grid = grid_of(10)
    counted = counts_of(alike(40, topics=10), grid)

    for by, values in {"interest": (None,), **grid.breakdowns}.items():
        told = sum(counted[by, topic, value] for topic in grid.topics for value in values)
        assert told == 40 * MOST_INTERESTS


@pytest.mark.usefixtures("exact")
def test_which_three_is_drawn_by_lot() -> None:
    grid = grid_of(10)
    drawn = Counter[str]()
    for seed in range(40):
        counted = counts_of(alike(1, topics=10), grid, seed)
        drawn.update(topic for topic in grid.topics if counted["interest", topic, None])

    assert len(drawn) == 10
    assert max(drawn.values()) <= 30


@pytest.mark.usefixtures("exact")
def test_two_wants_of_one_interest_count_once() -> None:
    grid = grid_of(1)
    flags = alike(5)
    twice = Flags(
        np.repeat(flags.child, 2),
        np.repeat(flags.topic, 2),
        {by: np.repeat(values, 2) for by, values in flags.columns.items()},
        np.repeat(flags.in_need_group, 2, axis=0),
    )

    assert counts_of(twice, grid) == counts_of(flags, grid)


@pytest.mark.usefixtures("exact")
def test_a_child_of_several_need_groups_counts_in_one() -> None:
    grid = grid_of(1)
    flags = alike(400)
    flags.in_need_group[:, :3] = True

    counted = counts_of(flags, grid)

    groups = [counted["need_group", grid.topics[0], v] for v in grid.breakdowns["need_group"]]
    assert sum(groups) == 400
    assert min(groups[:3]) > 90
    assert groups[3:] == [0] * (len(groups) - 3)


def test_every_declared_cell_is_drawn_whoever_there_is() -> None:
    grid = grid_of(33)
    nobody = alike(0)

    cells = build(nobody, grid, plan_tables(grid, RHO))
    many = build(alike(500), grid, plan_tables(grid, RHO))

    place = [(cell.by, cell.interest, cell.value) for cell in cells]
    assert place == [(cell.by, cell.interest, cell.value) for cell in many]
    assert len(place) == len(set(place)) == 33 * (1 + 5 + 8 + 9 + 13)
    # Noise in empty cells too: most are not 0, some are below.
    assert sum(cell.noised != 0 for cell in cells) > 900
    assert min(cell.noised for cell in cells) < 0


def test_a_figure_is_hidden_by_its_noised_count() -> None:
    table = plan_tables(Grid({}), RHO)[0]
    hidden, shown = (
        Cell("interest", "swimming", None, noised, noised >= table.threshold) for noised in (9, 10)
    )

    assert (hidden.children, shown.children) == (None, 10)
