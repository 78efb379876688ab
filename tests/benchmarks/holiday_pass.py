"""Who is left out and what is granted, beside a holiday pass and simpler ways, on the same wishes.

`python -m tests.benchmarks.holiday_pass` draws the months of `tests.benchmarks.allocation` without
supported places, which a holiday pass does not know: 8,000 children x 800 sessions with 20 to 60
options each. Each family ranks the three it likes best, which are worth what the service makes them
worth; the others are worth their score. The holiday pass (`tests/matching/allocation/holiday_pass`)
is given all options as bookings, twice: with the three choices starred, as its families can say it,
and with the whole order as scores, which is more than they can say. Printed are means over the
seeds, side by side: children left out (and the fewest and most of a seed), of them of the longest
waiting band, the sum of values, and which choice was granted. Expected: ours leaves out the fewest
in every draw. A minute or two.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from app.allocations.wishing import worth_of
from matching import AllocationProblem, allocate, check_allocation, first_come, pure_lottery
from tests.benchmarks.allocation import LOADS, draw_month
from tests.matching.allocation.holiday_pass import holiday_pass

CHOICES = 3
WORTH_OF_A_POINT = 100

Plan = Callable[[], np.ndarray]


def draw_wishes(
    seed: int, n_children: int, n_sessions: int, load: float
) -> tuple[AllocationProblem, np.ndarray]:
    """Draw a month and tell each pair's place in its child's own order, 1 being liked best."""
    drawn = draw_month(seed, n_children, n_sessions, load)
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(drawn.pair_child)), -drawn.pair_value, drawn.pair_child))
    child = drawn.pair_child[order]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(child, child) + 1
    worth = np.array([0, *(worth_of(place) for place in range(1, CHOICES + 1))])
    value = np.where(
        rank <= CHOICES, worth[np.minimum(rank, CHOICES)], drawn.pair_value * WORTH_OF_A_POINT
    )
    without_pools = {"pair_pool": [], "pool_session": [], "pool_kind": [], "pool_capacity": []}
    return replace(drawn, pair_value=value, **without_pools), rank


def plans_of(problem: AllocationProblem, rank: np.ndarray, seed: int) -> dict[str, Plan]:
    """Name the ways to give places out."""
    rng = np.random.default_rng(seed)
    booking_ids = rng.permutation(len(rank))
    order = rng.permutation(len(problem.child_ids)).tolist()
    starred = (rank <= CHOICES).astype(np.int64)

    def ours() -> np.ndarray:
        allocation = allocate(problem)
        if not check_allocation(problem, allocation).proved:
            raise RuntimeError("the allocation is not proved")
        return allocation.pair_of_child

    return {
        "this allocation": ours,
        "holiday pass, three stars": lambda: holiday_pass(problem, starred, booking_ids),
        "holiday pass, whole order": lambda: holiday_pass(problem, -rank, booking_ids),
        "first come": lambda: first_come(problem, order),
        "pure lottery": lambda: pure_lottery(problem),
    }


def measure(problem: AllocationProblem, rank: np.ndarray, plan: Plan) -> list[float]:
    """Count what a plan does; the last number is its seconds of processor time."""
    started = time.process_time()
    pairs = plan()
    seconds = time.process_time() - started
    given = pairs[pairs >= 0]
    longest = ((pairs < 0) & (problem.band == 0)).sum()
    granted = np.bincount(np.minimum(rank[given], CHOICES + 1), minlength=CHOICES + 2)[1:]
    value = problem.pair_value[given].sum() / 1e6
    return [len(pairs) - len(given), longest, value, *granted.tolist(), seconds]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=8_000)
    parser.add_argument("--sessions", type=int, default=800)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--loads", type=float, nargs="+", default=list(LOADS))
    asked = parser.parse_args()
    for load in asked.loads:
        rows: dict[str, list[list[float]]] = {}
        for seed in range(1, asked.seeds + 1):
            problem, rank = draw_wishes(seed, asked.children, asked.sessions, load)
            for name, plan in plans_of(problem, rank, seed).items():
                rows.setdefault(name, []).append(measure(problem, rank, plan))
        print(
            f"{asked.children:,} children x {asked.sessions} sessions, {load} children a place, "
            f"{asked.seeds} seeds\n"
            f"  {'':<26}{'left out':>9}{'(of seeds)':>15}{'longest':>9}{'value':>9}"
            f"{'first':>8}{'second':>8}{'third':>8}{'other':>8}{'s':>7}"
        )
        for name, measured in rows.items():
            left_out = [row[0] for row in measured]
            mean = np.mean(measured, axis=0)
            span = f"({min(left_out):,.0f}-{max(left_out):,.0f})"
            print(
                f"  {name:<26}{mean[0]:>9,.0f}{span:>15}{mean[1]:>9,.0f}{mean[2]:>9,.1f}"
                + "".join(f"{count:>8,.0f}" for count in mean[3:-1])
                + f"{mean[-1]:>7.1f}"
            )


if __name__ == "__main__":
    main()
