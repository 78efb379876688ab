"""What releases are good for, and what they withstand: figures beside the truth, attacks beside
their bounds and beside the weak rules that the same attacks break.

    python -m tests.benchmarks.releases [--draws 60] [--pairs 2000]

Invented children of the samples; half of their interests are unmet. Some five minutes.
"""

import argparse
import time
from random import Random

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table as Shown

from app.concepts import recognise
from app.engine.gaps import GROUP_NAMES
from app.releases.building import Cell, Flags, Grid, build, plan_tables
from app.releases.grid import REASONS, declare_grid
from app.releases.noise import MOST_INTERESTS, odds_for_a_child, odds_for_a_flag
from app.releases.service import WITH_BREAKDOWNS, size_class_of
from app.releases.topics import TOPICS, topic_of
from app.samples.interests import THEMES
from tests.app.releases.attacks import controls, test_contrasts, test_reconstruction
from tests.app.releases.attacks.likelihood import Attacker, standard_error
from tests.app.releases.attacks.synthetic import LOCALITIES, RHO, grid_of

SIZES = (200, 400, 1000, 3000, 8000)
UNMET = 0.5


def topics_of_themes() -> list[list[int]]:
    """Name the topics that each theme of the samples' children counts under."""
    named = []
    for theme in THEMES:
        concepts = {concept for words in theme.child for concept in recognise(words)}
        named.append(sorted({TOPICS.index(topic_of(concept)) for concept in concepts}))
    return [topics for topics in named if topics]


def make_flags(n: int, seed: int) -> Flags:
    """Make children with three to seven interests, of which half are unmet; some are popular."""
    rng, lot = np.random.default_rng(seed), Random(seed)
    themes = topics_of_themes()
    popularity = 1 / (1 + np.random.default_rng(0).permutation(len(themes)))
    child, topic = [], []
    for at in range(n):
        chosen = set(lot.choices(range(len(themes)), popularity.tolist(), k=lot.randint(3, 7)))
        wants = {one for theme in chosen for one in themes[theme] if lot.random() < UNMET}
        child += [at] * len(wants)
        topic += sorted(wants)
    rows = np.array(child, np.int64)
    of_child = {
        "locality": rng.choice(5, n, p=[0.4, 0.25, 0.2, 0.1, 0.05]),
        "age_band": rng.choice(6, n, p=[0.1, 0.17, 0.23, 0.22, 0.18, 0.1]),
    }
    groups = rng.random((n, len(GROUP_NAMES))) < 0.2
    reasons = rng.dirichlet(np.full(len(REASONS), 0.7))
    columns: dict[str, NDArray[np.int64]] = {by: one[rows] for by, one in of_child.items()}
    columns["reason"] = rng.choice(len(REASONS), len(rows), p=reasons)
    return Flags(rows, np.array(topic, np.int64), columns, groups[rows])


def truth_of(flags: Flags, grid: Grid) -> dict[tuple[str, str, str | None], float]:
    """Count what a figure stands for: each child's interests, no more than three of them in all.

    Who has more, or needs of several groups, counts in part everywhere it may be drawn.
    """
    unmet = np.bincount(flags.child)[flags.child]
    weight = np.minimum(1, MOST_INTERESTS / unmet)
    groups = np.hstack([flags.in_need_group, ~flags.in_need_group.any(axis=1, keepdims=True)])
    truth: dict[tuple[str, str, str | None], float] = {}
    for by, values in {"interest": (None,), **grid.breakdowns}.items():
        for at, value in enumerate(values):
            if by == "interest":
                share = weight
            elif by == "need_group":
                share = weight * groups[:, at] / groups.sum(axis=1)
            else:
                share = weight * (flags.columns[by] == at)
            counts = np.bincount(flags.topic, share, minlength=len(grid.topics))
            truth |= {(by, topic, value): counts[i] for i, topic in enumerate(grid.topics)}
    return truth


def utility(n: int, draws: int) -> list[str]:
    """Compare releases with the truth: what is shown, how far off, and whether the top is right."""
    size_class = size_class_of(n)
    grid = declare_grid(LOCALITIES, with_breakdowns=size_class in WITH_BREAKDOWNS)
    tables = plan_tables(grid, RHO)
    shown: dict[bool, list[float]] = {True: [], False: []}
    errors: dict[bool, list[float]] = {True: [], False: []}
    wanted = dict.fromkeys((True, False), 0)
    visible = dict.fromkeys((True, False), 0)
    top, capped = [], []
    for draw in range(draws):
        flags = make_flags(n, draw)
        truth = truth_of(flags, grid)
        cells = build(flags, grid, tables)
        capped.append(np.minimum(np.bincount(flags.child, minlength=n), 3).sum() / len(flags.child))
        for cell in cells:
            whole = cell.by == "interest"
            true = truth[cell.by, cell.interest, cell.value]
            shown[whole].append(cell.shown)
            if true >= next(t.threshold for t in tables if t.by == cell.by):
                wanted[whole] += 1
                visible[whole] += cell.shown
            if cell.children is not None:
                errors[whole].append(abs(cell.children - true))
        top.append(_top(cells, truth))
    row = [f"{n:,}", size_class, f"{np.mean(capped):.0%}"]
    for whole in (True, False):
        if not errors[whole]:
            row += ["-"] * 3
            continue
        middle, far = np.percentile(errors[whole], [50, 95])
        row += [
            f"{np.mean(shown[whole]):.0%}",
            f"{visible[whole] / max(wanted[whole], 1):.0%}",
            f"{middle:.0f} ({far:.0f})",
        ]
    return [*row, f"{np.mean(top):.0%}"]


