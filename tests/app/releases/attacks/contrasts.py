"""T3: sums and differences of a few cells that leave at most three children."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from app.releases.building import Cell, Grid
from tests.app.releases.attacks.synthetic import Children

MOST_CELLS = 8
MOST_ISOLATED = 3
# The tables by what anybody may know of a child; the reason is not known from outside.
TABLES = ("interest", "locality", "age_band")


@dataclass(frozen=True)
class Contrasts:
    """Every contrast that leaves few children: its coefficients, and each child's weight in it."""

    coefficients: NDArray[np.int8]
    # Child -> contrasts that leave it, with its weight there.
    leaving: dict[int, list[tuple[int, int]]]
    # How many children each contrast leaves, and its value were half of them to want it.
    left: NDArray[np.int64]
    middle: NDArray[np.float64]


def find_contrasts(children: Children, grid: Grid) -> Contrasts:
    """Enumerate all sums and differences of up to eight cells of one interest."""
    n_localities, n_ages = 5, len(grid.breakdowns["age_band"])
    types, type_of, sizes = np.unique(
        children.known["locality"] * n_ages + children.known["age_band"],
        return_inverse=True,
        return_counts=True,
    )
    member = np.zeros((1 + n_localities + n_ages, len(types)), np.int8)
    member[0] = 1
    member[1 + types // n_ages, np.arange(len(types))] = 1
    member[1 + n_localities + types % n_ages, np.arange(len(types))] = 1
    # Cells that hold nobody only add noise.
    used = np.flatnonzero(member.any(axis=1))
    signs = np.array(list(product((-1, 0, 1), repeat=len(used))), np.int8)
    signs = signs[np.count_nonzero(signs, axis=1) <= MOST_CELLS]
    weights = signs @ member[used]
    left = (weights != 0) @ sizes
    kept = np.flatnonzero((left > 0) & (left <= MOST_ISOLATED))
    coefficients = np.zeros((len(kept), len(member)), np.int8)
    coefficients[:, used] = signs[kept]
    leaving: dict[int, list[tuple[int, int]]] = {}
    for at, contrast in enumerate(kept):
        for type_ in np.flatnonzero(weights[contrast]):
            for child in np.flatnonzero(type_of == type_):
                leaving.setdefault(int(child), []).append((at, int(weights[contrast, type_])))
    middle = weights[kept] @ sizes / 2
    return Contrasts(coefficients, leaving, left[kept], middle)


def guess(
    contrasts: Contrasts, figures: NDArray[np.float64], rng: np.random.Generator
) -> dict[int, bool]:
    """Guess each child's flag by the majority of the contrasts that leave it."""
    known = ~np.isnan(figures)
    usable = ~(contrasts.coefficients[:, ~known] != 0).any(axis=1)
    values = contrasts.coefficients[:, known] @ figures[known]
    guesses = {}
    for child, found in contrasts.leaving.items():
        votes = sum(
            np.sign(weight * (values[at] - contrasts.middle[at]))
            for at, weight in found
            if usable[at]
        )
        guesses[child] = bool(votes > 0 if votes else rng.random() < 0.5)
    return guesses


def figures_of(cells: list[Cell], topic: str, hidden: dict[str, float]) -> NDArray[np.float64]:
    """Lay one topic's figures out; what is hidden is taken for the middle of where it may be."""
    return np.array(
        [
            hidden[cell.by] if cell.children is None else cell.children
            for by in TABLES
            for cell in cells
            if cell.by == by and cell.interest == topic
        ],
        float,
    )