def _top(cells: list[Cell], truth: dict[tuple[str, str, str | None], float]) -> float:
    """Tell how many of the three largest interests are among the three largest figures."""
    whole = [cell for cell in cells if cell.by == "interest"]
    told = sorted(whole, key=lambda cell: -(cell.children or 0))[:3]
    true = sorted(whole, key=lambda cell: -truth["interest", cell.interest, None])[:3]
    return len({cell.interest for cell in told} & {cell.interest for cell in true}) / 3


def show_utility(console: Console, draws: int) -> None:
    table = Shown(title=f"Utility, {draws} draws, rho {RHO}, {len(TOPICS)} interests")
    for heading in (
        *("children", "class", "kept by the cap", "whole: shown", "... of those above T"),
        *("error (95th)", "parts: shown", "... of those above T", "error (95th)", "top 3 right"),
    ):
        table.add_column(heading, justify="right")
    for n in SIZES:
        table.add_row(*utility(n, draws if n <= 1000 else max(draws // 6, 3)))
    console.print(table)


def show_attacks(console: Console, pairs: int) -> None:
    table = Shown(title="Attacks: right guesses, where chance is 50 %")
    for heading in ("attack", "guesses", "right", "bound", "+4 errors", "weak rules"):
        table.add_column(heading, justify="left" if heading == "attack" else "right")

    def add(name: str, n: int, right: float, bound: float, weak: str = "") -> None:
        most = bound + 4 * standard_error(n, bound)
        verdict = "" if right <= most else " BROKEN"
        table.add_row(name, f"{n:,}", f"{right:.1%}{verdict}", f"{bound:.1%}", f"{most:.1%}", weak)

    flag = odds_for_a_flag(RHO)
    rules = (controls.suppress_small, controls.suppress_and_round, controls.cell_key)
    weak = ", ".join(f"{rule.__name__} {test_contrasts.success_on(rule, 30):.0%}" for rule in rules)
    right, n = test_contrasts.success_on_releases(draws=max(pairs // 10, 10))
    add("T3 contrasts of 8 cells", n, right, flag, weak)
    one = grid_of(1)
    attacker = Attacker(one, plan_tables(one, RHO))
    rng = np.random.default_rng(5)
    add("T5 one flag, all else known", 2 * pairs, attacker.success(rng, pairs), flag)
    for releases in (1, 4):
        for topics, name in ((1, "one flag"), (MOST_INTERESTS, "a whole child")):
            grid = grid_of(topics)
            attacker = Attacker(grid, plan_tables(grid, RHO), topics)
            odds = odds_for_a_flag if topics == 1 else odds_for_a_child
            n = pairs // 4
            right = attacker.success(rng, n, releases)
            add(f"T6 {name}, {releases} releases", 2 * n, right, odds(releases * RHO))
    right, alone, n = test_reconstruction.success_on_releases(draws=max(pairs // 20, 10))
    rule = test_reconstruction.success_on(controls.suppress_small, 20)
    add("T7 least squares, who is alone", n, alone, flag, f"suppress_small {rule:.0%}")
    add("T7 least squares, everybody", n, right, flag)
    console.print(table)


def show_times(console: Console) -> None:
    table = Shown(title="Seconds, one core")
    for heading in ("children", "wants", "cells", "laid out and drawn"):
        table.add_column(heading, justify="right")
    for n in (1000, 8000):
        flags = make_flags(n, 1)
        grid = declare_grid(LOCALITIES, with_breakdowns=True)
        started = time.perf_counter()
        cells = build(flags, grid, plan_tables(grid, RHO))
        took = time.perf_counter() - started
        table.add_row(f"{n:,}", f"{len(flags.child):,}", f"{len(cells):,}", f"{took:.3f}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=2000)
    asked = parser.parse_args()
    console = Console(width=150)
    show_utility(console, asked.draws)
    show_times(console)
    show_attacks(console, asked.pairs)


if __name__ == "__main__":
    main()
